"""What forced sales do to a price (价格冲击): models as data, and the depth of each security's market.

What lives here: the fall that sales of so many days of volume lead to, linear in them or with their square root; the
shares that a market takes on the way to its lower limit. What does not: who sells what (``cascade.py``). Falls are
parts per million, rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rongheng.account.liquidation.venue import UNLIMITED
from rongheng.basics.errors import UsageError
from rongheng.basics.money import PPM
from rongheng.basics.text import Text
from rongheng.rulebook.reader import Item, did_you_mean, read_yaml
from rongheng.rulebook.scalars import read_rate

Int64 = NDArray[np.int64]
SHIPPED: Final = Path(__file__).parent / "impacts"
NO_AVERAGE: Final = 0  # the average volume of a security is not known
MOST_DAYS: Final = 10_000  # of volume; more of them lead to no deeper fall
_MOST_SHARES: Final = 9 * 10**12  # of an average day; × PPM fits into int64


class Form(StrEnum):
    """How a fall grows with the days of volume that are sold."""

    LINEAR = "linear"
    SQUARE_ROOT = "square_root"


@dataclass(frozen=True, slots=True)
class Impact:
    """One model of impact, and where its number comes from.

    Parameters
    ----------
    fall_ppm : by how much a price falls when one average day's volume is sold in a session
    """

    key: str
    name: Text
    form: Form
    fall_ppm: int
    working: str
    source: str
    confidence: str

    def times(self, numerator: int, denominator: int = 1) -> Impact:
        """Return the model with a fall so many times as deep, rounded up: to see what hangs on it."""
        return replace(self, fall_ppm=-(-self.fall_ppm * numerator // denominator))


@dataclass(frozen=True)
class Depth:
    """What the market of each security takes, by code.

    Parameters
    ----------
    average_shares : this book's part of one day's; ``NO_AVERAGE`` where it is not known: sales then move nothing and
        find no bound
    """

    impact: Impact
    average_shares: Int64

    @classmethod
    def of(cls, impact: Impact, *, amount_milli: Int64, price_milli: Int64, crowd: int = 1) -> Depth:
        """Return the depth of markets with these average daily amounts (below 0: not known) and prices.

        Where a crowd of books sells alike, each has its part of the day's volume.
        """
        shares = np.clip(amount_milli // np.maximum(price_milli, 1) // crowd, 1, _MOST_SHARES)
        return cls(impact, np.where(amount_milli > 0, shares, NO_AVERAGE))

    def days_ppm(self, shares: Int64) -> Int64:
        """Return the days of volume that sales of so many shares come to, in millionths, rounded up."""
        average = np.maximum(self.average_shares, 1)
        rest = -(-(shares % average) * PPM // average)
        days = np.minimum(shares // average, MOST_DAYS) * PPM + rest
        return np.where(self.average_shares == NO_AVERAGE, 0, np.minimum(days, MOST_DAYS * PPM))

    def fall_ppm(self, shares: Int64) -> Int64:
        """Return by how much prices fall when so many shares are sold in a session; all of it at most."""
        days = self.days_ppm(shares)
        if self.impact.form is Form.SQUARE_ROOT:
            days = ceil_root(days * PPM)
        return np.minimum(-(-days * self.impact.fall_ppm // PPM), PPM)

    def room(self, limit_ppm: Int64) -> Int64:
        """Return the shares that can be sold in a session before prices have fallen by the limit."""
        if not self.impact.fall_ppm:
            return np.full(len(limit_ppm), UNLIMITED)
        days = limit_ppm * PPM // self.impact.fall_ppm
        if self.impact.form is Form.SQUARE_ROOT:
            days = limit_ppm * limit_ppm * PPM // self.impact.fall_ppm**2
        days = np.minimum(days, MOST_DAYS * PPM)
        shares = self.average_shares // PPM * days + self.average_shares % PPM * days // PPM
        return np.where(self.average_shares == NO_AVERAGE, UNLIMITED, shares)


def ceil_root(squares: Int64) -> Int64:
    """Return square roots of whole numbers up to 10^16, rounded up.

    >>> ceil_root(np.array([0, 1, 9, 10], dtype=np.int64))
    array([0, 1, 3, 4])
    """
    root = np.sqrt(squares.astype(np.float64)).astype(np.int64)
    root = root - (root * root > squares)
    return root + (root * root < squares)


def shipped_impacts() -> dict[str, Impact]:
    """Return the models that ship with the package, by name."""
    return read_impacts(SHIPPED / "models.yaml")


def read_impacts(path: Path) -> dict[str, Impact]:
    """Return the models of a YAML file, by name.

    Raises
    ------
    RuleError
        The file is malformed; the message says ``file:line``.
    """
    models: dict[str, Impact] = {}
    for item in read_yaml(path, name=path.name).items():
        model = _impact(item)
        if model.key in models:
            item.refuse(f"the model {model.key!r} stands twice; expected each name once.")
        models[model.key] = model
    return models


def find_impact(word: str) -> Impact:
    """Return a model by the name of one that ships, or the only one of a file.

    Raises
    ------
    UsageError
        No model or file is called so, or the file holds several.
    """
    shipped = shipped_impacts()
    if word in shipped:
        return shipped[word]
    if not Path(word).is_file():
        hint = did_you_mean(word, shipped)
        raise UsageError(f"{word} is no file and no model of impact that ships: {', '.join(shipped)}.{hint}")
    models = list(read_impacts(Path(word)).values())
    if len(models) > 1:
        raise UsageError(f"{word} holds {len(models)} models of impact; expected one. Give a file for each.")
    return models[0]


def _impact(item: Item) -> Impact:
    names = ("impact", "name", "form", "fall_at_one_day", "working", "source", "confidence")
    fields = item.fields(required=names)
    text = {name: " ".join(fields[name].text().split()) for name in ("working", "source", "confidence")}
    return Impact(
        key=fields["impact"].text(),
        name=fields["name"].bilingual(),
        form=Form(fields["form"].one_of(tuple(form.value for form in Form), what="form")),
        fall_ppm=_fall(fields["fall_at_one_day"]),
        **text,
    )


def _fall(item: Item) -> int:
    fall = item.read(read_rate)
    if not 0 <= fall <= PPM:
        item.refuse(f"found a fall of {fall / (PPM // 100):g}% for one day's volume; expected 0% to 100%.")
    return fall
