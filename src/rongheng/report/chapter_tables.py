"""The tables of a note, each with what it shows and in which columns.

What lives here: which rows and columns each table takes. What does not: how rows become cells (``tables``), and on
which page a table stands (``chapters``).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from rongheng.basics.money import MILLI
from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.calls import LABELS
from rongheng.findings.dossier import Coverage, Dossier
from rongheng.findings.key_numbers import KeyNumber, key_numbers
from rongheng.market.indicators.contract import Figure
from rongheng.report.account_tables import TABLES, SummaryTable
from rongheng.report.account_tables import Column as AccountColumn
from rongheng.report.facts import rows_of
from rongheng.report.numbers import EXACT, MISSING, Scale, column_scale, display, typeset
from rongheng.report.tables import (
    Cell,
    Column,
    Table,
    cell,
    grade_cell,
    group_name,
    head,
    reading_table,
    scale_of,
    verdict_cell,
    word,
)
from rongheng.report.words import SEVERITIES

_RECENT = 10  # sessions
_TOP = 10  # securities
_BROADEST = ("csi-all", "csi300", "sse")
_POINTS = Scale(0.01, Text("个百分点", "pp"), 2)  # a difference of two percentages


def of_key_numbers(dossier: Dossier, language: Language) -> Table | None:
    """Return the key numbers with their changes and places in their past."""
    found = key_numbers(dossier)
    if not found:
        return None
    heads = (
        (Text("指标", "figure"), "text"),
        (Text("数值", "value"), "number"),
        (Text("较前一日", "day"), "number"),
        (Text("较一周前", "week"), "number"),
        (Text("历史分位", "percentile"), "number"),
        (Text("数据日", "as of"), "text"),
        (Text("级别", "grade"), "grade"),
    )
    return Table(
        Text("关键数字", "Key numbers").in_(language),
        tuple(Column(head.in_(language), kind=kind) for head, kind in heads),
        tuple(_key_row(number, language) for number in found),
        Text(
            "变动：金额与户数为幅度，比例为百分点差；一周为五个交易日；分位为截至当日不高于该值的占比",
            "Changes: of amounts and counts in percent, of ratios in percentage points; a week is five sessions; the "
            "percentile is the share of figures so far that are not above",
        ).in_(language),
    )


def _key_row(number: KeyNumber, language: Language) -> tuple[Cell, ...]:
    return (
        Cell(number.figure.label.in_(language)),
        Cell(display(number.value, number.figure.unit, language)),
        Cell(_change(number, number.change_day, language)),
        Cell(_change(number, number.change_week, language)),
        Cell(display(number.percentile, Unit.FRACTION, language)),
        Cell(number.as_of.isoformat()),
        grade_cell(number.grade, language),
    )


def _change(number: KeyNumber, change: float | None, language: Language) -> str:
    if change is None:
        return MISSING
    if number.relative:
        return display(change, Unit.FRACTION, language, signed=True)
    if number.figure.unit in (Unit.FRACTION, Unit.RATIO):
        return f"{_POINTS.show(change, signed=True)}\u00a0{_POINTS.label.in_(language)}"
    return display(change, number.figure.unit, language, signed=True)


def of_balance(dossier: Dossier, language: Language) -> Table | None:
    """Return the balances of the last sessions."""
    names = ("financing_balance", "financing_change_1", "financing_change_5", "short_balance", "margin_balance")
    title = Text(f"近 {_RECENT} 个交易日的余额", f"Balances, the last {_RECENT} sessions")
    return _newest(dossier, "balance", names, language, title)


def of_participation(dossier: Dossier, language: Language) -> Table | None:
    """Return who took part on the last sessions."""
    names = ("investor_count", "indebted_count", "active_count", "debt_per_indebted", "collateral_total")
    title = Text(f"近 {_RECENT} 个交易日的投资者与担保物", f"Investors and collateral, the last {_RECENT} sessions")
    return _newest(dossier, "participation", (*names, "without_debt_share"), language, title)


def _newest(dossier: Dossier, name: str, names: tuple[str, ...], language: Language, title: Text) -> Table | None:
    reading = dossier.reading(name)
    if reading is None or reading.rows.is_empty():
        return None
    rows = reading.rows.tail(_RECENT).reverse().to_dicts()
    return reading_table(reading, rows, names, language, title=title)


def of_falls(dossier: Dossier, language: Language) -> Table | None:
    """Return each index's largest fall beside the fall to the liquidation line."""
    names = ("index", "largest_fall", "stage_high", "stage_low", "distance_to_fall")
    rows = rows_of(dossier, "safety-distance", session=dossier.as_of).to_dicts()
    title = Text(
        f"各指数近一年最大跌幅与安全距离（{dossier.as_of}）", f"Largest fall of each index in a year ({dossier.as_of})"
    )
    return _table(dossier, "safety-distance", rows, names, language, title, dated=False)


