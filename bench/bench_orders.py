"""Checks before an order goes out: one order warm, and a million orders against a book of a million accounts.

A million orders stand for the orders that one large broker's credit accounts place in a busy session. Bars: one order
under 100 µs with everything warm, a million in a batch within 2 s on two threads.

The peer is a Polars expression over the same columns, doing the checks that a table can do without looking into an
account: the day's lists, lots, ticks, price limits, permissions, the credit line, and the available margin of financing
buys. It gives no largest quantity, and its answers are compared with ours before any time counts.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from bench.measure import Timing, timed
from rongheng.account.book import tables_of
from rongheng.account.marks import Marks, mark
from rongheng.account.orders import Answers, Business, Check, Gate, Order, check_frame, check_order, open_gate
from rongheng.account.orders.checks import mask_of
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.account_tables import ORDERS
from rongheng.basics.market_day import MarketDay

ACCOUNTS = 1_000_000
ORDER_COUNT = 1_000_000
SESSION = date(2026, 3, 2)
POLICY = "illustrative"
# What the peer can decide; everything else needs the account's positions, contracts or pending orders.
PEERS = (Check.UNDERLYING, Check.SUSPENDED, Check.LOT, Check.TICK, Check.PRICE_LIMIT, Check.CREDIT_LINE, Check.MARGIN)


def main() -> None:
    """Print times and ratios."""
    day = make_day(SESSION)
    marks = mark(make_book(Recipe(ACCOUNTS, seed=1, policy=POLICY), day), day, PolicySet.load(POLICY, session=SESSION))
    gate = open_gate(marks)
    orders = make_orders(marks, day)
    print(
        f"{marks.book.layout.n_accounts:,} accounts, {gate.waiting_in.starts[-1]:,} pending, {orders.height:,} orders"
    )
    one_by_one(gate, orders)
    two = timed("a million orders, 2 threads", lambda: check_frame(gate, orders, threads=2), runs=3)
    one = timed("a million orders, 1 thread", lambda: check_frame(gate, orders, threads=1), runs=3)
    print(two.line())
    print(one.line(two))
    against_polars(gate, day, orders, two)
    print(timed("the gate opened", lambda: open_gate(marks), runs=3).line(two))
    print(check_frame(gate, orders).counts().head(8))


def make_orders(marks: Marks, day: MarketDay) -> pl.DataFrame:
    """Return orders of every kind: buys of any security, sales of what is held, withdrawals."""
    random = np.random.default_rng(7)
    layout, names = marks.book.layout, day.securities["security"]
    row = random.integers(0, layout.n_accounts, ORDER_COUNT)
    kinds = [Business.FINANCING_BUY, Business.COLLATERAL_BUY, Business.COLLATERAL_SALE, Business.SHORT_SALE]
    kinds += [Business.WITHDRAWAL, Business.TRANSFER_OUT]
    kind = random.choice(len(kinds), ORDER_COUNT, p=[0.45, 0.2, 0.2, 0.05, 0.05, 0.05])
    held = layout.code[np.minimum(layout.starts[row], layout.n_positions - 1)].astype(np.int64)
    code = np.where(kind >= 2, held, random.integers(0, len(names), ORDER_COUNT))
    price = day.securities["price_milli"].to_numpy()[code] + random.choice([0, 10, -10, 5], ORDER_COUNT)
    quantity = random.integers(1, 60, ORDER_COUNT) * 100 + random.choice([0, 0, 0, 1], ORDER_COUNT)
    return pl.DataFrame(
        {
            "order_id": pl.int_range(ORDER_COUNT, eager=True).cast(pl.String()),
            "account_id": marks.book.accounts["account_id"][row],
            "business": pl.Series([one.value for one in kinds]).gather(kind).cast(ORDERS.schema["business"]),
            "security": names.gather(code),
            "quantity": quantity,
            "price_milli": np.maximum(price, 10),
            "amount_milli": random.integers(1, 10**8, ORDER_COUNT),
        }
    )


def one_by_one(gate: Gate, orders: pl.DataFrame) -> None:
    """Print what one order takes, with its verdict alone and with every rule that speaks."""
    names = ("account_id", "business", "security", "quantity", "price_milli", "amount_milli")
    rows = orders.head(2_000).select(names).iter_rows(named=True)
    some = [Order(**(row | {"business": Business(row["business"])})) for row in rows]
    check_order(gate, some[0])
    alone = timed("2,000 orders, one by one", lambda: [check_order(gate, one) for one in some])
    lines = timed("2,000 orders, with every line", lambda: [check_order(gate, one).lines for one in some])
    print(alone.line(), f" {alone.median / len(some) * 1e6:.1f} µs each")
    print(lines.line(alone), f" {lines.median / len(some) * 1e6:.1f} µs each")


def against_polars(gate: Gate, day: MarketDay, orders: pl.DataFrame, ours: Timing) -> None:
    """Print the peer's time on the financing buys, once its answers are ours."""
    buys = orders.filter(pl.col("business") == Business.FINANCING_BUY.value)
    columns = _columns_for_peer(gate, day)
    _same(check_frame(gate, buys), polars_checks(buys, *columns))
    mine = timed("financing buys", lambda: check_frame(gate, buys), runs=3)
    peer = timed("financing buys, Polars, seven checks", lambda: polars_checks(buys, *columns), runs=3)
    print(mine.line(ours))
    print(peer.line(mine))


