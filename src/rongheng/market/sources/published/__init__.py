"""The figures that published research reports print, as data of the package.

What lives here: the figures (``*.csv``, as printed), the register of their reports (``reports.yaml``) and the reader.
What does not: any judgement about them (``market.reproduction``) and any market that passes through them
(``market.sources.simulated``).
"""

from rongheng.market.sources.published.reader import published_figures
from rongheng.market.sources.published.register import Entry, File, Report, reports

__all__ = ["Entry", "File", "Report", "published_figures", "reports"]