def of_lows(dossier: Dossier, language: Language) -> Table | None:
    """Return the confirmed lows beside those of the broadest index."""
    rows = rows_of(dossier, "lows")
    if rows.is_empty():
        return None
    held = set(rows["index"].drop_nulls().to_list())
    index = next((key for key in _BROADEST if key in held), None)
    shown = rows if index is None else rows.filter(pl.col("index") == index)
    names = ("ratio", "prominence", "confirmed", "index", "index_low_session", "index_low", "lag_sessions")
    later = ("later_low_session", "later_low", "later_kind")
    title = Text("维持担保比例低点与指数低点", "Lows of the maintenance ratio and of the index")
    return _table(dossier, "lows", shown.to_dicts(), (*names, *later), language, title)


def of_record(dossier: Dossier, language: Language) -> Table | None:
    """Return the record of lows and of high pressure beside the baselines."""
    rows = rows_of(dossier, "record").to_dicts()
    names = (f"subject_{language}", "horizon_sessions", "events", "higher", "higher_share", "share_low", "share_high")
    more = ("mean_return", "median_return", "median_deepest_fall", "false_alarms")
    title = Text("确认之后的历史记录与基准", "The record after confirmation, and its baselines")
    return _table(dossier, "record", rows, (*names, *more), language, title)


def of_extremes(dossier: Dossier, language: Language) -> Table | None:
    """Return the largest rises and falls."""
    reading = dossier.reading("extremes")
    if reading is None:
        return None
    indices = tuple(f.name for f in reading.indicator.figures if f.name in _INDEX_CHANGES and f.name in reading.rows)
    names = ("window_sessions", "direction", "rank", "start_session", "change", "ratio_change", *indices)
    title = Text("极端涨跌与同期变动", "Extremes, and what moved beside them")
    return _table(dossier, "extremes", reading.rows.to_dicts(), names, language, title)


_INDEX_CHANGES = ("sse_change", "csi300_change", "csi500_change", "csi1000_change")


def of_collateral(dossier: Dossier, language: Language) -> Table | None:
    """Return how cash and securities moved on the way to each low."""
    rows = rows_of(dossier, "collateral").tail(12).to_dicts()
    names = ("state", "peak_session", "ratio_at_peak", "ratio", "cash_to_securities_at_peak", "cash_to_securities")
    title = Text("下跌途中现金与证券担保物的方向", "Direction of cash against securities on the way down")
    return _table(dossier, "collateral", rows, (*names, "cash_change", "securities_change", "verdict"), language, title)


def of_gap(dossier: Dossier, language: Language) -> Table | None:
    """Return the change of collateral beside that of the index before the newest lows."""
    rows = rows_of(dossier, "collateral-gap").tail(12).to_dicts()
    names = ("state", "window", "basis", "collateral_change", "index_change", "gap")
    title = Text("低点前担保物与指数的变动", "Collateral and index before lows")
    return _table(dossier, "collateral-gap", rows, names, language, title)


def _table(
    dossier: Dossier,
    name: str,
    rows: list[dict[str, Any]],
    names: tuple[str, ...],
    language: Language,
    title: Text,
    *,
    dated: bool = True,
) -> Table | None:
    reading = dossier.reading(name)
    if reading is None or not rows:
        return None
    return reading_table(reading, rows, names, language, title=title, dated=dated)


