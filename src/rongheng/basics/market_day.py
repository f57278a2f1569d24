"""One session of the market as columns: what the market half builds and the account half marks books with.

What lives here: the frame of securities, its checks, and its folder on disk. What does not: where the figures come from
(``market.series``) and what a broker thinks of a security (``account.policy``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from rongheng.basics.account_tables import SECURITIES
from rongheng.basics.code_changes import renamed
from rongheng.basics.conform import conform
from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.money import BP, PRICE_LIMIT_MILLI

_FORMAT = 1
_LIMIT_OF_CODES = 2**16 - 1  # the kernels' codes are uint16, and one value means "none"


@dataclass(frozen=True)
class MarketDay:
    """Securities of one session, sorted by code, each once; ``indices`` holds closes in points by index key.

    A security that is given by a code of before a change of its code has the new one.
    """

    session: date
    securities: pl.DataFrame
    grade: Grade = Grade.DERIVED
    indices: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        frame = renamed(_complete(self.securities), on=self.session)
        _check(frame, self.session)
        object.__setattr__(self, "securities", frame.sort("security"))

    @classmethod
    def read(cls, folder: Path | str) -> MarketDay:
        """Read a folder that ``write`` made: ``day.json`` and ``securities.parquet`` (or ``.csv``).

        Raises
        ------
        UsageError
            The folder or one of its files is not there.
        BookError
            A file is damaged, or a security cannot be as the file says.
        """
        folder = Path(folder)
        about = _about(folder)
        found = [folder / f"securities{suffix}" for suffix in (".parquet", ".csv")]
        path = next((path for path in found if path.exists()), None)
        if path is None:
            raise UsageError(f"{folder} has no securities.parquet or securities.csv; write a day there first.")
        try:
            frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise BookError(f"{path} cannot be read as a table: {error}. Write the day again.") from error
        indices = tuple((str(key), float(level)) for key, level in about.get("indices", {}).items())
        return cls(date.fromisoformat(about["session"]), frame, Grade(about["grade"]), indices)

    def write(self, folder: Path | str) -> None:
        """Write the day into a folder, which is made when it is not there."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.securities.write_parquet(folder / "securities.parquet")
        about = {
            "format": _FORMAT,
            "session": self.session.isoformat(),
            "grade": self.grade.value,
            "indices": dict(self.indices),
        }
        (folder / "day.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _about(folder: Path) -> dict[str, Any]:
    path = folder / "day.json"
    if not path.exists():
        raise UsageError(
            f"{folder} is no market day: day.json is not there. Give the folder that a day was written to."
        )
    try:
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        date.fromisoformat(about["session"])
        Grade(about["grade"])
    except (ValueError, KeyError, TypeError) as error:
        raise BookError(
            f"{path} cannot be read ({error}); expected format, session and grade. Write it again."
        ) from error
    if about.get("format") != _FORMAT:
        raise BookError(f"{path} has format {about.get('format')}; this version reads {_FORMAT}. Write the day again.")
    return about


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every column of the table; a cell that does not fit is an error, not a gap."""
    complete, bad = conform(frame, SECURITIES, where="the market day")
    if bad.height:
        first = bad.row(0, named=True)
        raise BookError(
            f"The market day has {bad.height} cells that cannot be read; the first is row {first['row']}, column "
            f"{first['column']}: found {first['found']!r}, expected {first['expected']}. Mend the securities."
        )
    return complete


def _check(frame: pl.DataFrame, session: date) -> None:
    """Refuse what cannot be: a security twice, a price or a cap out of bounds, more securities than codes."""
    if frame.height > _LIMIT_OF_CODES:
        raise BookError(f"{frame.height} securities on {session}; at most {_LIMIT_OF_CODES} can be marked at once.")
    for what, broken in _BROKEN.items():
        rows = frame.filter(broken)
        if rows.height:
            example = rows["security"][0]
            raise BookError(
                f"Market day {session}: {rows.height} securities {what}; the first is {example}. Mend them."
            )


_PRICES = ("price_milli", "previous_close_milli", "high_limit_milli", "low_limit_milli")
_VALUES = ("given_price_milli", "index_price_milli")  # a suspended share may be worth nothing
_BROKEN: dict[str, pl.Expr] = {
    "stand twice": pl.col("security").is_duplicated(),
    f"have a price outside 1 to {PRICE_LIMIT_MILLI - 1} milli-yuan": pl.any_horizontal(
        ~pl.col(name).is_between(1, PRICE_LIMIT_MILLI - 1) for name in _PRICES
    ),
    f"are valued outside 0 to {PRICE_LIMIT_MILLI - 1} milli-yuan": pl.any_horizontal(
        ~pl.col(name).is_between(0, PRICE_LIMIT_MILLI - 1) for name in _VALUES
    ),
    "have a haircut cap outside 0 to 100 %": ~pl.col("haircut_cap_bp").is_between(0, BP),
    "have a lower limit above the upper one": pl.col("low_limit_milli") > pl.col("high_limit_milli"),
}
