"""Single values of rules: how each unit is typed, kept and shown.

What lives here: one function that reads and one that shows for each unit. What does not: values of several parts
(``values.py``), tables (``table.py``) and formulas (``formula.py``).

    unit       typed                  kept as
    percent    80%                    int, basis points
    rate       0.05%                  int, parts per million (interest, cost)
    money      500_000 yuan           int, milli-yuan
    shares     100_000_000 shares     int
    count      4_000                  int
    multiple   4 times                Fraction
    duration   6 months               Duration
    time       11:30                  datetime.time, Shanghai
    date       2024-09-30             datetime.date
    switch     yes                    bool
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from fractions import Fraction
from typing import Final

from rongheng.basics.calendar import calendar
from rongheng.basics.text import Text

_NUMBER = r"(?P<number>\d{1,3}(?:_\d{3})+|\d+)(?:\.(?P<decimals>\d+))?"
_PERCENT = re.compile(rf"^(?P<sign>-?){_NUMBER}%$", re.ASCII)
_MONEY = re.compile(rf"^(?P<sign>){_NUMBER} yuan$", re.ASCII)
_SHARES = re.compile(rf"^(?P<sign>){_NUMBER} shares?$", re.ASCII)
_COUNT = re.compile(rf"^(?P<sign>){_NUMBER}$", re.ASCII)
_MULTIPLE = re.compile(rf"^(?P<sign>){_NUMBER} times$", re.ASCII)
_DURATION = re.compile(r"^(?P<count>[0-9]+) (?P<unit>trading day|day|week|month|year)s?$")

BP: Final = 10_000
PPM: Final = 1_000_000
MILLI: Final = 1_000

_SPANS: dict[str, Text] = {
    "trading days": Text("个交易日", "trading days"),
    "days": Text("日", "days"),
    "weeks": Text("周", "weeks"),
    "months": Text("个月", "months"),
    "years": Text("年", "years"),
}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time; ``unit`` is trading days, days, weeks, months or years.

    >>> Duration(6, "months").after(date(2026, 8, 31)), Duration(2, "trading days").after(date(2024, 9, 30))
    (datetime.date(2027, 2, 28), datetime.date(2024, 10, 9))
    """

    count: int
    unit: str

    def after(self, day: date) -> date:
        """Return the day this long after ``day``; a month that is too short ends on its last day."""
        if self.unit == "trading days":
            return calendar().offset(day, self.count)
        if self.unit in ("days", "weeks"):
            return day + timedelta(self.count * (7 if self.unit == "weeks" else 1))
        months = self.count * (12 if self.unit == "years" else 1)
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))

    def show(self) -> Text:
        """Return the length in words."""
        span = _SPANS[self.unit]
        return Text(f"{self.count}{span.zh}", f"{self.count} {span.en if self.count != 1 else span.en.rstrip('s')}")


Scalar = int | Fraction | Duration | time | date