def of_basis(dossier: Dossier, language: Language) -> Table | None:
    """Return each product's discount on the session and how it moved."""
    rows = rows_of(dossier, "basis", session=dossier.as_of).to_dicts()
    names = ("product", "annual_discount", "annual_adjusted", "constant_30", "constant_90", "roll_yield")
    moved = ("change_1", "sigmas_20", "sigmas_60", "percentile", "open_interest_lots")
    title = Text(f"各品种的贴水（{dossier.as_of}）", f"Discount of each product ({dossier.as_of})")
    return _table(dossier, "basis", rows, names + moved, language, title, dated=False)


def of_liquidity(dossier: Dossier, language: Language) -> Table | None:
    """Return each lens of liquidity with its number, levels, verdict and evidence."""
    rows = rows_of(dossier, "liquidity", session=dossier.as_of).to_dicts()
    if not rows:
        return None
    heads = (
        (Text("视角", "lens"), "name"),
        (Text("数值", "number"), "number"),
        (Text("关注", "watch at"), "number"),
        (Text("高", "high at"), "number"),
        (Text("结论", "verdict"), "verdict"),
        (Text("证据", "evidence"), "long"),
        (Text("级别", "grade"), "grade"),
    )
    return Table(
        Text(f"流动性各视角（{dossier.as_of}）", f"Lenses of liquidity ({dossier.as_of})").in_(language),
        tuple(Column(head.in_(language), kind=kind) for head, kind in heads),
        tuple(_lens(row, language) for row in rows),
    )


def _lens(row: dict[str, Any], language: Language) -> tuple[Cell, ...]:
    numbers = [display(row[name], Unit.FRACTION, language) for name in ("number", "watch_at", "high_at")]
    return (
        Cell(row[f"lens_{language}"]),
        *map(Cell, numbers),
        verdict_cell(row["verdict"], language),
        Cell(row[f"evidence_{language}"] or MISSING),
        grade_cell(row["grade"], language),
    )


def of_liquidity_record(dossier: Dossier, language: Language) -> Table | None:
    """Return how often a fall followed each verdict on liquidity."""
    rows = rows_of(dossier, "liquidity-record").to_dicts()
    names = ("verdict", "horizon_sessions", "sessions", "separate", "fell_share", "fell_low", "fell_high")
    title = Text("流动性结论之后的指数", "The index after each verdict on liquidity")
    more = ("mean_return", "median_deepest_fall")
    return _table(dossier, "liquidity-record", rows, names + more, language, title, dated=False)


def of_financing(dossier: Dossier, language: Language) -> Table | None:
    """Return net financing by index, industry and board over the windows, beside the fall of the index."""
    told = rows_of(dossier, "index-financing").to_dicts()
    rows = [row | {"group": group_name(row, language)} for row in told]
    names = ("group", "since", "net_financing", "share_of_first", "financing_to_float_cap", "buys_share")
    title = Text(f"分指数融资净买入（至 {dossier.as_of}）", f"Net financing by index (to {dossier.as_of})")
    stage = ("stage_high", "stage_low", "stage_fall", "securities", "lacking", "state")
    return _table(dossier, "index-financing", rows, names + stage, language, title, dated=False)


def of_movers(dossier: Dossier, language: Language) -> Table | None:
    """Return the securities that financing moved most."""
    rows = rows_of(dossier, "financing-movers").to_dicts()
    names = ("security", "net_financing", "share_of_before", "financing_balance", "financing_to_float_cap")
    title = Text("五日融资净买入前列", "Largest net financing over five sessions")
    return _table(dossier, "financing-movers", rows, names, language, title, dated=False)


def of_flows(dossier: Dossier, language: Language) -> Table | None:
    """Return what came into the funds of each group on the session."""
    found = rows_of(dossier, "flows", session=dossier.as_of)
    rows = found.sort("rank", nulls_last=True).to_dicts() if found.height else []
    names = ("group", "net_inflow", "net_inflow_5", "net_inflow_20", "inflow_share", "run", "index_change", "dip_share")
    title = Text(f"ETF 净申购（{dossier.as_of}）", f"Flows into exchange-traded funds ({dossier.as_of})")
    return _table(dossier, "flows", rows, (*names, "funds", "lacking"), language, title, dated=False)


