"""What can be done where a publisher fails: which open library could stand in, and what no second source says.

Nothing is asked here; ``update`` and ``standing`` say it where something that is due is missing.
"""

from __future__ import annotations

from collections.abc import Collection

from rongheng.basics.text import Text
from rongheng.market.sources import web
from rongheng.market.sources.libraries import calls_of


def advice(dataset: web.Dataset, *, parts: Collection[str], named: Collection[str] = ()) -> list[Text]:
    """Return what to do about parts of a dataset that are due and missing.

    Parameters
    ----------
    parts : of the dataset's table, as the first feeds state them
    named : the libraries that were asked already
    """
    could = [call.library for call in calls_of(dataset) if call.stands_in and set(call.states) & set(parts)]
    others = [name for name in dict.fromkeys(could) if name not in named]
    told = []
    if others:
        zh, en = (word.join(f"--library {name}" for name in others) for word in (" 或 ", " or "))
        told.append(Text(f"可加 {zh} 替补", f"{en} could stand in"))
    return [*told, dataset.alone] if dataset.alone is not None else told