def _columns_for_peer(gate: Gate, day: MarketDay) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what the peer joins: securities with their lots and ratios, accounts with margin and credit left."""
    terms, dark = gate.terms_in, gate.day
    count = len(dark.names)
    securities = pl.DataFrame(
        {
            "security": dark.names,
            "tick": dark.tick[:count],
            "lot": dark.lot[:count],
            "step": dark.step[:count],
            "fee": dark.fee_ppm[:count],
            **{f"ratio_{client}": terms.ratio[0].reshape(terms.n_clients, -1)[client, :count] for client in range(4)},
        }
    ).join(day.securities.select("security", "financing_allowed", "suspended", *_LIMITS), on="security")
    book = gate.marks.book
    frame = gate.marks.frame().select("account_id", "available_margin_milli", "financing_debt_milli")
    accounts = (
        tables_of(book)["accounts"]
        .select("account_id", "client_type", "credit_limit_milli")
        .join(frame, on="account_id")
    )
    owner, short = book.layout.contract_owner(), book.layout.is_short
    proceeds = np.bincount(
        owner, weights=np.where(short, book.layout.amount_milli, 0), minlength=book.layout.n_accounts
    )
    used = pl.DataFrame({"account_id": book.accounts["account_id"], "proceeds": proceeds.astype(np.int64)})
    return securities, accounts.join(used, on="account_id")


_LIMITS = ("high_limit_milli", "low_limit_milli")


def polars_checks(orders: pl.DataFrame, securities: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Return which of its checks refuse each order."""
    amount = pl.col("quantity") * pl.col("price_milli")
    paid = amount + (amount * pl.col("fee") + 999_999) // 1_000_000
    client = pl.col("client_type").to_physical()
    ratio = pl.coalesce(pl.when(client == number).then(f"ratio_{number}") for number in range(4))
    price, margin = pl.col("price_milli"), pl.col("available_margin_milli")
    used = pl.col("financing_debt_milli") + pl.col("proceeds")
    checks = {
        Check.UNDERLYING: ~pl.col("financing_allowed"),
        Check.SUSPENDED: pl.col("suspended"),
        Check.LOT: (pl.col("quantity") < pl.col("lot")) | ((pl.col("quantity") - pl.col("lot")) % pl.col("step") != 0),
        Check.TICK: price % pl.col("tick") != 0,
        Check.PRICE_LIMIT: (price > pl.col("high_limit_milli")) | (price < pl.col("low_limit_milli")),
        Check.CREDIT_LINE: used + paid > pl.col("credit_limit_milli"),
        Check.MARGIN: paid * ratio > margin * 10_000,
    }
    return (
        orders.lazy()
        .join(securities.lazy(), on="security", how="left", maintain_order="left")
        .join(accounts.lazy(), on="account_id", how="left", maintain_order="left")
        .select(pl.sum_horizontal(one.fill_null(False).cast(pl.Int64) * (1 << check) for check, one in checks.items()))
        .collect()
    )


def _same(ours: Answers, theirs: pl.DataFrame) -> None:
    mask = mask_of(PEERS)
    mine = ours.frame["refused_by"].to_numpy() & mask
    assert np.array_equal(mine, theirs.to_series().to_numpy() & mask), "the peer answers otherwise"