def of_snowballs(dossier: Dossier, language: Language) -> Table | None:
    """Return what the inventory holds of each index, and how near it is."""
    rows = rows_of(dossier, "snowballs", session=dossier.as_of).to_dicts()
    names = ("index", "close", "contracts", "waiting_yuan", "knocked_yuan", "nearest", "near_yuan", "near_futures")
    title = Text(
        f"雪球存量与敲入压力（{dossier.as_of}，估算）", f"Snowballs and their knock-ins ({dossier.as_of}, estimated)"
    )
    return _table(dossier, "snowballs", rows, (*names, "of_volume"), language, title, dated=False)


def of_snowball_bands(dossier: Dossier, language: Language) -> Table | None:
    """Return the levels at which the inventory knocks in, the nearest ones."""
    day = dossier.snowballs
    if day is None or day.bands.is_empty():
        return None
    rows = day.bands.sort("distance").head(_RECENT).to_dicts()
    units = (Unit.FRACTION, Unit.POINTS, Unit.POINTS, Unit.YUAN, Unit.YUAN, Unit.COUNT, Unit.FRACTION)
    names = ("distance", "upper", "lower", "notional_yuan", "cumulative_yuan", "released_futures", "of_volume")
    labels = (
        Text("距今", "fall of"),
        Text("点位上沿", "from"),
        Text("点位下沿", "down to"),
        Text("本金", "notional"),
        Text("累计", "cumulative"),
        Text("敲入后减持（手）", "futures released"),
        Text("占日均成交", "of a day's volume"),
    )
    figures = [Figure(name, unit, label) for name, unit, label in zip(names, units, labels, strict=True)]
    scales = [scale_of(figure, rows, language) for figure in figures]
    return Table(
        Text("最近的敲入区间（估算）", "The nearest bands of knock-ins (estimated)").in_(language),
        (
            Column(Text("指数", "index").in_(language)),
            *(head(figure, scale, language) for figure, scale in zip(figures, scales, strict=True)),
            Column(Text("级别", "grade").in_(language), kind="grade"),
        ),
        tuple(
            (
                Cell(word(row["index"], language)),
                *(cell(row[f.name], f, scale, language) for f, scale in zip(figures, scales, strict=True)),
                grade_cell(day.grade.value, language),
            )
            for row in rows
        ),
    )


def of_pressure(dossier: Dossier, language: Language) -> Table | None:
    """Return the criteria of pressure, each with its levels, verdict and evidence."""
    rows = rows_of(dossier, "pressure", session=dossier.as_of).to_dicts()
    if not rows:
        return None
    heads = (
        (Text("判据", "criterion"), "name"),
        (Text("类别", "kind"), "text"),
        (Text("数值", "number"), "number"),
        (Text("关注", "watch at"), "number"),
        (Text("高", "high at"), "number"),
        (Text("分位", "percentile"), "number"),
        (Text("结论", "verdict"), "verdict"),
        (Text("证据", "evidence"), "long"),
        (Text("级别", "grade"), "grade"),
    )
    return Table(
        Text(f"压力判据（{dossier.as_of}）", f"Criteria of pressure ({dossier.as_of})").in_(language),
        tuple(Column(head.in_(language), kind=kind) for head, kind in heads),
        tuple(_criterion(row, language) for row in rows),
    )


def _criterion(row: dict[str, Any], language: Language) -> tuple[Cell, ...]:
    unit = Unit(row["unit"])
    numbers = [Cell(display(row[name], unit, language)) for name in ("number", "watch_at", "high_at")]
    return (
        Cell(row[f"criterion_{language}"]),
        Cell(word(row["kind"], language) if row["kind"] else MISSING),
        *numbers,
        Cell(display(row["percentile"], Unit.FRACTION, language)),
        verdict_cell(row["verdict"], language),
        Cell(typeset(row[f"evidence_{language}"])),
        grade_cell(row["grade"], language),
    )


