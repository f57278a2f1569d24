"""Facts that are written out in any dress come back as they were, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rongheng.basics.calendar import calendar
from rongheng.basics.units import SPELLINGS
from rongheng.market.sources import read_file
from tests.depth import examples

# Columns of the account statistics: what they are called, how they are printed, and how large their facts may be.
COLUMNS = {
    "individual_count": ("个人投资者数量", ["名", "人", "户", "万名", "万人"], 0, 10**9),
    "active_count": ("参与交易的投资者数量", ["名", "万户"], 0, 10**9),
    "financing_buys": ("融资买入额", ["元", "千元", "万元", "百万元", "亿元"], 2, 10**15),
    "balance_to_float_cap": ("两融余额占流通市值", ["%", "小数", "bp"], 8, 2 * 10**7),
}
DATE_STYLES = [
    lambda day: day.isoformat(),
    lambda day: f"{day.year}/{day.month}/{day.day}",
    lambda day: f"{day:%Y%m%d}",
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: str((day - date(1899, 12, 30)).days),
    lambda day: f"{day} 00:00:00",
]
BLANKS = ["", "-", "--", "—", "#N/A", "nan"]
SESSIONS = [day for day in calendar().sessions if date(2010, 1, 1) <= day <= date(2025, 12, 31)]

Facts = dict[date, dict[str, Decimal | None]]


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    days = draw(st.lists(st.sampled_from(SESSIONS), min_size=1, max_size=12, unique=True))
    rows: Facts = {}
    for day in days:
        rows[day] = {
            name: Decimal(draw(st.integers(0, most))).scaleb(-places) if draw(st.booleans()) or not number else None
            for number, (name, (_, _, places, most)) in enumerate(COLUMNS.items())
        }
    return rows


@st.composite
def dressed(draw: st.DrawFn, rows: Facts) -> bytes:
    units = {name: draw(st.sampled_from(spellings)) for name, (_, spellings, _, _) in COLUMNS.items()}
    names = draw(st.permutations(list(COLUMNS)))
    delimiter = draw(st.sampled_from([",", "\t", ";"]))
    style = draw(st.sampled_from(DATE_STYLES))
    thousands = draw(st.sampled_from(["", ",", "，"]))
    blank = draw(st.sampled_from(BLANKS))
    unit_row = draw(st.booleans())
    bracket = draw(st.sampled_from(["{}({})", "{}（{}）", "{} [单位:{}]", "\ufeff{}（单位：{}）\ufffc"]))
    header = [COLUMNS[name][0] if unit_row else bracket.format(COLUMNS[name][0], units[name]) for name in names]
    lines = [["日期", *header]]
    if unit_row:
        lines.append(["单位", *(units[name] for name in names)])
    for day, values in rows.items():
        lines.append([style(day), *(printed(values[name], units[name], thousands, blank) for name in names)])
    text = draw(st.sampled_from(["\n", "\r\n"])).join(joined(line, delimiter) for line in lines)
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"])))


def printed(value: Decimal | None, unit: str, thousands: str, blank: str) -> str:
    if value is None:
        return blank
    scale = SPELLINGS[unit]
    text = f"{value * scale.denominator / scale.numerator:,f}"
    return text.replace(",", thousands)


def joined(cells: Sequence[str], delimiter: str) -> str:
    return delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in cells)


@settings(max_examples=examples(32), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_is_written_is_read(tmp_path: Path, data: st.DataObject) -> None:
    rows = data.draw(facts())
    path = tmp_path / "dressed"
    path.write_bytes(data.draw(dressed(rows)))
    (batch,) = read_file(path)
    assert batch.quarantine.height == 0, batch.quarantine
    assert batch.facts["as_of"].to_list() == sorted(rows)
    for name in COLUMNS:
        expected = [rows[day][name] for day in sorted(rows)]
        assert batch.facts[name].to_list() == [None if value is None else float(value) for value in expected], name
