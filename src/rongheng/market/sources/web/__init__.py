"""Publishers on the network: one module each, a polite client, and every answer kept as it came."""

from rongheng.market.sources.web.client import Client, Clock, Manners
from rongheng.market.sources.web.datasets import Dataset, Feed, dataset, datasets
from rongheng.market.sources.web.raw import COMPARED, GOOD, Kept, RawStore
from rongheng.market.sources.web.source import Answer, Ask, Description, Fetcher, Request, Source, facts_of

__all__ = [
    "COMPARED",
    "GOOD",
    "Answer",
    "Ask",
    "Client",
    "Clock",
    "Dataset",
    "Description",
    "Feed",
    "Fetcher",
    "Kept",
    "Manners",
    "RawStore",
    "Request",
    "Source",
    "dataset",
    "datasets",
    "facts_of",
]
