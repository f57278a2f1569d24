"""Open libraries as a second opinion (AKShare, Tushare): asked only where a user names one, behind the same checks.

Nothing here is imported with the package, and neither library is one of our dependencies.
"""

from rongheng.market.sources.libraries.call import Call
from rongheng.market.sources.libraries.calls import LIBRARIES, calls_of, with_libraries
from rongheng.market.sources.libraries.fetcher import LibraryFetcher

__all__ = ["LIBRARIES", "Call", "LibraryFetcher", "calls_of", "with_libraries"]
