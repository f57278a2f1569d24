"""Coverage: thousands of securities of an exchange count as one; what holds until it is said anew has no gaps."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rongheng.desk.coverage import coverage
from rongheng.findings.data_age import stale_tables
from tests.market.series.day.lakes import bar, lake_of

FIRST, LAST = date(2024, 2, 1), date(2024, 2, 6)


def test_securities_count_together_and_lists_have_no_gaps(tmp_path: Path) -> None:
    facts = {
        "security_bars": [
            bar(day, code, 1_000) for day in (FIRST, LAST) for code in ("600000.SH", "688981.SH", "300750.SZ")
        ],
        "index_members": [
            {"as_of": day, "index": index, "security": "600000.SH", "is_member": True}
            for day, index in ((FIRST, "000300.CSI"), (LAST, "000300.CSI"), (LAST, "000905.CSI"))
        ],
    }
    found = {(entry.table, entry.part): entry for entry in coverage(lake_of(tmp_path / "lake", facts))}
    lists = {("index_members", "000300.CSI"), ("index_members", "000905.CSI")}
    assert set(found) == {("security_bars", "SSE"), ("security_bars", "SZSE"), *lists}
    bars = found["security_bars", "SSE"]
    assert (bars.rows, bars.first, bars.last, bars.gaps) == (4, FIRST, LAST, 2)  # 02-02 and 02-05
    assert found["index_members", "000300.CSI"].gaps == 0
    late = {finding.subject for finding in stale_tables(date(2024, 2, 8), found.values())}
    assert late == {"SSE", "SZSE"}
