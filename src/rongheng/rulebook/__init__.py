"""What the documents say, by date: rules with their values, dates, documents and how sure each is.

>>> from rongheng.rulebook import Rulebook
>>> reading = Rulebook.load().rule("exchange.financing.margin_ratio").on("2026-01-16")
>>> reading.bp, reading.citations[0].document.number
(8000, '上证发〔2023〕140号')
"""

from rongheng.rulebook.reading import Reading
from rongheng.rulebook.rule import Rule
from rongheng.rulebook.rulebook import Rulebook

__all__ = ["Reading", "Rule", "Rulebook"]
