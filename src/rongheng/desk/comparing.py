"""Hold what the lake has of a session against a second publisher, and against what else the lake has.

What differs is said, and nothing of it lands. Who is asked for what is missing lives in ``update``; what counts as
apart lives in ``market.series.agreement``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from rongheng.basics.batch import Batch
from rongheng.basics.errors import DataError, LakeError
from rongheng.basics.tables import ACCOUNT_DAILY, ETF_INDEX_MAP, EXCHANGE_DAYS, MARKET_DAILY, SECURITY_MARGIN
from rongheng.basics.text import Text
from rongheng.desk.missing import good_since
from rongheng.desk.trouble import Trouble
from rongheng.market.series import agreement
from rongheng.market.sources import web
from rongheng.market.sources.web.funds import core_funds
from rongheng.market.store import Lake


def compare(
    dataset: web.Dataset,
    feed: web.Feed,
    session: date,
    *,
    lake: Lake,
    fetcher: web.Fetcher,
    raw: web.RawStore,
    now: datetime,
) -> list[Text]:
    """Ask another publisher for a session and return what differs; a publisher that fails is said, and is no error."""
    source, described = feed.source, feed.source.describe()
    (ask,) = source.locate([session])
    try:
        answers = source.fetch(ask, fetcher)
        batches = source.parse(ask, answers)
    except LakeError:
        raise
    except DataError as error:
        kind = Trouble(described.id, ask.days, error).kind
        return [
            Text(
                f"{session} 未能与{described.label.zh}核对（{kind.zh}）：{error}",
                f"{session} could not be compared with the {described.label.en} ({kind.en}): {error}",
            )
        ]
    table = dataset.table
    pairs = [
        (_ours(dataset, batch, lake=lake), _compared(batch, feed))
        for batch in batches
        if batch.table is table and not batch.facts.is_empty()
    ]
    apart = [
        text
        for ours, theirs in pairs
        for text in agreement.between_publishers(ours, theirs, table=table, who=described.label)
    ]
    raw.note(ask, answers, at=now, outcome=web.COMPARED, apart=apart)
    if any(agreement.figures_of_both(ours, theirs, table=table) for ours, theirs in pairs):
        return apart
    return [*apart, _nothing_to_compare(session, described)]


def _nothing_to_compare(session: date, described: web.Description) -> Text:
    return Text(
        f"{session} {described.label.zh}没有可核对的数字",
        f"{session}: the {described.label.en} has no figure that could be compared",
    )


def _compared(batch: Batch, feed: web.Feed) -> pl.DataFrame:
    """Return what of a batch is compared."""
    return batch.facts.select(*batch.table.identity, *feed.compared) if feed.compared else batch.facts


def _ours(dataset: web.Dataset, batch: Batch, *, lake: Lake) -> pl.DataFrame:
    """Return what the lake has of the days of a batch; of what holds until it is said anew, what holds on that day.

    A list holds so, and a figure does not: a weight is of its day.
    """
    days = batch.facts["as_of"].unique().sort().to_list()
    table, described = dataset.table, dataset.first[0].source.describe()
    if not described.is_current or len(days) > 1 or _has_measured(batch):
        return lake.read(table, first=days[0], last=days[-1])
    rows = lake.read(table, first=good_since(described, days[0]), last=days[0]).with_columns(table.part)
    newest = rows.filter(pl.col("as_of") == pl.col("as_of").max().over("part")).drop("part")
    return newest.with_columns(pl.lit(days[0]).alias("as_of"))


def _has_measured(batch: Batch) -> bool:
    return any(agreement.is_measured(batch.table, name) for name in batch.stated)


def disagreement(dataset: web.Dataset, session: date, *, lake: Lake) -> Sequence[Text]:
    """Return what of the newest session of a dataset does not agree with what else the lake has."""
    table = dataset.table
    if table is ACCOUNT_DAILY:
        return agreement.of_accounts(lake, session)
    if table is MARKET_DAILY:
        return agreement.of_turnover(lake, session)
    if table is SECURITY_MARGIN:
        return agreement.of_details(lake, session)
    if table is ETF_INDEX_MAP:
        return agreement.of_tracked(lake, {fund.code: fund.index_code for fund in core_funds()})
    return agreement.of_calendar(lake) if table is EXCHANGE_DAYS else []