def read_percent(typed: str) -> int:
    """Return basis points; more than two decimals do not fit and are refused.

    >>> read_percent("80%"), read_percent("300%"), read_percent("0.5%")
    (8000, 30000, 50)
    """
    return _scaled(_PERCENT, typed, BP // 100, f"a percentage such as 80%.{_percent_hint(typed)}")


def read_rate(typed: str) -> int:
    """Return parts per million; more than four decimals do not fit and are refused.

    >>> read_rate("0.05%"), read_rate("0.001%")
    (500, 10)
    """
    return _scaled(_PERCENT, typed, PPM // 100, f"a rate such as 0.05%.{_percent_hint(typed)}")


def read_money(typed: str) -> int:
    """Return milli-yuan.

    >>> read_money("500_000 yuan")
    500000000
    """
    return _scaled(_MONEY, typed, MILLI, "money such as '500_000 yuan'.")


def read_shares(typed: str) -> int:
    """Return a whole number of shares."""
    return _scaled(_SHARES, typed, 1, "a whole number of shares such as '100 shares'.")


def read_count(typed: str) -> int:
    """Return a whole number."""
    return _scaled(_COUNT, typed, 1, "a whole number such as 4_000.")


def read_multiple(typed: str) -> Fraction:
    """Return a multiple, exactly.

    >>> read_multiple("1.5 times")
    Fraction(3, 2)
    """
    match = _MULTIPLE.match(typed)
    if match is None:
        raise ValueError(f"found {typed!r}; expected a multiple such as '4 times'.")
    return Fraction(typed.removesuffix(" times").replace("_", ""))


def read_duration(typed: str) -> Duration:
    """Return a length of time.

    >>> read_duration("2 trading days")
    Duration(count=2, unit='trading days')
    """
    match = _DURATION.match(typed)
    if match is None:
        raise ValueError(f"found {typed!r}; expected a duration such as '6 months', '20 days' or '2 trading days'.")
    return Duration(int(match["count"]), match["unit"] + "s")


def read_time(typed: str) -> time:
    """Return a time of the day in Shanghai."""
    if not re.match(r"^[0-9]{2}:[0-9]{2}$", typed):
        raise ValueError(f"found {typed!r}; expected a time such as 11:30 or 09:30.")
    try:
        return time.fromisoformat(typed)
    except ValueError as error:
        raise ValueError(f"found {typed!r}, which is no time of the day; expected 00:00 to 23:59.") from error


def read_date(typed: str) -> date:
    """Return a date."""
    if not re.match(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", typed):
        raise ValueError(f"found {typed!r}; expected a date such as 2026-01-19.")
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise ValueError(f"found {typed!r}, which is no day of the calendar; check the month and the day.") from error


def read_switch(typed: str) -> bool:
    """Return whether the switch is on."""
    if typed not in ("yes", "no"):
        raise ValueError(f"found {typed!r}; expected yes or no.")
    return typed == "yes"


def show_percent(bp: int) -> Text:
    """Return basis points as a percentage."""
    return _alike(f"{_decimal(bp, BP // 100)}%")


def show_rate(ppm: int) -> Text:
    """Return parts per million as a percentage."""
    return _alike(f"{_decimal(ppm, PPM // 100)}%")


def show_money(milli: int) -> Text:
    """Return milli-yuan as yuan; in Chinese round sums are told in 万 and 亿.

    >>> show_money(500_000_000).zh, show_money(500_000_000).en
    ('50万元', '500,000 yuan')
    """
    yuan = _decimal(milli, MILLI, grouped=True)
    whole = _in_wan(milli // MILLI) if milli % MILLI == 0 else yuan
    return Text(f"{whole}元", f"{yuan} yuan")


def show_switch(on: bool) -> Text:
    """Return yes or no."""
    return Text("是", "yes") if on else Text("否", "no")


READERS: dict[str, Callable[[str], Scalar]] = {
    "percent": read_percent,
    "rate": read_rate,
    "money": read_money,
    "shares": read_shares,
    "count": read_count,
    "multiple": read_multiple,
    "duration": read_duration,
    "time": read_time,
    "date": read_date,
    "switch": read_switch,
}


def plain_number(value: object, unit: str) -> int | float | None:
    """Return a number as programs exchange it: shares of one, yuan, counts; ``None`` for what is no single number.

    >>> plain_number(8_000, "percent"), plain_number(500_000_000, "money"), plain_number(Fraction(4), "multiple")
    (0.8, 500000.0, 4.0)
    """
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    scale = {"percent": BP, "rate": PPM, "money": MILLI}.get(unit)
    return value if scale is None else value / scale


def show_scalar(value: Scalar, unit: str) -> Text:
    """Return a value of that unit in words."""
    if isinstance(value, Duration):
        return value.show()
    if isinstance(value, time):
        return _alike(value.strftime("%H:%M"))
    if isinstance(value, date):
        return _alike(value.isoformat())
    if isinstance(value, Fraction):
        shown = _decimal(value.numerator, value.denominator)
        return Text(f"{shown}倍", f"{shown} times")
    return _show_int(value, unit)


def _show_int(value: int, unit: str) -> Text:
    match unit:
        case "percent":
            return show_percent(value)
        case "rate":
            return show_rate(value)
        case "money":
            return show_money(value)
        case "switch":
            return show_switch(bool(value))
        case "shares":
            return Text(f"{_in_wan(value)}股", f"{value:,} share{'' if value == 1 else 's'}")
        case _:
            return _alike(f"{value:,}")


def _in_wan(number: int) -> str:
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if number and number % size == 0:
            return f"{number // size:,}{unit}"
    return f"{number:,}"


def _alike(words: str) -> Text:
    return Text(words, words)


def _scaled(pattern: re.Pattern[str], typed: str, scale: int, expected: str) -> int:
    match = pattern.match(typed)
    if match is None:
        raise ValueError(f"found {typed!r}; expected {expected}")
    decimals = match["decimals"] or ""
    exact, lost = divmod(int(match["number"] + decimals) * scale, int("1" + "0" * len(decimals)))
    if lost:
        raise ValueError(f"found {typed!r}, which has more decimals than are kept; expected {expected}")
    return -exact if match["sign"] else exact


def _percent_hint(typed: str) -> str:
    bare = re.match(r"^-?[0-9]+(\.[0-9]+)?$", typed)
    if bare is None:
        return ""
    number = Fraction(typed)
    percent = number * 100 if abs(number) < 10 and "." in typed else number
    return f" Write {_decimal(percent.numerator, percent.denominator)}%."


def _decimal(number: int, scale: int, *, grouped: bool = False) -> str:
    """Return ``number / scale`` as a decimal; scales of rules divide a power of ten, others are cut at six places."""
    whole, rest = divmod(abs(number), scale)
    digits = f"{rest * 10**6 // scale:06d}".rstrip("0")
    shown = f"{whole:,}" if grouped else str(whole)
    return ("-" if number < 0 else "") + shown + (f".{digits}" if digits else "")
