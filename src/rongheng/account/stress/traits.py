"""What a scenario needs to know of securities beyond the market day: beta and industry.

What lives here: the frame and its checks. What does not: how a beta is estimated; who runs a scenario brings it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.money import BP

DEFAULT_BETA_BP: Final = BP  # a security whose beta is not known moves as the index does, and is counted
LOWEST_BETA_BP: Final = -5 * BP
HIGHEST_BETA_BP: Final = 5 * BP
_SCHEMA: Final = {"security": pl.String(), "beta_bp": pl.Int64(), "industry": pl.String()}


@dataclass(frozen=True)
class Traits:
    """One row a security: ``security``, ``beta_bp`` and ``industry``, null where it is not known."""

    frame: pl.DataFrame

    @classmethod
    def none(cls) -> Traits:
        """Return the traits of nothing: every beta is the default, and no industry is known."""
        return cls(pl.DataFrame(schema=_SCHEMA))

    @classmethod
    def read(cls, path: Path) -> Traits:
        """Read a CSV or Parquet file with ``security`` and ``beta`` (1.25), ``industry``, or both.

        Raises
        ------
        UsageError
            The file is not there, or has no column of that kind.
        BookError
            A beta is no number from -5 to 5, or a security stands twice.
        """
        if not path.exists():
            raise UsageError(f"{path} is not there. Give CSV with security, beta and industry.")
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
        if "security" not in frame.columns or not {"beta", "industry"} & set(frame.columns):
            raise UsageError(f"{path} has {', '.join(frame.columns)}; expected security with beta, industry or both.")
        for name in {"beta", "industry"} - set(frame.columns):
            frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(name))
        beta = (pl.col("beta").cast(pl.Float64, strict=False) * BP).round().cast(pl.Int64, strict=False)
        read = frame.select("security", "beta", beta.alias("beta_bp"), pl.col("industry").cast(pl.String))
        _check(read, path)
        return cls(read.select(list(_SCHEMA)))


def _check(frame: pl.DataFrame, path: Path) -> None:
    good = pl.col("beta_bp").is_between(LOWEST_BETA_BP, HIGHEST_BETA_BP).fill_null(False)
    bad = frame.filter(pl.col("beta").is_not_null() & ~good)
    if bad.height:
        raise BookError(
            f"{path}: the beta of {bad['security'][0]} is {bad['beta'][0]!r}; expected a number of -5 to 5."
        )
    twice = frame.filter(pl.col("security").is_duplicated())
    if twice.height:
        raise BookError(f"{path}: {twice['security'][0]} stands twice; give each security once.")
