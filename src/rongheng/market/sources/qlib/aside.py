"""What of a folder is set aside, gathered as it is read, and written as the lake's quarantine."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.basics.tables import QUARANTINE_SCHEMA, Table

_KEPT = {name: dtype for name, dtype in QUARANTINE_SCHEMA.items() if name not in ("imported_at", "sequence")}


class Aside:
    """Rows and cells that cannot land, each with where it stood, what was found, and why."""

    def __init__(self) -> None:
        self._found: list[tuple[str, int | None, str | None, str, str]] = []
        self.row_count = 0

    def rows(
        self, code: str, days: pl.Series, bad: NDArray[np.bool_], values: NDArray[np.float64], reason: str
    ) -> None:
        """Set whole sessions of a code aside."""
        self.row_count += int(bad.sum())
        self._keep(code, days, None, bad, values, reason)

    def cells(
        self, code: str, days: pl.Series, column: str, bad: NDArray[np.bool_], values: NDArray[np.float64], reason: str
    ) -> None:
        """Set one figure of some sessions aside."""
        self._keep(code, days, column, bad, values, reason)

    def whole(self, code: str, reason: str) -> None:
        """Set a code or a line aside that could not be read at all."""
        self.row_count += 1
        self._found.append((code, None, None, code, reason))

    def _keep(
        self,
        code: str,
        days: pl.Series,
        column: str | None,
        bad: NDArray[np.bool_],
        values: NDArray[np.float64],
        reason: str,
    ) -> None:
        for place in np.flatnonzero(bad).tolist():
            found = f"{values[place]:.9g} on {days[place]}"
            self._found.append((code, place + 1, column, found, reason))

    def quarantine(self, table: Table, *, file: str, sheet: str, sha256: str) -> pl.DataFrame:
        """Return everything that was set aside; a row is counted from the beginning of its series."""
        schema = {"code": pl.String(), "row": pl.Int64(), "column": pl.String(), "found": pl.String()}
        frame = pl.DataFrame(self._found, schema=schema | {"reason": pl.String()}, orient="row")
        constant = {"table": table.name, "file": file, "sha256": sha256}
        code = pl.col("code")
        return frame.with_columns(
            *[pl.lit(value).alias(name) for name, value in constant.items()],
            pl.format("{}/{}", pl.lit(sheet), code).alias("sheet"),
            pl.struct("code", "found").struct.json_encode().alias("raw"),
        ).select(pl.col(name).cast(dtype) for name, dtype in _KEPT.items())
