"""Formulas: small, exact, and deaf to anything else."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.errors import UsageError
from rongheng.rulebook.formula import FormulaError, parse_formula

Tree = tuple[str, "Tree", "Tree"] | Fraction | str


def typed(tree: Tree) -> str:
    if isinstance(tree, Fraction):
        return f"({tree.numerator} / {tree.denominator})"
    if isinstance(tree, str):
        return tree
    sign, left, right = tree
    if sign in ("max", "min"):
        return f"{sign}({typed(left)}, {typed(right)})"
    return f"({typed(left)} {sign} {typed(right)})"


def computed(tree: Tree, names: dict[str, Fraction]) -> Fraction:
    if isinstance(tree, Fraction):
        return tree
    if isinstance(tree, str):
        return names[tree]
    sign, left, right = computed_pair(tree, names)
    known = {"+": left + right, "-": left - right, "*": left * right, "max": max(left, right), "min": min(left, right)}
    return known[sign]


def computed_pair(tree: tuple[str, Tree, Tree], names: dict[str, Fraction]) -> tuple[str, Fraction, Fraction]:
    sign, left, right = tree
    return sign, computed(left, names), computed(right, names)


leaves = st.fractions(0, 100, max_denominator=100) | st.sampled_from(["haircut", "ratio"])
trees = st.recursive(
    leaves, lambda sub: st.tuples(st.sampled_from(["+", "-", "*", "max", "min"]), sub, sub), max_leaves=12
)
numbers = st.fractions(-10, 10, max_denominator=1_000)


@given(trees, numbers, numbers)
def test_a_formula_is_computed_as_its_tree(tree: Tree, haircut: Fraction, ratio: Fraction) -> None:
    formula = parse_formula(typed(tree))
    names = {"haircut": haircut, "ratio": ratio}
    assert formula(**{name: names[name] for name in formula.names}) == computed(tree, names)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 - 2 - 3", -4),
        ("8 / 4 / 2", 1),
        ("2 + 3 * 4", 14),
        ("-2 * -3", 6),
        ("70%", Fraction(7, 10)),
        ("1_000.5", Fraction(2001, 2)),
        ("min(1, 2, 0.5)", Fraction(1, 2)),
        ("1.7 − 0.65", Fraction(21, 20)),  # the minus sign that notices print
        ("0.1 + 0.2", Fraction(3, 10)),
    ],
)
def test_signs_bind_as_in_arithmetic_and_numbers_are_exact(text: str, value: Fraction) -> None:
    assert parse_formula(text)() == value


def test_the_published_formula_is_never_under_one_hundred_percent() -> None:
    ratio = parse_formula("max(1.7 - haircut, 1)")
    assert [ratio(haircut=Fraction(h, 100)) for h in (0, 65, 70, 95)] == [Fraction(17, 10), Fraction(21, 20), 1, 1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "(1",
        "1)",
        "1 2",
        "max(",
        "max()",
        "haircut(1)",
        "__import__('os')",
        "a.b",
        "1 ** 2",
        "1 // 2",
        "a = 1",
        "lambda: 1",
        "[1]",
        "1 if a else 2",
        "Haircut",
        "１",
        "1" * 501,
        "(" * 60 + "1" + ")" * 60,
        "-" * 60 + "1",
    ],
)
def test_anything_else_is_no_formula(text: str) -> None:
    with pytest.raises(FormulaError):
        parse_formula(text)


def test_a_formula_wants_exactly_its_names() -> None:
    ratio = parse_formula("1.7 - haircut")
    with pytest.raises(UsageError, match="was given nothing; it needs haircut"):
        ratio()
    with pytest.raises(UsageError, match="was given haircut, rate; it needs haircut"):
        ratio(haircut=1, rate=1)


def test_dividing_by_zero_is_told() -> None:
    with pytest.raises(UsageError, match="divides by zero"):
        parse_formula("1 / a")(a=0)


def test_formulas_typed_alike_are_equal() -> None:
    assert parse_formula("1.7-haircut") == parse_formula("1.7 - haircut")
    assert parse_formula("1.7 - haircut") != parse_formula("1.70 - haircut")
    assert len({parse_formula("1+1"), parse_formula("1 + 1")}) == 1
