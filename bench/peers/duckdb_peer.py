"""The mark in DuckDB: joins and sums in SQL over Arrow columns. No falls, no sales that cure, no
securities that may leave, no breaches.
"""

from __future__ import annotations

import duckdb
import numpy as np
import polars as pl

from bench.peers.work import BOARDS, COLUMNS, LIMITED, LIQUIDATION, NO_CODE, PARTS, WARNING, Work
from rongheng.basics.account_tables import GROUPS


class DuckDB:
    """A connection that holds the work as tables, as a warehouse would."""

    def __init__(self, work: Work, *, threads: int = 2) -> None:
        self.work = work
        self.connection = duckdb.connect(config={"threads": threads})
        # DuckDB cuts quotients towards zero; ours are rounded down
        self.connection.execute("create macro fdiv_(a, b) as a // b - (case when a % b < 0 then 1 else 0 end)")
        frames = {
            "positions": pl.DataFrame({"account": work.owner, "code": work.code, "quantity": work.quantity}),
            "accounts": pl.DataFrame(
                {
                    "account": np.arange(len(work.cash), dtype=np.uint32),
                    "cash": work.cash,
                    "frozen": work.frozen,
                    "other": work.other_collateral,
                    "other_debt": work.other_debt,
                }
            ),
            "contracts": pl.DataFrame(
                {
                    "account": work.contract_owner,
                    "is_short": work.is_short,
                    "code": work.contract_code,
                    "quantity": work.contract_quantity,
                    "amount": work.amount,
                    "margin_ratio": work.ratio,
                    "interest": work.interest,
                }
            ),
            "securities": pl.DataFrame(
                {
                    "code": np.arange(len(work.price), dtype=np.uint16),
                    "price": work.price,
                    "haircut": work.haircut,
                    "grp": work.group,
                    "board": work.board,
                }
            ),
        }
        for name, frame in frames.items():
            self.connection.register("given", frame.to_arrow())
            self.connection.execute(f"create table {name} as select * from given")
            self.connection.unregister("given")

    def assets(self) -> pl.DataFrame:
        """Return assets alone."""
        return self._ask(
            "select cash + other + coalesce(s, 0)::bigint as assets from accounts left join "
            "(select account, sum(quantity::bigint * price) as s from positions join securities using (code) "
            "group by account) using (account) order by account"
        )

    def everything(self) -> pl.DataFrame:
        """Return the columns of the mark for every account."""
        return self._ask(self._sql())

    def _ask(self, sql: str) -> pl.DataFrame:
        return pl.DataFrame(self.connection.sql(sql).to_arrow_table())

    def _sql(self) -> str:
        work = self.work
        groups = ", ".join(
            f"sum(case when grp = {place} then value else 0 end) as group_{name}" for place, name in enumerate(GROUPS)
        )
        boards = ", ".join(
            f"sum(case when board = {BOARDS.index(name)} then value else 0 end) as board_{name}" for name in LIMITED
        )
        dual = f"({BOARDS.index('star')}, {BOARDS.index('chinext')})"
        owns = ", ".join(f"coalesce({name}, 0)::bigint as {name}" for name in PARTS[:-2])
        shares = ", ".join(
            f"case when assets > 0 then -fdiv_(-{name} * 10000, assets) else 0 end as share_{name}" for name in PARTS
        )
        return f"""
        with held as (
          select account, sum(value) as securities, sum(value * haircut) as counted, {groups}, {boards},
                 max(value * 65536 + 65535 - code) as first_of_largest  -- of equal values the smallest code
          from (select account, code::bigint as code, quantity::bigint * price as value, haircut, grp, board
                from positions join securities using (code))
          group by account),
        owed as (
          select account, sum(case when is_short then 0 else amount end) as financing,
                 sum(case when is_short then value else 0 end) as short,
                 sum(case when is_short then amount else 0 end) as proceeds, sum(interest) as interest,
                 sum(case when profit > 0 then profit * haircut else profit * 10000 end
                     - (case when is_short then value else amount end) * margin_ratio
                     - (case when is_short then amount * 10000 else value * haircut end)) as change,
                 sum(case when is_short and board in {dual} then value else 0 end) as dual_short
          from (select *, case when is_short then amount - value else value - amount end as profit
                from (select c.account, is_short, amount, margin_ratio, interest, haircut, board,
                             quantity * price as value from contracts c join securities using (code)))
          group by account),
        summed as (
          select account, cash, frozen, other_debt, coalesce(securities, 0)::bigint as securities,
                 coalesce(counted, 0)::bigint as counted, {owns},
                 coalesce(first_of_largest // 65536, 0)::bigint as largest,
                 coalesce(65535 - first_of_largest % 65536, {NO_CODE})::bigint as largest_security,
                 coalesce(financing, 0)::bigint as financing, coalesce(short, 0)::bigint as short,
                 coalesce(proceeds, 0)::bigint as proceeds, coalesce(interest, 0)::bigint as interest,
                 coalesce(change, 0)::bigint as change, cash + other + coalesce(securities, 0)::bigint as assets,
                 greatest(coalesce(board_star + board_chinext, 0) - coalesce(dual_short, 0), 0)::bigint as dual
          from accounts left join held using (account) left join owed using (account)),
        judged as (
          select *, financing + short + interest + other_debt as debt,
                 fdiv_(cash * 10000 + counted + change - (interest + other_debt) * 10000, 10000) as margin
          from summed),
        placed as (select *, {self._row()} as row from judged),
        lined as (select *, {_line(work, WARNING)} as warning, {_line(work, LIQUIDATION)} as liquidation from placed),
        done as (
          select *, case when debt > 0 then fdiv_(assets * 10000, debt) else 0 end as ratio,
                 greatest(least(margin, cash - proceeds - frozen,
                   case when debt > 0 then fdiv_(assets * 10000 - {work.withdrawal} * debt, 10000) else margin end),
                   0) as withdrawable,
                 case when debt = 0 then 0 when assets * 10000 < debt * liquidation then {3 + LIQUIDATION}
                      when assets * 10000 < debt * warning then {3 + WARNING}
                      when assets * 10000 > debt * {work.withdrawal} then 1 else 2 end as state,
                 greatest(-fdiv_(assets * 10000 - warning * debt, 10000), 0) as cash_to_cure,
                 greatest(-fdiv_(assets * 10000 - warning * debt, warning), 0) as repay_to_cure, {shares},
                 case when debt > 0 and assets > debt then -fdiv_(-assets * 10000, assets - debt) else 0 end as leverage
          from lined)
        select {", ".join(COLUMNS)} from done order by account"""

    def _row(self) -> str:
        work = self.work
        cases = " ".join(
            f"when dual * 10000 <= {int(work.upper_share[row])} * assets then {row}" for row in range(1, work.rows)
        )
        if not work.rows:
            return "0"
        return f"case when debt = 0 or assets * 10000 > {work.wake} * debt then 0 {cases} else {work.rows} end"


def _line(work: Work, line: int) -> str:
    cases = " ".join(f"when {row} then {int(value)}" for row, value in enumerate(work.lines[line]))
    return f"(case row {cases} end)::bigint"
