"""Months of a desk: no money appears or vanishes; every called account ends cured, sold out or open with a date."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from rongheng.account.calls import Kind, State, moment
from rongheng.account.calls.events import LEADS_TO, Status
from rongheng.desk.ledger import Ledger
from tests.desk.simulation import Day, Desk


def check_money(day: Day) -> None:
    """Between two books every milli-yuan is a payment; in a filled plan it is a sale, a repayment or a charge."""
    paid = pl.read_parquet(day.closed.dossier / "book" / "payments_report.parquet").sum().row(0, named=True)
    came = {name: paid[name] or 0 for name in ("cash_milli", "repay_milli", "collateral_milli", "beyond_debt_milli")}
    repaid = came["repay_milli"] - came["beyond_debt_milli"]
    assert day.marked.cash == day.before.cash + came["cash_milli"] + came["beyond_debt_milli"]
    assert day.marked.collateral == day.before.collateral + came["collateral_milli"]
    assert day.marked.owed == day.before.owed - repaid
    assert day.marked.shares == day.before.shares
    sold, costs = (int(day.orders[name].sum()) for name in ("amount_milli", "costs_milli"))
    assert day.after.cash - day.after.owed == day.marked.cash - day.marked.owed + sold - costs
    assert day.after.shares == day.marked.shares - int(day.orders["quantity"].sum())
    assert day.after.collateral == day.marked.collateral


def check_calls(ledger: Ledger, day: Day) -> None:
    """Whatever was asked is over, or may be sold and is planned or said why not, or is open with a day to come."""
    with ledger.reading() as now:
        state = now.state_after(now.head().number)
        asked = now.history(kinds=[Kind.CALLED, Kind.MATURES])
        told = now.history()
    check_ended(told, state, asked)
    plan = day.closed.dossier / "plan"
    planned = pl.concat(
        [pl.read_parquet(plan / f"{name}.parquet").select("account_id") for name in ("outcomes", "not_planned")]
    )
    lapsed = state.demands.filter(status=Status.LAPSED.value)
    assert set(lapsed["account_id"]) == set(planned["account_id"])
    running = state.demands.filter(status=Status.OPEN.value)
    assert running["due"].null_count() == 0
    assert (running["due"] > moment(day.session)).all()


def check_ended(told: pl.DataFrame, state: State, asked: pl.DataFrame) -> None:
    """A demand that is not among those that stand has an event that ended it, and only one."""
    ends = [kind.value for kind, status in LEADS_TO.items() if status is Status.ENDED]
    over = told.filter(pl.col("kind").is_in(ends)).group_by("account_id", "demand").len()
    keys = ["account_id", "demand"]
    gone = asked.join(state.demands, on=keys, how="anti").select(keys)
    assert gone.join(over, on=keys, how="anti").is_empty()
    assert gone.join(over, on=keys)["len"].max() in (None, 1)


def live(folder: Path, *, seed: int, sessions: int) -> Desk:
    """Live through so many sessions, holding every day to the laws."""
    desk = Desk(folder, seed)
    last = None
    for day in desk.days(sessions):
        assert last is None or last.after == day.before
        check_money(day)
        check_calls(desk.ledger, day)
        last = day
    desk.ledger.verify()
    check_each_payment_once(desk)
    return desk


def check_each_payment_once(desk: Desk) -> None:
    """What the ledger says was paid came into the books, no milli-yuan twice and none not at all."""
    reports = [pl.read_parquet(path) for path in desk.folder.glob("dossier-*/book/payments_report.parquet")]
    into_books = pl.concat(reports)
    with desk.ledger.reading() as now:
        paid = now.history(kinds=[Kind.PAID])
        runs = [run.moment for run in now.runs()]
    for name in ("cash_milli", "repay_milli", "collateral_milli"):
        assert int(into_books[name].sum()) == int(paid[name].fill_null(0).sum())
    assert len(runs) == len(set(runs)), "each moment was judged once"


def test_three_weeks_keep_the_laws(tmp_path: Path) -> None:
    desk = live(tmp_path, seed=7, sessions=15)
    with desk.ledger.reading() as now:
        kinds = set(now.history()["kind"].cast(pl.String))
    assert {"called", "cured", "lapsed", "paid"} <= kinds, "the weeks are worth looking at"
    assert desk.kills


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_months_keep_the_laws(tmp_path: Path, seed: int) -> None:
    desk = live(tmp_path, seed=seed, sessions=85)
    with desk.ledger.reading() as now:
        kinds = set(now.history()["kind"].cast(pl.String))
    assert {"called", "cured", "lapsed", "restored", "paid", "extended", "matures"} <= kinds
    assert desk.kills > 3
