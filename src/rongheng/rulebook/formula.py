"""Formulas of rules, such as ``max(1.7 - haircut, 1)``: read by a small parser, computed over exact fractions.

What lives here: the expression language. What does not: which names a rule gives to its formula (``values.py``).

    expression := term (('+' | '-') term)*
    term       := factor (('*' | '/') factor)*
    factor     := '-' factor | number ['%'] | name | '(' expression ')'
                | ('max' | 'min') '(' expression (',' expression)* ')'

Nothing else is understood, and nothing is handed to Python to run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from rongheng.basics.errors import UsageError

_TOKEN = re.compile(r"\s*(?:(?P<number>\d[\d_]*(?:\.\d+)?)|(?P<name>[a-z][a-z0-9_]*)|(?P<sign>[-+*/(),%−×]))", re.ASCII)
_SIGNS = {"−": "-", "×": "*"}  # as printed in notices
_DEPTH = 50
_LENGTH = 500

Names = Mapping[str, Fraction]
Computation = Callable[[Mapping[str, Fraction]], Fraction]


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """A formula of named fractions. Two formulas are equal when they were typed alike (blanks aside).

    >>> ratio = parse_formula("max(1.7 - haircut, 1)")
    >>> ratio(haircut=Fraction(65, 100)), ratio(haircut=Fraction(80, 100))
    (Fraction(21, 20), Fraction(1, 1))
    """

    typed: str
    names: frozenset[str]
    compute: Computation

    def __call__(self, **values: Fraction | int) -> Fraction:
        """Return the exact value for the named fractions; 1 is 100 %.

        Raises
        ------
        UsageError
            A name is missing or unknown, or the formula divides by zero for these values.
        """
        if set(values) != self.names:
            expected = ", ".join(sorted(self.names)) or "no names"
            raise UsageError(f"{self.typed!r} was given {', '.join(sorted(values)) or 'nothing'}; it needs {expected}.")
        try:
            return self.compute({name: Fraction(value) for name, value in values.items()})
        except ZeroDivisionError as error:
            raise UsageError(f"{self.typed!r} divides by zero for {values}.") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and self._squeezed == other._squeezed

    def __hash__(self) -> int:
        return hash(self._squeezed)

    @property
    def _squeezed(self) -> str:
        return "".join(self.typed.split())


class FormulaError(ValueError):
    """The text is no formula; the message says what is wrong with it. The reader adds ``file:line``."""


def parse_formula(typed: str) -> Formula:
    """Return the formula, or raise ``FormulaError``.

    >>> parse_formula("1.4 - haircut").names
    frozenset({'haircut'})
    """
    if len(typed) > _LENGTH:
        raise FormulaError(f"the formula has {len(typed)} characters; at most {_LENGTH} are read")
    parser = _Parser(typed)
    compute = parser.expression(depth=0)
    parser.expect_end()
    return Formula(typed, frozenset(parser.names), compute)


class _Parser:
    def __init__(self, typed: str) -> None:
        self.typed = typed
        self.tokens = _tokens(typed)
        self.next = 0
        self.names: set[str] = set()

    def expression(self, *, depth: int) -> Computation:
        if depth > _DEPTH:
            raise FormulaError(f"brackets stand more than {_DEPTH} deep in each other")
        left = self.term(depth=depth)
        while self.peek() in ("+", "-"):
            left = _joined(self.take(), left, self.term(depth=depth))
        return left

    def term(self, *, depth: int) -> Computation:
        left = self.factor(depth=depth)
        while self.peek() in ("*", "/"):
            left = _joined(self.take(), left, self.factor(depth=depth))
        return left

    def factor(self, *, depth: int) -> Computation:
        if depth > _DEPTH:
            raise FormulaError(f"signs or brackets stand more than {_DEPTH} deep in each other")
        token = self.take()
        if token == "-":
            negated = self.factor(depth=depth + 1)
            return lambda names: -negated(names)
        if token == "(":
            inner = self.expression(depth=depth + 1)
            self.expect(")")
            return inner
        if token[0].isdigit():
            return self.constant(token)
        if token in ("max", "min") and self.peek() == "(":
            return self.chosen(token, depth=depth + 1)
        if token[0].isalpha():
            self.names.add(token)
            return lambda names: names[token]
        raise FormulaError(f"found {token!r} where a number, a name or a bracket was expected")

    def constant(self, token: str) -> Computation:
        number = Fraction(token.replace("_", ""))
        if self.peek() == "%":
            self.take()
            number /= 100
        return lambda _: number

    def chosen(self, function: str, *, depth: int) -> Computation:
        self.expect("(")
        arguments = [self.expression(depth=depth)]
        while self.peek() == ",":
            self.take()
            arguments.append(self.expression(depth=depth))
        self.expect(")")
        pick = max if function == "max" else min
        return lambda names: pick(argument(names) for argument in arguments)

    def peek(self) -> str:
        return self.tokens[self.next] if self.next < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise FormulaError("the formula ends where a number, a name or a bracket was expected")
        self.next += 1
        return token

    def expect(self, sign: str) -> None:
        if self.peek() != sign:
            raise FormulaError(f"found {self.peek() or 'the end'!r} where {sign!r} was expected")
        self.next += 1

    def expect_end(self) -> None:
        if self.peek():
            raise FormulaError(f"found {self.peek()!r} where the formula should end")


def _tokens(typed: str) -> list[str]:
    tokens, place = [], 0
    while typed[place:].strip():
        match = _TOKEN.match(typed, place)
        if match is None:
            raise FormulaError(
                f"cannot read {typed[place:].strip()[:20]!r}; use + - * / ( ) max min, numbers and names"
            )
        tokens.append(_SIGNS.get(match[match.lastgroup or 0], match[match.lastgroup or 0]))
        place = match.end()
    return tokens


def _joined(sign: str, left: Computation, right: Computation) -> Computation:
    if sign == "+":
        return lambda names: left(names) + right(names)
    if sign == "-":
        return lambda names: left(names) - right(names)
    if sign == "*":
        return lambda names: left(names) * right(names)
    return lambda names: left(names) / right(names)