def of_findings(dossier: Dossier, language: Language) -> Table | None:
    """Return the findings, the gravest first."""
    if not dossier.findings:
        return None
    heads = (
        (Text("轻重", "severity"), "verdict"),
        (Text("判断", "statement"), "long"),
        (Text("证据", "evidence"), "long"),
        (Text("对象", "subject"), "text"),
        (Text("交易日", "session"), "text"),
        (Text("依据", "cites"), "text"),
        (Text("级别", "grade"), "grade"),
    )
    return Table(
        Text("需要关注", "Findings").in_(language),
        tuple(Column(head.in_(language), kind=kind) for head, kind in heads),
        tuple(
            (
                Cell(SEVERITIES[finding.severity].in_(language), finding.severity.value),
                Cell(typeset(finding.statement.in_(language))),
                Cell(typeset(finding.evidence.in_(language))),
                Cell(word(finding.subject, language)),
                Cell(finding.session.isoformat()),
                Cell(finding.cites),
                grade_cell(finding.grade, language),
            )
            for finding in dossier.findings
        ),
    )


def of_coverage(dossier: Dossier, language: Language) -> Table | None:
    """Return what the lake held."""
    if not dossier.coverage:
        return None
    heads = (
        (Text("数据表", "table"), "text"),
        (Text("自", "from"), "text"),
        (Text("至", "to"), "text"),
        (Text("行数", "rows"), "number"),
        (Text("缺交易日", "gaps"), "number"),
        (Text("距今天数", "age, days"), "number"),
        (Text("来源", "source"), "text"),
        (Text("级别", "grade"), "text"),
    )
    return Table(
        Text("数据覆盖", "Coverage").in_(language),
        tuple(Column(head.in_(language), kind=kind) for head, kind in heads),
        tuple(_covered(entry, language) for entry in dossier.coverage),
    )


def _covered(entry: Coverage, language: Language) -> tuple[Cell, ...]:
    part = f" · {word(entry.part, language)}" if entry.part else ""
    name = entry.label.in_(language)
    return (
        Cell(name if part.removeprefix(" · ") in name else name + part),
        Cell(entry.first.isoformat()),
        Cell(entry.last.isoformat()),
        Cell(f"{entry.rows:,}"),
        Cell(f"{entry.gaps:,}"),
        Cell(f"{entry.age_days:,}"),
        Cell(", ".join(entry.sources)),
        Cell("、".join(word_of_grade(grade, language) for grade in entry.grades)),
    )


def word_of_grade(grade: str, language: Language) -> str:
    """Return a grade as it is read."""
    return grade_cell(grade, language).text


def of_reproduced(dossier: Dossier, language: Language, *, verdicts: tuple[str, ...] | None = None) -> Table | None:
    """Return the published figures beside ours; only those with the given verdicts, when they are given."""
    if dossier.reproduced is None or dossier.reproduced.is_empty():
        return None
    rows = dossier.reproduced if verdicts is None else dossier.reproduced.filter(pl.col("verdict").is_in(verdicts))
    heads = (
        (Text("报告", "report"), "text"),
        (Text("项目", "figure"), "name"),
        (Text("日期", "date"), "name"),
        (Text("公布", "printed"), "number"),
        (Text("复算", "computed"), "number"),
        (Text("结论", "verdict"), "text"),
        (Text("说明", "why"), "long"),
        (Text("级别", "grade"), "grade"),
    )
    return Table(
        Text("公开报告数字的复算", "Published figures, recomputed").in_(language),
        tuple(Column(head.in_(language), kind=kind) for head, kind in heads),
        tuple(_reproduced(row, language) for row in rows.to_dicts()),
    )


def _reproduced(row: dict[str, Any], language: Language) -> tuple[Cell, ...]:
    unit = Unit(row["unit"]) if row["unit"] in set(Unit) else Unit.TIMES
    column = f" · {word(row['column'], language)}" if row["column"] not in (None, "", "value", "claim") else ""
    return (
        Cell(f"{word(row['report'], language)} {row['table']}"),
        Cell(f"{word(row['key'], language).replace('_', ' ')}{column.replace('_', ' ')}"),
        Cell((row["date"] or MISSING).replace("/", " – ")),
        Cell(row["printed"] or display(row["published"], unit, language)),
        Cell(display(row["computed"], unit, language)),
        Cell(word(row["verdict"], language), row["verdict"]),
        Cell(typeset(row[f"explanation_{language}"] or "")),
        grade_cell(row["grade"], language),
    )


