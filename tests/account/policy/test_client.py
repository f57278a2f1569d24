"""A contract tightens its broker's terms, as its broker tightens the exchanges'; a looser word is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, time
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from rongheng.account.book import Book
from rongheng.account.marks import mark
from rongheng.account.marks.cases import read_mark_cases, run_mark_cases
from rongheng.account.policy import (
    DebtPart,
    Interest,
    Lines,
    LiquidationOrder,
    MovingLines,
    MovingRow,
    OverLimit,
    Policy,
    PolicySet,
    RowBy,
    Step,
    StopAt,
    WithinStep,
    concentration_terms,
    terms_of,
)
from rongheng.account.policy.concentration_lookup import limit_row
from rongheng.account.policy.policy import LossNetting, RatioMethod, ShareBasis
from rongheng.basics.account_tables import BOOK_TABLES, Board, Business
from rongheng.basics.errors import LoosenedRuleError, UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.rulebook import Rulebook

SESSION = date(2026, 4, 1)
DOCUMENTS = """
issuers: {bay: {zh: 海湾证券（虚构）, en: Bay Securities}}
documents:
  notice: {issuer: bay, title: {zh: 业务公告, en: Notice}, described: yes, announced: 2018-01-05}
  contract: {issuer: bay, title: {zh: 客户合同, en: Contract}, described: yes, announced: 2018-01-05}
