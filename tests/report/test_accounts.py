"""The chapter on credit accounts: it says what the summary says, in both languages, and only where a book was given."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import openpyxl
import pytest

from rongheng.account.marks.summary import Summary
from rongheng.basics.text import Language
from rongheng.findings.dossier import Dossier
from rongheng.report.account_claims import of_accounts
from rongheng.report.account_tables import TABLES, SummaryTable
from rongheng.report.page import page
from rongheng.report.workbook import workbook_bytes


@pytest.fixture
def accounts(dossier: Dossier) -> Summary:
    """Return the demo's marked book."""
    assert dossier.accounts is not None
    return dossier.accounts


def _chapter(text: str) -> str:
    found = re.search(r'<section id="chapter-accounts">.*?</section>', text, re.DOTALL)
    assert found is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group())).replace("\u200b", "").replace("\xa0", " ")


def test_the_chapter_says_how_many_accounts_stand_where(chinese: str, english: str, accounts: Summary) -> None:
    for text, words in ((chinese, "低于平仓线"), (english, "under the liquidation line")):
        chapter = _chapter(text)
        assert words in chapter
        for row in accounts.states:
            assert f"{row['accounts']:,}" in chapter
        assert f"{accounts.total['average_ratio_bp'] / 100:.2f} %" in chapter
    assert not re.search(r"[\u4e00-\u9fff]", _chapter(english))


def test_every_breach_of_a_limit_is_in_the_chapter_and_among_the_findings(
    dossier: Dossier, chinese: str, accounts: Summary
) -> None:
    breaches = [row for row in accounts.limits if row["verdict"] == "breach"]
    assert breaches, "the demo shows one"
    cited = [finding.cites for finding in dossier.findings]
    for row in breaches:
        assert row["subject"] in _chapter(chinese)
        assert row["rule"] in cited


def test_a_note_without_a_book_has_no_such_chapter_and_says_so_of_risks(dossier: Dossier, chinese: str) -> None:
    alone = page(replace(dossier, accounts=None, readings={}, reproduced=None), "zh")
    assert "chapter-accounts" not in alone
    assert "本文不含任何单个账户的数据" in alone
    assert "根据公开数据生成" in alone
    assert "本文不含任何单个账户的数据" not in chinese
    assert "客户资料" in chinese


def test_what_is_said_of_accounts_has_their_day_and_their_grade(dossier: Dossier, accounts: Summary) -> None:
    claims = list(of_accounts(dossier, "zh"))
    assert len(claims) == 4
    assert {claim.as_of for claim in claims} == {accounts.session}
    assert {claim.grade for claim in claims} == {accounts.grade}
    assert f'id="method-{claims[0].indicator}"' in page(replace(dossier, readings={}, reproduced=None), "zh")


def test_a_book_where_nobody_is_in_debt_can_be_told_of(dossier: Dossier, accounts: Summary) -> None:
    """Nothing is divided by, nothing is said twice, and no figure is drawn of nothing."""
    nothing = dict.fromkeys(accounts.total, 0) | {"accounts": 7, "average_ratio_bp": None}
    empty = [{**row, "accounts": 0, "accounts_or_graver": 0, "debt_milli": 0} for row in accounts.states]
    quiet = replace(accounts, total=nothing, states=tuple(empty), holdings=(), limits=())
    text = page(replace(dossier, accounts=quiet, readings={}, reproduced=None), "en")
    assert "No account is under its liquidation line." in _chapter(text)
    assert _chapter(text).count("This figure lacks data.") == 3


def test_the_workbook_has_the_same_numbers_unrounded(dossier: Dossier, accounts: Summary) -> None:
    small = replace(dossier, readings={"pressure": dossier.readings["pressure"]}, reproduced=None)
    book = openpyxl.load_workbook(BytesIO(workbook_bytes(small, "zh")))
    sheet = book["账户 账户按状态"]
    heads = next(row for row in sheet.iter_rows() if row[0].value == "状态")
    column = [cell.value for cell in heads].index("负债")
    values = [sheet.cell(heads[0].row + 2 + place, column + 1).value for place in range(len(accounts.states))]
    assert values == [pytest.approx(row["debt_milli"] / 1_000 / 1e8) for row in accounts.states]  # 亿元
    grades = [sheet.cell(heads[0].row + 2, place + 1).value for place in range(len(heads))]
    assert grades[-1] == "模拟"


@pytest.mark.parametrize("table", list(SummaryTable))
def test_every_column_of_a_table_is_in_its_rows(table: SummaryTable, accounts: Summary) -> None:
    for row in TABLES[table].rows(accounts):
        known = {column.key(language) for column in TABLES[table].columns for language in ("zh", "en")}
        optional = {"warning", "confidence_zh", "confidence_en", "debt_so_far", "debt_share_so_far"}
        assert known - set(row) <= optional


FIGURES = tuple(
    {"session": "2026-03-06", "grade": "simulated", "figure": figure, "accounts": accounts, "amount_milli": amount}
    for figure, accounts, amount in (
        ("warned", 7, 10**9),
        ("called", 1_234, 2 * 10**12),
        ("cured", 11, 10**10),
        ("lapsed", 12, 10**10),
        ("open", 13, 10**10),
        ("due_next", 14, 10**10),
        ("standing_lapsed", 15, 10**10),
        ("planned", 16, 345_678_900_000),
        ("not_planned", 3, None),
        ("carried", 17, 10**9),
        ("bad_debt", 0, None),
        ("under_after_fall_30", 4_321, 567_800_000_000),
        ("short_after_fall_30", 21, 10**10),
        ("under_after_fall_50", 5_432, 10**12),
        ("short_after_fall_50", 210, 10**11),
    )
)


def test_a_closed_book_tells_of_its_calls(dossier: Dossier) -> None:
    closed = replace(dossier, calls=FIGURES)
    said_in: tuple[tuple[Language, tuple[str, ...]], ...] = (
        (
            "zh",
            (
                "当日新增追保 1,234 户，补足 11 户，逾期 12 户",
                "14 户须在下一交易日补足",
                "强平方案卖出 3.46 亿元",
                "4,321 户低于平仓线，负债 5.68 亿元；21 户穿仓",
            ),
        ),
        (
            "en",
            (
                "Called today: 1,234; cured 11; lapsed 12; 14 must act",
                "is planned to be sold by force",
                "21 would be short of collateral",
            ),
        ),
    )
    pages = {language: page(closed, language) for language, _ in said_in}
    for language, words in said_in:
        for said in words:
            assert said in _chapter(pages[language])
        assert 'id="method-calls"' in pages[language]
    assert not re.search(r"[\u4e00-\u9fff]", _chapter(pages["en"]))
    assert "当日新增追保" not in _chapter(page(dossier, "zh"))
    sheets = openpyxl.load_workbook(BytesIO(workbook_bytes(closed, "zh"))).sheetnames
    assert "追保与强平" in sheets