def of_account_states(dossier: Dossier, language: Language) -> Table | None:
    """Return the accounts by state."""
    return _of_accounts(dossier, SummaryTable.STATES, language)


def of_account_calls(dossier: Dossier, language: Language) -> Table | None:
    """Return the figures of the day's close; none where the book was only marked."""
    if not dossier.calls:
        return None
    session = dossier.calls[0]["session"]
    title = Text(f"追保与强平（{session}）", f"Calls and forced sales ({session})")
    amounts = [None if row["amount_milli"] is None else row["amount_milli"] / MILLI for row in dossier.calls]
    heads = (Text("项目", "figure"), Text("账户数", "accounts"), Text("金额", "amount"))
    columns = tuple(Column(head.in_(language), kind=kind) for head, kind in zip(heads, _CALL_KINDS, strict=True))
    rows = tuple(
        (
            Cell(LABELS[row["figure"]].in_(language)),
            Cell(EXACT.show(row["accounts"])),
            Cell(display(amount, Unit.YUAN, language)),
        )
        for row, amount in zip(dossier.calls, amounts, strict=True)
    )
    return Table(title.in_(language), columns, rows)


_CALL_KINDS = ("text", "number", "number")


def of_account_holdings(dossier: Dossier, language: Language) -> Table | None:
    """Return what the indebted accounts hold most of."""
    return _of_accounts(dossier, SummaryTable.HOLDINGS, language, most=_TOP)


def of_account_limits(dossier: Dossier, language: Language) -> Table | None:
    """Return the broker's own limits."""
    return _of_accounts(dossier, SummaryTable.LIMITS, language)


def _of_accounts(dossier: Dossier, table: SummaryTable, language: Language, *, most: int | None = None) -> Table | None:
    """Return a table of the marked book; none where no book was given, or it has no such rows."""
    if dossier.accounts is None:
        return None
    shown, session = TABLES[table], dossier.accounts.session
    rows = shown.rows(dossier.accounts)[:most]
    if not rows:
        return None
    title = Text(f"{shown.title.zh}（{session}）", f"{shown.title.en} ({session})")
    units = shown.units(rows, language)
    columns = [_account_column(*pair, rows, language) for pair in zip(shown.columns, units, strict=True)]
    body = tuple(tuple(cells[place] for _, cells in columns) for place in range(len(rows)))
    return Table(title.in_(language), tuple(head for head, _ in columns), body)


def _account_column(
    column: AccountColumn, unit: Unit | Scale, rows: list[dict[str, Any]], language: Language
) -> tuple[Column, list[Cell]]:
    """Return the head and the cells of one column: numbers in one scale, words as they stand."""
    head, values = column.label.in_(language), [row.get(column.key(language)) for row in rows]
    if column.name == "grade":
        return Column(head, kind="grade"), [grade_cell(value, language) for value in values]
    if "verdict" in rows[0] and column.name == "label_{lang}":
        marks = [_MARKS.get(row["verdict"], "none") for row in rows]
        return Column(head, kind="verdict"), [Cell(str(value), mark) for value, mark in zip(values, marks, strict=True)]
    if unit is Unit.TEXT:
        return Column(head, kind="name"), [Cell(_breakable(value or MISSING)) for value in values]
    scale = unit if isinstance(unit, Scale) else column_scale(unit, values, language)
    return Column(head, scale.label.in_(language), "number"), [Cell(scale.show(value)) for value in values]


def _breakable(value: str) -> str:
    """Return a word as it stands; the id of a rule may break behind its dots."""
    return value.replace(".", ".\u200b") if value.count(".") > 1 else value


_MARKS = {"breach": "high", "warning": "watch", "within": "low"}  # the looks of verdicts
