"""Folders of daily bars in the binary form of the research platform qlib: one file of floats for each field of a code.

The form is ``calendars/day.txt`` (sessions), ``features/CODE/FIELD.day.bin`` (32-bit floats, of which the first is the
place in the calendar where the series begins) and ``instruments/NAME.txt`` (code, first and last day).
"""

from rongheng.market.sources.qlib.read import is_qlib, read_qlib

__all__ = ["is_qlib", "read_qlib"]