"""
# What Bay Securities asks of everybody.
BAY = {
    "lines": "{withdrawal: 310%, warning: 150%, liquidation: 130%}",
    "moving_lines": """
      measured_at: 16:00
      ratio_at_most: 200%
      basis: net
      lines:
        - {dual_board_share: x <= 40%, liquidation: 130%, warning: 150%, withdrawal: 310%}
        - {dual_board_share: x > 40%, liquidation: 145%, warning: 165%, withdrawal: 320%}""",
    "haircuts": """
      - {security_class: [index_share, other_share], haircut: 60%}
      - {security_class: etf, haircut: 85%}
      - {security_class: [cash_product, money_fund, treasury_bond], haircut: 90%}
      - {security_class: [other_fund, other_bond, high_pe_share, risk_warned, delisting, warrant], haircut: 0%}""",
    "financing_ratios": '[{ratio: "max(1.7 - haircut, 1)"}]',
    "deadlines": "[{line: liquidation, within: 2 trading days, by: 14:00, restore_to: 140%}]",
    "interest": "{days_of_year: 365, overdue_per_day: 0.03%}",
    "loss_netting": "security",
    "ratio_method": "{method: coefficients, star: 90%}",
    "concentration_limits": "[{scope: security, limit: 50%}, {scope: [class, board], limit: no limit}]",
    "concentration_overrides": "[{security: 600000.SH, maintenance_ratio: x < 200%, limit: 20%}]",
    "concentration_check": "{exempt_without_debt: no, row_by: debt, blocked: [collateral_buy, roll_over]}",
    "over_limit": "{collateral_share: 20%, static_pe: 200 times, negative_counts: yes}",
    "liquidation": "{steps: [free_cash, other_collateral], within_step: largest, stop_at: debt_repaid}",
    "repayment": "[interest, fees, principal]",
    "short_cover": "no",
    "existing_contracts": "apply",
}
CHECK = "{{exempt_without_debt: {}, row_by: {}, blocked: [{}]}}"
OVER = "{{collateral_share: {}, static_pe: {}, negative_counts: {}}}"
Signed = Callable[..., Rulebook]


def timeline(id_: str, dated: Mapping[str, str], document: str) -> str:
    text = f"id: {id_}\ntimeline:\n"
    for day, value in dated.items():
        existing = "    existing: keep\n" if day != min(dated) and "ratios" in id_ else ""
        text += f"  - value: {value}\n    from: {day}\n    announced: 2018-01-05\n"
        text += f"    cite: {document}\n    confidence: official\n{existing}"
    return text


@pytest.fixture
def signed(tmp_path: Path) -> Signed:
    """Write Bay Securities and the contract of one client with it, and load them."""

    def write(terms: Mapping[str, str | Mapping[str, str]], *, type_: str | None = None) -> Rulebook:
        broker, client = tmp_path / "rules" / "broker" / "bay", tmp_path / "rules" / "client" / "lin"
        broker.mkdir(parents=True)
        client.mkdir(parents=True)
        (tmp_path / "documents.yaml").write_text(DOCUMENTS, "utf-8")
        (broker / "broker.yaml").write_text("name: {zh: 海湾证券, en: Bay}\nkind: illustrative\n", "utf-8")
        who = f"type: {type_}\n" if type_ else ""
        (client / "client.yaml").write_text(f"name: {{zh: 林, en: Lin}}\nbroker: bay\n{who}", "utf-8")
        for term, value in BAY.items():
            (broker / f"{term}.yaml").write_text(
                timeline(f"broker.bay.{term}", {"2018-01-08": value}, "notice"), "utf-8"
            )
        for term, said in terms.items():
            dated = {"2018-01-08": said} if isinstance(said, str) else said
            (client / f"{term}.yaml").write_text(timeline(f"client.lin.{term}", dated, "contract"), "utf-8")
        return Rulebook.load(tmp_path)

    return write


def policy_of(rulebook: Rulebook, session: date = SESSION, **lists: Mapping[str, pl.DataFrame]) -> Policy:
    return PolicySet.load("lin", session=session, rulebook=rulebook, **lists)["lin"]  # type: ignore[arg-type]


def test_a_contract_that_says_nothing_leaves_the_brokers_terms(signed: Signed) -> None:
    rulebook = signed({})
    broker = PolicySet.load("bay", session=SESSION, rulebook=rulebook)["bay"]
    policy = policy_of(rulebook)
    assert policy.haircuts_by_class is not None
    assert broker.haircuts_by_class is not None
    assert set(policy.haircuts_by_class.rows()) == set(broker.haircuts_by_class.rows())
    moving = policy.moving_lines
    assert replace(policy, name="bay", haircuts_by_class=None, unpublished=()) == replace(
        broker, haircuts_by_class=None, unpublished=(), moving_lines=moving
    )
    assert moving == MovingLines(
        20_000,
        (
            MovingRow(4_000, Lines(warning_bp=15_000, liquidation_bp=13_000), 31_000),
            MovingRow(10_000, Lines(warning_bp=16_500, liquidation_bp=14_500), 32_000),
        ),
        measured_at=time(16, 0),
    )


def test_each_line_is_the_highest_of_the_three_layers(signed: Signed) -> None:
    policy = policy_of(signed({"lines": "{withdrawal: 330%, warning: 160%, call: 140%}"}))
    assert policy.withdrawal_line_bp == 33_000  # exchanges 300, Bay 310, contract 330
    assert policy.lines == Lines(warning_bp=16_000, call_bp=14_000, liquidation_bp=13_000)
    assert policy.moving_lines is not None
    low, high = policy.moving_lines.rows
    assert low.lines == Lines(warning_bp=16_000, call_bp=14_000, liquidation_bp=13_000)
    # Bay's 165 and 145 are above the contract's 160 and 140; the call line would lie under the liquidation line of 145
    assert high.lines == Lines(warning_bp=16_500, call_bp=14_500, liquidation_bp=14_500)
    assert (low.withdrawal_line_bp, high.withdrawal_line_bp) == (33_000, 33_000)


def test_the_contracts_rows_cut_the_brokers_where_they_change(signed: Signed) -> None:
    own = """
      measured_at: 16:00
      ratio_at_most: 220%
      basis: gross
      lines:
        - {dual_board_share: x <= 20%, liquidation: 130%, warning: 150%, withdrawal: 310%}
        - {dual_board_share: 20% < x <= 40%, liquidation: 140%, warning: 150%, withdrawal: 310%}
        - {dual_board_share: x > 40%, liquidation: 145%, warning: 170%, withdrawal: 320%}"""
    moving = policy_of(signed({"moving_lines": own})).moving_lines
    assert moving is not None
    assert (moving.wake_bp, moving.basis) == (22_000, ShareBasis.GROSS)
    assert [(row.upper_share_bp, row.lines.warning_bp, row.lines.liquidation_bp) for row in moving.rows] == [
        (2_000, 15_000, 13_000),
        (4_000, 15_000, 14_000),
        (10_000, 17_000, 14_500),
    ]


def test_words_and_targets_are_the_tighter_ones(signed: Signed) -> None:
    policy = policy_of(
        signed(
            {
                "loss_netting": "contract",
                "existing_contracts": "keep",
                "interest": "{days_of_year: 360, overdue_per_day: 0.05%}",
                "deadlines": "[{line: [liquidation, call], within: 1 trading day, restore_to: 150%}]",
                "ratio_method": "{method: coefficients, star: 80%, chinext: 95%}",
            }
        )
    )
    assert policy.loss_netting is LossNetting.CONTRACT
    assert not policy.margin_ratios.applied_to_existing
    assert policy.interest == Interest(basis_days=360, overdue_ppm_a_day=500)
    assert policy.restore_targets_bp == {"liquidation": 15_000, "call": 15_000}
    assert policy.ratio_method is RatioMethod.COEFFICIENT
    assert policy.board_coefficients_bp == {Board.STAR: 8_000, Board.CHINEXT: 9_500}
    assert policy.cites["loss_netting"] == "broker.bay.loss_netting, client.lin.loss_netting"


DAY = MarketDay(
    SESSION,
    pl.DataFrame(
        {
            "security": ["600000.SH", "600001.SH", "510300.SH"],
            "board": ["main", "main", "fund"],
            "class": ["index_share", "other_share", "etf"],
            "price_milli": [10_000, 10_000, 4_000],
            "haircut_cap_bp": [7_000, 6_500, 9_000],
        }
    ),
)
LISTED = pl.Series(["600000.SH", "600001.SH", "510300.SH"])
CONTRACT_HAIRCUTS = """
      - {security_class: [index_share, other_share], haircut: 50%}
      - {security_class: etf, haircut: 85%}
      - {security_class: [cash_product, money_fund, treasury_bond], haircut: 0%}
      - {security_class: [other_fund, other_bond, high_pe_share, risk_warned, delisting, warrant], haircut: 0%}"""


def test_a_haircut_is_the_lowest_of_cap_broker_and_contract(signed: Signed) -> None:
    policy = policy_of(signed({"haircuts": CONTRACT_HAIRCUTS}))
    # caps 70, 65, 90; Bay 60, 60, 85; the contract 50, 50, 85
    assert terms_of([policy], DAY, LISTED).haircut_bp.tolist() == [5_000, 5_000, 8_500]


def test_a_brokers_list_does_not_go_beyond_the_contract(signed: Signed) -> None:
    listed = pl.DataFrame({"security": ["600000.SH", "600001.SH"], "haircut_bp": [6_800, 4_000]})
    policy = policy_of(signed({"haircuts": CONTRACT_HAIRCUTS}), haircuts={"bay": listed})
    # the list has 68, 40 and no fund; the contract has 50, 50 and 85
    assert terms_of([policy], DAY, LISTED).haircut_bp.tolist() == [5_000, 4_000, 0]


def limits_of(policy: Policy, assets: int, debt: int) -> list[int]:
    """Return the limits of the listed securities for an individual of these assets and debts."""
    limits = concentration_terms([policy], DAY, LISTED).limits
    row = limit_row.py_func(limits, 0, 0, assets, debt, 0)  # type: ignore[attr-defined]
    return [int(limits.limit_bp[row, slot]) for slot in limits.slot]


def test_the_limits_of_broker_and_contract_both_bind(signed: Signed) -> None:
    policy = policy_of(
        signed(
            {
                "concentration_limits": """
      - {scope: security, maintenance_ratio: x <= 150%, limit: 15%}
      - {scope: security, maintenance_ratio: x > 150%, limit: 40%}
      - {scope: [class, board], limit: no limit}""",
                "concentration_overrides": "[{security: 600001.SH, maintenance_ratio: any, limit: 30%}]",
                "concentration_check": CHECK.format("no", "debt", "collateral_buy, roll_over, financing_buy"),
                "over_limit": OVER.format("20%", "150 times", "yes"),
            }
        )
    )
    # 600000: Bay's override of 20 % up to 200 %, then its 50 %; the contract 15 % up to 150 %, then 40 %
    # 600001: Bay 50 %; the contract's override 30 %. 510300: Bay 50 %; the contract as for every security
    assert limits_of(policy, 150, 100) == [1_500, 3_000, 1_500]
    assert limits_of(policy, 151, 100) == [2_000, 3_000, 4_000]
    assert limits_of(policy, 200, 100) == [4_000, 3_000, 4_000]
    assert policy.concentration is not None
    assert policy.concentration.check.blocked == {
        Business.COLLATERAL_BUY, Business.ROLL_OVER, Business.FINANCING_BUY
    }  # fmt: skip
    assert policy.concentration.over_limit == OverLimit(2_000, Fraction(150), negative_counts=True)
    assert policy.cites["over_limit"] == "broker.bay.over_limit, client.lin.over_limit"


def test_a_contract_that_only_says_who_is_over_the_limit_tightens_its_brokers_tables(signed: Signed) -> None:
    policy = policy_of(signed({"over_limit": OVER.format("10%", "200 times", "yes")}))
    assert policy.concentration is not None
    assert policy.concentration.over_limit == OverLimit(1_000, Fraction(200), negative_counts=True)
    assert policy.concentration.check.row_by is RowBy.DEBT  # Bay's


def test_the_sooner_deadline_and_the_fuller_sale_win(signed: Signed) -> None:
    policy = policy_of(
        signed(
            {
                "deadlines": "[{line: [call, liquidation], within: 1 trading day, restore_to: 150%}]",
                "liquidation": BAY["liquidation"],
            }
        )
    )
    # Bay: liquidation within 2 trading days by 14:00, to 140 %; the contract within 1, to 150 %
    assert [(row.line, row.within_sessions, row.by, row.restore_to_bp) for row in policy.deadlines] == [
        ("call", 1, None, 15_000),
        ("liquidation", 1, None, 15_000),
    ]
    assert policy.deadlines[1].cites == "broker.bay.deadlines, client.lin.deadlines"
    assert policy.liquidation == LiquidationOrder(
        (Step.FREE_CASH, Step.OTHER_COLLATERAL), WithinStep.LARGEST, StopAt.DEBT_REPAID
    )
    assert policy.repayment == (DebtPart.INTEREST, DebtPart.FEES, DebtPart.PRINCIPAL)
    assert not policy.may_cover_with_financed


def ratios_of(policy: Policy, opened: list[date], *, client: str = "individual", kind: str = "financing") -> list[int]:
    """Return the ratio that each of some contracts on one index share bears at the close."""
    account = pl.DataFrame([{"account_id": "A", "policy": policy.name, "client_type": client, "cash_milli": 10**9}])
    contracts = pl.DataFrame(
        [
            {
                "contract_id": f"C{number}",
                "account_id": "A",
                "kind": kind,
                "security": "600000.SH",
                "quantity": 100,
                "amount_milli": 1_000_000,
                "margin_ratio_bp": None,
                "opened": day,
                "due": date(2026, 9, 1),
                "rate_ppm": 0,
                "interest_milli": 0,
            }
            for number, day in enumerate(opened)
        ],
        schema=BOOK_TABLES["contracts"].schema,
    )
    positions = pl.DataFrame([{"account_id": "A", "security": "600000.SH", "quantity": 10_000}])
    book = Book.of(account, positions, contracts, session=SESSION, source="test")
    marks = mark(book, DAY, PolicySet.of(policy))
    assert marks.problems.is_empty()
    by_day = dict(zip(book.layout.opened.tolist(), marks.ratio_bp.tolist(), strict=True))
    return [by_day[day] for day in opened]


def test_a_contract_binds_from_its_day_on_and_what_was_opened_before_keeps_the_brokers_ratio(signed: Signed) -> None:
    rulebook = signed(
        {
            "financing_ratios": {"2026-02-02": '[{ratio: "max(1.8 - haircut, 1.15)"}]'},
            "lines": {"2026-02-02": "{liquidation: 135%}", "2026-03-02": "{liquidation: 140%}"},
        }
    )
    # the haircut is Bay's 60 %: 1.7 − 0.6 = 110 % before the contract, 1.8 − 0.6 = 120 % from 2 February on
    assert ratios_of(policy_of(rulebook), [date(2026, 1, 30), date(2026, 2, 2)]) == [11_000, 12_000]
    for session, line in ((date(2026, 1, 30), 13_000), (date(2026, 2, 2), 13_500), (date(2026, 3, 2), 14_000)):
        assert policy_of(rulebook, session).lines.liquidation_bp == line


def test_a_ratio_that_was_not_known_yet_is_not_asked(signed: Signed) -> None:
    # Bay's notice was announced on 2018-01-05
    rulebook = signed({"financing_ratios": '[{ratio: "max(1.8 - haircut, 1.15)"}]'})
    early, late = (
        PolicySet.load("lin", session=SESSION, rulebook=rulebook, known_at=day)["lin"].margin_ratios.own
        for day in (date(2018, 1, 4), date(2018, 1, 5))
    )
    assert (len(early), len(late)) == (0, 2)


def test_a_private_funds_contract_has_the_exchanges_exception_under_it(signed: Signed) -> None:
    policy = policy_of(signed({"short_ratios": '[{ratio: "max(1.6 - haircut, 1.25)"}]'}, type_="private_fund"))
    opened = [date(2024, 7, 19), date(2024, 7, 22)]
    # 1.6 − 0.6 = 100 %, so 125 % on both days; the exchanges' 100 % and 120 % stand under it
    assert ratios_of(policy, opened, client="private_fund", kind="short") == [12_500, 12_500]


LOOSER: list[tuple[dict[str, str], str | None, str]] = [
    ({"lines": "{warning: 149.99%}"}, None, r"warning 149\.99% .*the 150% that broker\.bay\.lines"),
    ({"lines": "{withdrawal: 305%}"}, None, r"withdrawal 305% .*the 310% that broker\.bay\.lines"),
    ({"lines": "{withdrawal: 295%}"}, None, r"295% .*floor of 300% that exchange\.maintenance\.withdrawal_line"),
    ({"financing_ratios": '[{ratio: "max(1.6 - haircut, 1.2)"}]'}, None, r"broker\.bay\.financing_ratios"),
    ({"short_ratios": "[{ratio: 110%}]"}, "private_fund", r"110% .*floor of 120% that exchange\.short\.margin_ratio"),
    ({"haircuts": CONTRACT_HAIRCUTS.replace("etf, haircut: 85%", "etf, haircut: 86%")}, None, r"haircut 86% .*the 85%"),
    ({"loss_netting": "contract", "existing_contracts": "apply", "concentration_limits":
      "[{scope: security, limit: 60%}, {scope: [class, board], limit: no limit}]"}, None, r"limit 60% .*the 50%"),
    ({"concentration_overrides": "[{security: 600000.SH, maintenance_ratio: x < 150%, limit: 21%}]"}, None, "21%"),
    ({"concentration_check": CHECK.format("yes", "debt", "collateral_buy, roll_over")}, None, "without_debt yes"),
    ({"concentration_check": CHECK.format("no", "larger", "collateral_buy, roll_over")}, None, "neither tighter nor"),
    ({"concentration_check": CHECK.format("no", "debt", "collateral_buy, short_sale")}, None, "blocked collateral buy"),
    ({"over_limit": OVER.format("21%", "200 times", "yes")}, None, r"collateral_share 21% .*the 20%"),
    ({"over_limit": OVER.format("20%", "201 times", "yes")}, None, r"static_pe 201.* .*the 200"),
    ({"over_limit": OVER.format("20%", "200 times", "no")}, None, "negative_counts no"),
    ({"liquidation": BAY["liquidation"].replace("debt_repaid", "restore_target")}, None, "stop_at the restore target"),
    ({"liquidation": BAY["liquidation"].replace("largest", "most_liquid")}, None, "neither tighter nor looser"),
    ({"repayment": "[principal, interest, fees]"}, None, "neither tighter nor looser"),
    ({"short_cover": "yes"}, None, "says allowed .*the forbidden"),
    ({"deadlines": "[{line: liquidation, within: 2 trading days, by: 14:30}]"}, None, r"by 14:30 .*the 14:00"),
    ({"deadlines": "[{line: liquidation, within: 3 trading days, restore_to: 140%}]"}, None, "within 3 trading days"),
    ({"deadlines": "[{line: liquidation, within: 2 days, restore_to: 140%}]"}, None, "within 2 days"),
    ({"deadlines": "[{line: liquidation, restore_to: 135%}]"}, None, "restore_to 135% .*the 140%"),
    ({"interest": "{overdue_per_day: 0.02%}"}, None, r"overdue_per_day 0\.02% .*the 0\.03%"),
    ({"ratio_method": "{method: exchange}"}, None, "method exchange.* .*the board coefficients"),
    ({"ratio_method": "{method: coefficients, star: 91%}"}, None, "star 91% .*the 90%"),
    ({"moving_lines": BAY["moving_lines"].replace("16:00", "15:00")}, None, "neither tighter nor looser"),
    ({"moving_lines": BAY["moving_lines"].replace("liquidation: 145%", "liquidation: 144%")}, None, "144% .*the 145%"),
]  # fmt: skip


@pytest.mark.parametrize(("terms", "type_", "message"), LOOSER)
def test_a_looser_contract_is_refused_naming_both_documents(
    signed: Signed, terms: dict[str, str], type_: str | None, message: str
) -> None:
    with pytest.raises(LoosenedRuleError, match=message) as refused:
        signed(terms, type_=type_)
    said = str(refused.value)
    assert "(Bay Securities: Contract, 2018-01-05)" in said
    assert "(Bay Securities: Notice, 2018-01-05" in said or "Exchange" in said
    assert said.count(".yaml:") == 2  # where each of them stands


def test_the_same_short_ratio_is_enough_for_others_than_private_funds(signed: Signed) -> None:
    assert "client.lin.short_ratios" in signed({"short_ratios": "[{ratio: 110%}]"}, type_="product").rules


def test_a_contract_is_bound_by_a_term_of_its_broker_that_came_later(signed: Signed) -> None:
    # the contract is three days older than the notice, and still stands when the notice takes force
    with pytest.raises(LoosenedRuleError, match=r"the 150% that broker\.bay\.lines has from 2018-01-08"):
        signed({"lines": {"2018-01-05": "{warning: 140%}"}})


def test_a_contract_that_ended_before_the_broker_tightened_is_no_fault(signed: Signed) -> None:
    rulebook = signed({"lines": {"2018-01-05": "{warning: 140%}", "2018-01-08": "{warning: 155%}"}})
    assert policy_of(rulebook).lines.warning_bp == 15_500


def test_an_unknown_contract_names_a_near_one(signed: Signed) -> None:
    rulebook = signed({})
    with pytest.raises(UsageError, match="Did you mean 'lin'"):
        rulebook.client("linn")
    assert set(PolicySet.load(session=SESSION, rulebook=rulebook)) == {*rulebook.brokers, "lin"}


GOLDEN = """
- case: A fund at 134 % is sold out under its contract and only warned by the broker's own lines
  why: The contract's liquidation line is 135 %, Bay's is 130 %; both warn under 150 %.
  session: 2026-04-01
  source: hand
  policy: {policy}
  market: {{600000.SH: {{close: 10.00, class: index_share}}}}
  account:
    cash: 0
    client: private_fund
    positions: {{600000.SH: 13_400}}
    financing: [{{security: 600000.SH, quantity: 10_000, amount: 100_000, opened: 2026-03-02}}]
  expect:
    maintenance_ratio: 134_000 / 100_000
    state: {state}
"""


@pytest.mark.parametrize(("policy", "state"), [("lin", "liquidation"), ("bay", "warning")])
def test_a_golden_case_can_name_a_contract(signed: Signed, tmp_path: Path, policy: str, state: str) -> None:
    rulebook = signed({"lines": "{liquidation: 135%}"}, type_="private_fund")
    cases = tmp_path / "cases.yaml"
    cases.write_text(GOLDEN.format(policy=policy, state=state), "utf-8")
    outcomes = run_mark_cases(read_mark_cases(cases, rulebook=rulebook))
    assert len(outcomes) == 2
    assert [str(outcome) for outcome in outcomes if not outcome.passed] == []
