"""``rongheng pools`` and ``rongheng brokers`` over small files, and over lists with the published counts."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.cli.words import Ran, Run
from tests.market.pools.published_world import SIX, broker_frame, published_table

_HEADER = (
    "证券代码,证券简称,证券类别,上市日期,是否注册制,成份股,"
    "风险警示,退市,流通股本(万股),流通市值(亿元),股东人数,日均换手率(%),"
    "基准日均换手率(%),日均成交金额(亿元),日均涨跌幅(%),基准日均涨跌幅(%),波动幅度(%),基准波动幅度(%),"
    "完成股权分置改革,静态市盈率,日均流通市值(亿元),现为标的"
)
SECURITIES = f"""{_HEADER}
600000,甲,股票,1999-11-10,否,是,否,否,100000,100,50000,1,1,1,0.1,0.1,20,10,是,6.5,90,是
000998,乙,股票,2000-12-11,否,否,否,否,9000,4.9,3999,1,1,1,0.1,0.1,20,10,是,-20,5,是
000999,丙,股票,2000-12-11,否,否,否,否,90000,90,9000,1,1,1,0.1,0.1,20,10,是,20,80,否
688001,丁,股票,2025-03-21,是,否,否,否,,,,,,,,,,,,20,,
900901.SH,戊,B股,1992-01-01,,,否,否,,,,,,,,,,,,,,
"""


def rows_of(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 0, ran.err
    loaded: list[dict[str, Any]] = json.loads(ran.out)
    return loaded


@pytest.fixture
def securities(tmp_path: Path) -> Path:
    path = tmp_path / "securities.csv"
    path.write_text(SECURITIES, encoding="gb18030")
    return path


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_screen_says_who_qualifies_and_what_is_missing(securities: Path, rongheng: Run) -> None:
    ran = rongheng("pools", "screen", securities, "--on", "2025-03-21", "--side", "financing", "--format", "json")
    verdicts = {row["security"]: row for row in rows_of(ran)}
    assert {code: row["qualifies"] for code, row in verdicts.items()} == {
        "600000.SH": True,
        "000998.SZ": False,
        "000999.SZ": True,
        "688001.SH": True,
        "900901.SH": False,
    }
    assert verdicts["000998.SZ"]["failed"] == "float_size, holders"
    assert (verdicts["600000.SH"]["as_of"], verdicts["600000.SH"]["grade"]) == ("2025-03-21", "derived")
    assert "financing: 3 of 5 qualify" in ran.err


def test_screen_explains_one_security_condition_by_condition(securities: Path, rongheng: Run) -> None:
    ran = rongheng("pools", "screen", securities, "--on", "2025-03-21", "--explain", "000998.SZ", "--lang", "en")
    assert "at least 100,000,000 shares, or at least 500,000,000 yuan" in ran.out
    assert "90,000,000 / 490,000,000" in ran.out
    assert "exchange.underlying.stock_conditions" in ran.out
    unknown = rongheng("pools", "screen", securities, "--on", "2025-03-21", "--explain", "600001.SH")
    assert unknown.code == 2
    assert "600001.SH is not in securities.csv" in unknown.err


def test_a_table_is_in_the_readers_words_and_json_keeps_the_codes(securities: Path, rongheng: Run) -> None:
    words = ("pools", "screen", securities, "--on", "2025-03-21", "--side", "financing")
    chinese = rongheng(*words).out
    assert "融资  注册制上市" in chinese
    assert "流通股本（股）或流通市值（元）；股东人数" in chinese
    assert not re.search(r"\b(share|main|financing|conditions|float_size)\b", chinese)
    english = rongheng(*words, "--lang", "en").out
    assert "float shares, or float cap in yuan；holders" not in english
    assert "float shares, or float cap in yuan; holders" in english
    assert {row["route"] for row in rows_of(rongheng(*words, "--format", "json"))} == {
        "conditions", "registration", "none",
    }  # fmt: skip


def test_rank_orders_and_says_who_comes_and_goes(securities: Path, rongheng: Run) -> None:
    ran = rongheng("pools", "rank", securities, "--on", "2025-04-10", "--format", "json")
    places = [(row["exchange"], row["place"], row["security"]) for row in rows_of(ran) if row["place"] is not None]
    assert places == [("SSE", 1, "600000.SH"), ("SZSE", 1, "000998.SZ"), ("SZSE", 2, "000999.SZ")]
    changed = rongheng(
        "pools", "rank", securities, "--on", "2025-04-10", "--screened", "--places", "SSE=1", "--places", "SZSE=1",
        "--format", "json",
    )  # fmt: skip
    assert [(row["security"], row["change"]) for row in rows_of(changed)] == [
        ("600000.SH", "kept"),
        ("000999.SZ", "in"),
        ("000998.SZ", "out"),
    ]
    assert rongheng("pools", "rank", securities, "--places", "many").code == 2


def test_diff_says_what_changed_and_why(tmp_path: Path, securities: Path, rongheng: Run) -> None:
    before = write(tmp_path / "before.csv", "证券代码,融资标的,融券标的\n600000,Y,Y\n000998,Y,N\n")
    after = write(tmp_path / "after.csv", "证券代码,融资标的,融券标的\n600000,Y,Y\n688001,Y,Y\n")
    ran = rongheng("pools", "diff", before, after, "--securities", securities, "--on", "2025-03-21", "--format", "json")
    changes = {(row["security"], row["list"]): row for row in rows_of(ran)}
    assert {key: row["change"] for key, row in changes.items()} == {
        ("000998.SZ", "financing"): "out",
        ("688001.SH", "financing"): "in",
        ("688001.SH", "short"): "in",
    }
    assert "3,999" in changes["000998.SZ", "financing"]["why_en"]
    assert "registration system" in changes["688001.SH", "short"]["why_en"]


def test_caps_name_the_security_that_is_in_no_class(securities: Path, rongheng: Run) -> None:
    ran = rongheng("pools", "caps", securities, "--on", "2025-03-21", "--format", "json", "--lang", "en")
    assert {row["security"]: row["haircut_cap"] for row in rows_of(ran)} == {
        "600000.SH": 0.7,
        "000998.SZ": 0.0,
        "000999.SZ": 0.65,
        "688001.SH": 0.65,
        "900901.SH": 0.0,
    }
    assert "900901.SH has the haircut 0" in ran.err


def test_caps_follow_the_weekly_test(tmp_path: Path, securities: Path, rongheng: Run) -> None:
    pe = write(tmp_path / "pe.csv", "证券代码,日期,静态市盈率\n600000,2025-03-14,350\n600000,2025-03-20,10\n")
    ran = rongheng("pools", "caps", securities, "--pe", pe, "--on", "2025-03-21", "--format", "csv")
    assert "600000.SH,甲,SSE,high_pe_share,0.0,350.0" in ran.out
    assert "static P/E tested on 2025-03-14" in ran.err


def test_stops_follow_a_security_over_its_sessions(tmp_path: Path, rongheng: Run) -> None:
    lines = [
        "证券代码,交易日,融资余额(亿元),信用账户持有市值(亿元),流通市值(亿元)",
        *(
            f"600000,{day},{balance},40,100"
            for day, balance in (("2025-03-19", 25), ("2025-03-20", 22), ("2025-03-21", 19))
        ),
    ]
    path = write(tmp_path / "monitor.csv", "\n".join(lines) + "\n")
    rows = rows_of(rongheng("pools", "stops", path, "--events", "--format", "json"))
    assert [(row["session"], row["event"], row["works_from"], row["as_of"]) for row in rows] == [
        ("2025-03-19", "stop", "2025-03-20", "2025-03-19"),
        ("2025-03-21", "resume", "2025-03-24", "2025-03-21"),
    ]
    stopped = rongheng("pools", "stops", path, "--stopped", "600000.SH=financing", "--format", "json")
    assert rows_of(stopped)[0]["stopped"] is True
    assert rongheng("pools", "stops", path, "--stopped", "600000.SH").code == 2


MONITORED = "证券代码,交易日,融资余额(亿元),信用账户持有市值(亿元),流通市值(亿元)\n600000,2012-01-04,25,40,100\n"


def test_caps_do_not_know_a_rule_that_was_announced_later(securities: Path, rongheng: Run) -> None:
    # The rule of negative static P/E was announced on 2016-12-02, for 2016-12-12; 000998 has one of -20.
    words = ("pools", "caps", securities, "--on", "2016-12-12", "--format", "json", "--known-at")
    assert cap_of("000998.SZ", rongheng(*words, "2016-12-02")) == ("high_pe_share", 0.0)
    assert cap_of("000998.SZ", rongheng(*words, "2016-12-01")) == ("other_share", 0.65)


def cap_of(code: str, ran: Ran) -> tuple[str, float]:
    (row,) = [row for row in rows_of(ran) if row["security"] == code]
    return row["security_class"], row["haircut_cap"]


def test_stops_do_not_know_lines_that_were_announced_later(tmp_path: Path, rongheng: Run) -> None:
    words = ("pools", "stops", write(tmp_path / "monitor.csv", MONITORED), "--format", "json", "--known-at")
    assert [row["event"] for row in rows_of(rongheng(*words, "2011-11-25")) if row["side"] == "financing"] == ["stop"]
    early = rongheng(*words, "2011-11-24")
    assert rows_of(early) == []
    assert "2 个“证券—交易日—方向”没有适用的暂停规则" in early.err


@pytest.mark.parametrize("verb", ["screen", "rank", "diff"])
def test_what_rests_on_a_rule_that_was_seen_later_is_refused(
    tmp_path: Path, securities: Path, verb: str, rongheng: Run
) -> None:
    # The cases of removal and the ranking are known from a report of 2025-03-28, and not since when they hold.
    lists = [write(tmp_path / name, "证券代码,融资标的\n600000,Y\n") for name in ("before.csv", "after.csv")]
    files = [*lists, "--securities", securities] if verb == "diff" else [securities]
    words = ("pools", verb, *files, "--on", "2025-04-10", "--format", "json")
    early = rongheng(*words, "--known-at", "2025-03-27")
    assert early.code == 3
    assert "was not known on 2025-03-27" in early.err
    assert "its document shows it on 2025-03-28 first" in early.err
    assert rows_of(rongheng(*words, "--known-at", "2025-03-28")) == rows_of(rongheng(*words))


A = "证券代码,证券简称,折算率(%),集中度分类\n600000,甲,70,A\n000998,乙,40,C\n000999,丙,65,B\n900901.SH,戊,30,C\n"
B = "证券代码,证券简称,折算率(%),集中度分类\n600000,甲,65,A\n000998,乙,0,C\n000999,丙,65,B\n"


@pytest.fixture
def two(tmp_path: Path) -> list[str]:
    return [f"A={write(tmp_path / 'a.csv', A)}", f"B={write(tmp_path / 'b.csv', B)}"]


LINES = ("withdrawal", "warning", "call", "liquidation", "emergency", "next_day", "minimum", "unnamed")


@pytest.mark.parametrize("printed", published_table("c09"), ids=lambda row: row["broker"])
def test_lines_are_those_that_a_broker_has_published(printed: dict[str, str], rongheng: Run) -> None:
    rows = rows_of(rongheng("brokers", "lines", "--on", "2025-03-28", "--format", "json", "--lang", "zh"))
    (row,) = [row for row in rows if row["broker"].startswith(printed["broker"])]
    numbers = ";".join(value for name, value in printed.items() if name.endswith("_pct")).split(";")
    assert {round(row[name] * 100) for name in LINES if row[name] is not None} == {int(n) for n in numbers if n}


def test_lines_say_how_sure_they_are_and_nothing_before_they_were_known(rongheng: Run) -> None:
    rows = {
        row["broker_id"]: row for row in rows_of(rongheng("brokers", "lines", "--on", "2025-03-28", "--format", "json"))
    }
    assert (rows["citic"]["warning"], rows["citic"]["liquidation"]) == (1.4, 1.3)
    assert rows["guosen"]["next_day"] == 1.15
    assert "0.60" in rows["csc"]["confidence"]
    before = rows_of(rongheng("brokers", "lines", "--on", "2010-03-31", "--format", "json"))
    assert "citic" not in {row["broker_id"] for row in before}


def test_haircuts_count_tiers_and_check_names_breaches(two: list[str], securities: Path, rongheng: Run) -> None:
    tiers = rows_of(rongheng("brokers", "haircuts", *two, "--on", "2025-03-21", "--format", "json"))
    assert [(row["broker"], row["haircut"], row["total"]) for row in tiers] == [
        ("A", 0.7, 1), ("A", 0.65, 1), ("A", 0.4, 1), ("A", 0.3, 1), ("B", 0.65, 2), ("B", 0.0, 1),
    ]  # fmt: skip
    ran = rongheng(
        "brokers", "haircuts", *two, "--check", "--securities", securities, "--on", "2025-03-21", "--format", "json"
    )
    assert [(row["broker"], row["security"], row["found"], row["allowed"]) for row in rows_of(ran)] == [
        ("A", "000998.SZ", 0.4, 0.0),
        ("A", "900901.SH", 0.3, 0.0),
    ]
    assert "2 breaches in 2 lists" in ran.err


def test_check_does_not_know_a_minimum_that_was_announced_later(tmp_path: Path, rongheng: Run) -> None:
    # 100 % since 2026-01-19, announced on 2026-01-14; 80 % before.
    own = write(tmp_path / "a.csv", "证券代码,融资标的,融资保证金比例(%)\n600000,Y,80\n")
    words = ("brokers", "haircuts", f"A={own}", "--check", "--on", "2026-01-19", "--format", "json", "--known-at")
    assert [(row["breach"], row["allowed"]) for row in rows_of(rongheng(*words, "2026-01-14"))] == [
        ("financing_ratio_under_minimum", 1.0)
    ]
    assert rows_of(rongheng(*words, "2026-01-13")) == []


def test_lines_that_were_published_later_are_not_known(rongheng: Run) -> None:
    words = ("brokers", "lines", "--on", "2025-03-28", "--format", "json", "--known-at")
    assert "citic" in {row["broker_id"] for row in rows_of(rongheng(*words, "2025-03-28"))}
    assert "citic" not in {row["broker_id"] for row in rows_of(rongheng(*words, "2025-03-27"))}


def test_check_holds_a_list_against_the_exchanges_own(tmp_path: Path, two: list[str], rongheng: Run) -> None:
    own = write(tmp_path / "exchange.csv", "证券代码,证券简称\n600000,甲\n000999,丙\n000998,乙\n")
    rows = rows_of(rongheng("brokers", "haircuts", *two, "--check", "--exchange", own, "--format", "json"))
    assert [(row["broker"], row["row"], row["security"], row["breach"]) for row in rows] == [
        ("A", 5, "900901.SH", "outside_collateral")
    ]


def test_classes_and_how_far_they_go_with_haircuts(two: list[str], rongheng: Run) -> None:
    rows = rows_of(rongheng("brokers", "classes", two[0], "--format", "json"))
    assert [(row["concentration_class"], row["total"], row["share"]) for row in rows] == [
        ("A", 1, 0.25),
        ("B", 1, 0.25),
        ("C", 2, 0.5),
    ]
    crossed = rongheng("brokers", "classes", two[0], "--by-haircut", "--format", "json")
    assert sum(row["count"] for row in rows_of(crossed)) == 4
    assert "tau-b = 0.9129" in crossed.err  # 5 pairs agree, none disagrees, one is tied in class: 5 / sqrt(5 × 6)


def test_compare_ranks_and_counts(two: list[str], rongheng: Run) -> None:
    ran = rongheng("brokers", "compare", *two, "--format", "json", "--on", "2025-03-21")
    rows = rows_of(ran)
    ranks = [(row["rank"], row["A"], row["B"]) for row in rows if row["table"] == "ranks"]
    assert ranks == [(1, 3, 1), (2, 0, 2)]
    (pair,) = [row for row in rows if row["table"] == "equal"]
    assert (pair["common"], pair["equal"], pair["second_stricter"]) == (3, 1, 2)
    assert "3 shares on all lists; 1 have the same haircut on all of them" in ran.err
    assert rongheng("brokers", "compare", *two, "--format", "csv").code == 2
    assert rongheng("brokers", "compare", *two, "--table", "size").code == 2
    assert rongheng("brokers", "compare", *two, "--lent", "A=much").code == 2
    assert "A" in rongheng("brokers", "compare", *two).out


def test_a_list_that_is_wrong_ends_with_one_message_and_its_row(tmp_path: Path, rongheng: Run) -> None:
    wrong = write(tmp_path / "wrong.csv", "证券代码,折算率(%)\n600000,70\n000001,120\n")
    ran = rongheng("brokers", "haircuts", wrong)
    assert ran.code == 4
    assert ran.out == ""
    assert "wrong.csv, row 3: haircut_bp of 000001.SZ is 120 %" in ran.err
    twice = write(tmp_path / "twice.csv", "证券代码,折算率(%)\n600000,70\n600000,70\n")
    ran = rongheng("brokers", "compare", twice, wrong)
    assert "twice.csv, rows 2, 3: 600000.SH stands 2 times" in ran.err


def write_lists(folder: Path) -> list[str]:
    """Write the made-up lists as brokers do: some as GB18030 text, some as workbooks."""
    named = []
    for number, broker in enumerate(SIX):
        frame = (
            broker_frame(broker)
            .with_columns(pl.col("haircut_bp") / 100)
            .rename({"security": "证券代码", "haircut_bp": "折算率(%)"})
        )
        names = {"concentration_class": "集中度分类", "financing": "融资标的", "short": "融券标的"}
        frame = frame.rename({name: zh for name, zh in names.items() if name in frame.columns})
        if number % 2:
            path = folder / f"{number}.csv"
            path.write_bytes(frame.write_csv().encode("gb18030"))
        else:
            path = folder / f"{number}.xlsx"
            frame.write_excel(path)
        named.append(f"{broker}={path}")
    return named


def table_of(rows: Iterable[dict[str, str]], names: list[str]) -> list[list[str]]:
    return [[row[name] for name in names] for row in rows]


def test_files_with_the_published_counts_give_the_published_tables(tmp_path: Path, rongheng: Run) -> None:
    named = write_lists(tmp_path)
    printed = published_table("c14")
    ranks = rongheng("brokers", "compare", *named, "--table", "ranks", "--format", "csv", "--on", "2025-03-21")
    assert table_of(csv.DictReader(io.StringIO(ranks.out)), ["rank", *SIX]) == table_of(printed[:6], ["rank", *SIX])
    assert "3763 shares on all lists; 253 have the same haircut" in ranks.err
    lent = [word for broker in SIX for word in ("--lent", f"{broker}={printed[-1][broker]}")]
    size = rongheng("brokers", "compare", *named, *lent, "--table", "size", "--lang", "en")
    assert "not shown that smaller brokers are stricter (6 brokers, tau = 0.47, p = 0.136" in size.err
    classes = rongheng("brokers", "classes", named[0], named[2], "--format", "csv")
    got = csv.DictReader(io.StringIO(classes.out))
    crossed = rongheng("brokers", "classes", named[0], "--by-haircut", "--format", "csv")
    assert "p < 1e-300 (two-sided, n = 5251)" in crossed.err
    wanted = [[row["class"], row["沪A"], row["深A"], row["京A"], row["其他证券"]] for row in published_table("c11")]
    assert table_of(got, ["concentration_class", "SSE", "SZSE", "BSE", "other"]) == wanted
