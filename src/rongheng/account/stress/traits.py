"""What a scenario needs to know of securities beyond the market day: beta, industry, and moves of the past.

What lives here: the frame and its checks. What does not: how a beta is estimated; who runs a scenario brings it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from rongheng.account.stress.scenario import LOWEST_MOVE_BP
from rongheng.basics.code_changes import renamed
from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.money import BP

DEFAULT_BETA_BP: Final = BP  # a security whose beta is not known moves as the index does, and is counted
LOWEST_BETA_BP: Final = -5 * BP
HIGHEST_BETA_BP: Final = 5 * BP
_SPAN: Final = re.compile(r"\d{4}-\d{2}-\d{2}/\d{4}-\d{2}-\d{2}")
_SCHEMA: Final = {"security": pl.String(), "beta_bp": pl.Int64(), "industry": pl.String()}


@dataclass(frozen=True)
class Traits:
    """One row a security: ``security``, ``beta_bp`` and ``industry``, null where it is not known.

    A column like ``2018-09-28/2018-10-18`` says how far each moved from the close of one day to that of the other, in
    basis points.
    """

    frame: pl.DataFrame

    @classmethod
    def none(cls) -> Traits:
        """Return the traits of nothing: every beta is the default, and no industry is known."""
        return cls(pl.DataFrame(schema=_SCHEMA))

    @classmethod
    def of(cls, betas: pl.DataFrame, moves: pl.DataFrame) -> Traits:
        """Return the traits that betas (``security``, ``beta_bp``) and moves (``first``, ``last``, …) make.

        A beta beyond what a file may say is taken as the bound.
        """
        frame = betas.with_columns(pl.col("beta_bp").clip(LOWEST_BETA_BP, HIGHEST_BETA_BP))
        for (first, last), part in moves.group_by("first", "last", maintain_order=True):
            told = part.select("security", pl.col("move_bp").alias(f"{first}/{last}"))
            frame = frame.join(told, on="security", how="full", coalesce=True)
        return cls(frame.with_columns(industry=pl.lit(None, dtype=pl.String())).sort("security"))

    @classmethod
    def read(cls, path: Path) -> Traits:
        """Read a CSV or Parquet file with ``security`` and ``beta`` (1.25), ``industry``, or moves of the past.

        A column of moves is named by its days, ``2018-09-28/2018-10-18``, and holds fractions: -0.25.

        Raises
        ------
        UsageError
            The file is not there, or has no column of that kind.
        BookError
            A beta is no number from -5 to 5, a move none from -1 to 2, or a security stands twice.
        """
        if not path.exists():
            raise UsageError(f"{path} is not there. Give CSV with security, beta and industry.")
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
        spans = [name for name in frame.columns if _SPAN.fullmatch(name)]
        if "security" not in frame.columns or not {"beta", "industry", *spans} & set(frame.columns):
            raise UsageError(f"{path} has {', '.join(frame.columns)}; expected security with beta, industry or both.")
        for name in {"beta", "industry"} - set(frame.columns):
            frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(name))
        _require_once(frame, path)
        _require_within(frame, path, "beta", LOWEST_BETA_BP, HIGHEST_BETA_BP)
        for span in spans:
            _require_within(frame, path, span, LOWEST_MOVE_BP, None)
        return cls(
            frame.select(
                "security",
                _in_bp("beta").alias("beta_bp"),
                pl.col("industry").cast(pl.String),
                *(_in_bp(span) for span in spans),
            )
        )

    def on(self, session: date) -> Traits:
        """Return the traits by the codes that securities have on a session; what is said of the new one stands."""
        named = self.frame.with_columns(printed=pl.col("security")).pipe(renamed, on=session)
        first = named.sort(pl.col("printed") != pl.col("security"), maintain_order=True)
        return Traits(first.unique("security", keep="first", maintain_order=True).drop("printed").sort("security"))

    def write(self, path: Path) -> None:
        """Write what :meth:`read` reads: CSV, or Parquet where the name says so."""
        numbers = [name for name in self.frame.columns if name not in ("security", "industry")]
        frame = self.frame.with_columns((pl.col(name) / BP) for name in numbers).rename({"beta_bp": "beta"})
        if path.suffix == ".parquet":
            frame.write_parquet(path)
        else:
            frame.write_csv(path)


def _in_bp(name: str) -> pl.Expr:
    return (pl.col(name).cast(pl.Float64, strict=False) * BP).round().cast(pl.Int64, strict=False)


def _require_within(frame: pl.DataFrame, path: Path, name: str, lowest_bp: int, highest_bp: int | None) -> None:
    good = _in_bp(name) >= lowest_bp
    good &= (_in_bp(name) <= highest_bp) if highest_bp is not None else _in_bp(name).is_not_null()
    bad = frame.filter(pl.col(name).is_not_null() & ~good.fill_null(value=False))
    if bad.height:
        bounds = f"{lowest_bp // BP} to {highest_bp // BP}" if highest_bp is not None else f"{lowest_bp // BP} or more"
        raise BookError(
            f"{path}: the {name} of {bad['security'][0]} is {bad[name][0]!r}; expected a number of {bounds}."
        )


def _require_once(frame: pl.DataFrame, path: Path) -> None:
    twice = frame.filter(pl.col("security").is_duplicated())
    if twice.height:
        raise BookError(f"{path}: {twice['security'][0]} stands twice; give each security once.")
