"""What a client reads: the words for each thing that can be asked, amounts that can be paid, nothing flattering."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from rongheng.account.calls import moment
from rongheng.basics.errors import UsageError
from rongheng.report.notices import Letter, file_name

SESSION = date(2026, 12, 31)
STANDING = {
    "marked_at": moment(SESSION),
    "assets_milli": 1_140_000_009,
    "debt_milli": 1_000_000_001,
    "ratio_bp": 11_399,
}
NOTHING: dict[str, Any] = dict.fromkeys(STANDING)


def ask(status: str, **more: object) -> dict[str, Any]:
    base = {
        "status": status,
        "line": "next_day",
        "contract_id": None,
        "due": moment(date(2027, 1, 4), time(11, 30)),
        "provisional": False,
        "target_bp": 13_000,
        "cash_missing_milli": 160_000_001,
        "repay_missing_milli": 123_076_924,
    }
    return base | more


def event(kind: str, **more: object) -> dict[str, Any]:
    base: dict[str, Any] = {"kind": kind, "line": None, "contract_id": None, "due": None, "target_bp": None}
    return base | more


def letter(asks: list[dict[str, Any]], *, happened: list[dict[str, Any]] | None = None, standing: Any = None) -> str:
    return Letter.load().write(
        "A-1",
        SESSION,
        happened=happened or [event("called", line="next_day")],
        asks=asks,
        standing=standing or STANDING,
    )


def test_a_letter_reads_as_a_whole() -> None:
    due = moment(date(2027, 1, 4), time(11, 30))
    happened = [event("called", line="next_day", due=due, target_bp=13_000), event("warned", line="warning")]
    assert letter([ask("open", provisional=True)], happened=happened) == (
        "融资融券业务追加担保物（到期）通知书\n"
        "\n"
        "信用账户：A-1\n"
        "日　　期：2026-12-31\n"
        "\n"
        "尊敬的客户：\n"
        "\n"
        "截至2026-12-31日终，您信用账户的担保物总值为1,140,000.00元，负债为1,000,000.01元，维持担保比例为113.99%。\n"
        "\n"
        "事项：\n"
        "  1. 追保（次日平仓线），期限2027-01-04 11:30，应恢复至130.00%\n"
        "  2. 警戒提示（警戒线）\n"
        "\n"
        "您的账户低于次日平仓线，请于2027-01-04 11:30（暂定，以交易所公布的休市安排为准）前使维持担保比例恢复至130.00%"
        "："
        "追加现金160,000.01元，或偿还负债123,076.93元，或追加等值担保物。逾期我公司有权按合同约定处置担保物。\n"
    )


@pytest.mark.parametrize(
    ("asked", "title", "words"),
    [
        (
            ask("lapsed"),
            "逾期未补足担保物通知书",
            "您的账户低于次日平仓线后未在期限前恢复至130.00%，我公司有权按合同约定处置担保物。",
        ),
        (ask("lapsed", line="maturity", contract_id="C-1"), "逾期未补足", "合约C-1到期未了结，我公司有权"),
        (
            ask("open", line="maturity", contract_id="C-1"),
            "（到期）通知书",
            "合约C-1将于2027-01-04 11:30到期，请在此前了结",
        ),
        (ask("open", cash_missing_milli=0), "追加担保物", "按已收到的款项和担保物，维持担保比例已达130.00%"),
        (ask("warned", line="warning", due=None, target_bp=None), "风险提示", "您的账户低于警戒线，请关注账户风险。"),
    ],
)
def test_each_thing_that_is_asked_has_its_words(asked: dict[str, Any], title: str, words: str) -> None:
    text = letter([asked])
    assert title in text.splitlines()[0]
    assert words in text


def test_who_is_asked_for_nothing_any_more_is_told_so() -> None:
    text = letter([], happened=[event("cured", line="call")])
    assert "  1. 已补足（追保线）\n" in text
    assert text.endswith("目前无待补足事项。\n")


def test_who_has_no_mark_gets_no_amounts() -> None:
    assert "维持担保比例为" not in letter([ask("open", line="maturity", contract_id="C-1")], standing=NOTHING)


def test_a_mark_within_the_session_says_its_time() -> None:
    text = letter([ask("open")], standing=STANDING | {"marked_at": moment(SESSION, time(10, 30))})
    assert "截至2026-12-31 10:30，" in text


@pytest.mark.parametrize("account", ["A-17", "沪/1", "../etc", "a b", "A:1"])
def test_a_file_is_named_after_its_account_and_stays_in_its_folder(account: str) -> None:
    name = file_name(account)
    assert Path(name).name == name
    assert name not in (".", "..")


def test_different_accounts_have_different_files() -> None:
    accounts = ["a/b", "a_b", "a b", "a:b", "a_2fb"]
    assert len({file_name(account) for account in accounts}) == len(accounts)


def test_a_template_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        Letter.load(tmp_path / "gone.j2")
    (tmp_path / "gbk.j2").write_bytes("追加担保物通知书".encode("gbk"))
    with pytest.raises(UsageError, match="in UTF-8"):
        Letter.load(tmp_path / "gbk.j2")
