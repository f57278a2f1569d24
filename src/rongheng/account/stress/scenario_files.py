"""Scenario files: YAML with the manners of the rulebook, where every error says ``file:line``.

What lives here: reading them, and the ones that ship. What does not: what a scenario is (``scenario.py``).

    - scenario: small_caps_fall
      name: {zh: 小盘股下跌, en: Small caps fall}
      source: illustrative
      steps:
        - index: -15%                          # each security by its beta
        - board: {star: -20%, chinext: -20%}
        - industry: {电子: -10%}
        - group: {F: -30%, G: -50%}
        - security: {600000.SH: -40%}
        - history: {from: 2018-09-28, to: 2018-10-18, index: -11.87%}
        - limit_down: 2                        # sessions at the lower limit, for every security
        - all: -5%
        - suspension: [600000.SH]              # keeps its price and cannot be sold
        - haircut: {star: 50%}                 # the most that they count for; or of all boards: {all: 50%}
        - financing_ratio: 100%                # of new contracts
        - rate: 1%                             # so much more a year

Steps follow each other. A name that stands twice in one run is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rongheng.account.stress.scenario import Kind, Scenario, Step
from rongheng.basics.errors import UsageError
from rongheng.rulebook.reader import Item, did_you_mean, read_yaml
from rongheng.rulebook.scalars import read_count, read_date, read_percent

SHIPPED: Final = Path(__file__).parent / "scenarios"
_ALL_MOVE: Final = (Kind.ALL, Kind.INDEX, Kind.FINANCING_RATIO, Kind.RATE)


def read_scenarios(path: Path) -> list[Scenario]:
    """Return the scenarios of one file, or of every YAML file of a folder.

    Raises
    ------
    UsageError
        No such file or folder, or a move beyond what prices can do.
    RuleError
        A file is malformed; the message says ``file:line``.
    """
    if not path.exists():
        raise UsageError(f"{path} is not there. Give a scenario's name, a YAML file or a folder of them.")
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    items = [item for file in files for item in read_yaml(file, name=file.name).items()]
    return [_scenario(item) for item in items]


def shipped_scenarios() -> list[Scenario]:
    """Return the scenarios that ship with the package."""
    return read_scenarios(SHIPPED)


def find_scenarios(asked: Sequence[str]) -> list[Scenario]:
    """Return scenarios by the names of shipped ones or by files; all the shipped ones where nothing is asked.

    Raises
    ------
    UsageError
        An unknown name, or two scenarios of one name.
    """
    shipped = {scenario.key: scenario for scenario in shipped_scenarios()}
    found: list[Scenario] = [] if asked else list(shipped.values())
    for word in asked:
        if word in shipped:
            found.append(shipped[word])
        elif Path(word).exists():
            found += read_scenarios(Path(word))
        else:
            hint = did_you_mean(word, shipped)
            raise UsageError(f"{word} is no file and no scenario that ships: {', '.join(shipped)}.{hint}")
    _require_once([scenario.key for scenario in found])
    return found


def _require_once(keys: Sequence[str]) -> None:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise UsageError(f"The scenario {twice[0]} was given twice; give each name once.")


def _scenario(item: Item) -> Scenario:
    fields = item.fields(required=("scenario", "name", "source", "steps"))
    return Scenario(
        key=fields["scenario"].text(),
        name=fields["name"].bilingual(),
        steps=tuple(_step(step) for step in fields["steps"].items()),
        source=" ".join(fields["source"].text().split()),
    )


def _step(item: Item) -> Step:
    pairs = item.fields(required=(), optional=tuple(kind.value for kind in Kind))
    if len(pairs) != 1:
        item.refuse(f"found {len(pairs)} kinds of move in one step; expected one. Give each its own '-'.")
    ((word, value),) = pairs.items()
    kind = Kind(word)
    if kind is Kind.LIMIT_DOWN:
        return Step(kind, {}, days=value.read(read_count), place=value.place)
    if kind is Kind.SUSPENSION:
        return Step(kind, {security.text(): 0 for security in value.items()}, place=value.place)
    if kind is Kind.HISTORY:
        return _history(value)
    if kind in _ALL_MOVE:
        return Step(kind, {"": value.read(read_percent)}, place=value.place)
    return Step(kind, {name: move.read(read_percent) for name, move in value.pairs().items()}, place=value.place)


def _history(item: Item) -> Step:
    fields = item.fields(required=("from", "to", "index"))
    span = (fields["from"].read(read_date), fields["to"].read(read_date))
    return Step(Kind.HISTORY, {"": fields["index"].read(read_percent)}, place=item.place, span=span)
