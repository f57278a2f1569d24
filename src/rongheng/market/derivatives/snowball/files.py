"""Read contracts and markets from files: YAML as people write it, CSV and Parquet as systems do.

What lives here: the two YAML layouts. What does not: tables of contracts, which ``basics.conform`` fits, and checks of
what the terms mean (``contracts.py``, ``market.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from math import log
from pathlib import Path
from typing import Any, Final, TypeVar

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import DataError, RuleError, UsageError
from rongheng.basics.ids import find_index
from rongheng.market.derivatives.snowball.market import SESSIONS_A_YEAR, IndexMarket, SnowballMarket
from rongheng.market.derivatives.snowball.schedule import BP, PPM
from rongheng.market.derivatives.snowball.table import Discounting
from rongheng.rulebook.reader import Item, read_yaml
from rongheng.rulebook.scalars import read_percent

Read = TypeVar("Read")

_SUFFIXES: Final = (".yaml", ".yml", ".csv", ".parquet")


def read_contracts(path: Path) -> pl.DataFrame:
    """Return the contracts of a file, not yet checked: a CSV or Parquet table, or one or several in YAML.

    Raises
    ------
    UsageError
        The file is not there or of another kind.
    DataError
        It cannot be read.
    """
    if not path.exists():
        raise UsageError(f"There is no file {path}. Check the name and the folder.")
    if path.suffix in (".yaml", ".yml"):
        return _told(_yaml_contracts, path)
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        if path.suffix == ".csv":
            return pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path} cannot be read as a table: {error}. Write it again.") from error
    raise UsageError(f"{path} ends in {path.suffix or 'nothing'}; expected one of {', '.join(_SUFFIXES)}.")


def read_market(path: Path) -> SnowballMarket:
    """Return the market of a YAML file: session, rate, and for each index level, volatility and carry.

    Raises
    ------
    UsageError, DataError
        The file is not there; or a value is missing, unknown or cannot be.
    """
    if not path.exists():
        raise UsageError(f"There is no file {path}. Check the name and the folder.")
    return _told(_yaml_market, path)


def _told(read: Callable[[Path], Read], path: Path) -> Read:
    """Return what is read; a fault of the file is the data's, with its line."""
    try:
        return read(path)
    except RuleError as error:
        raise DataError(str(error)) from error


def _percent_of(unit: int) -> Callable[[str], int]:
    def read(typed: str) -> int:
        try:
            number = float(typed.removesuffix("%")) / 100
        except ValueError:
            raise ValueError(f"found {typed!r}; expected a percentage such as 12.5%.") from None
        if not typed.endswith("%"):
            raise ValueError(f"found {typed!r}; expected a percentage such as 12.5%.")
        return round(number * unit)

    return read


def _number(typed: str) -> float:
    try:
        return float(typed.replace("_", ""))
    except ValueError:
        raise ValueError(f"found {typed!r}; expected a number such as 5_412.30.") from None


def _yuan(typed: str) -> int:
    return round(_number(typed.removesuffix("yuan").strip()) * 1000)


def _whole(typed: str) -> int:
    number = _number(typed.removesuffix("months").removesuffix("month").strip())
    if number != int(number):
        raise ValueError(f"found {typed!r}; expected a whole number.")
    return int(number)


def _truth(typed: str) -> bool:
    if typed not in ("yes", "no"):
        raise ValueError(f"found {typed!r}; expected yes or no.")
    return typed == "yes"


TERMS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "contract": ("contract_id", str),
    "index": ("index", str),
    "kind": ("kind", str),
    "notional": ("notional_milli", _yuan),
    "start": ("start", str),
    "maturity": ("maturity", str),
    "initial": ("initial_points", _number),
    "knock_out": ("knock_out_bp", read_percent),
    "knock_in": ("knock_in_bp", read_percent),
    "coupon": ("coupon_ppm", _percent_of(PPM)),
    "final_coupon": ("final_coupon_ppm", _percent_of(PPM)),
    "lockup": ("lockup_months", _whole),
    "step_down": ("step_down_bp", read_percent),
    "final_knock_out": ("final_knock_out_bp", read_percent),
    "early_coupon": ("early_coupon_ppm", _percent_of(PPM)),
    "early": ("early_months", _whole),
    "floor": ("floor_bp", read_percent),
    "strike": ("strike_bp", read_percent),
    "knocked_in": ("knocked_in", _truth),
    "knock_in_days": ("knock_in_days", str),
}
_NEEDED: Final = ("contract", "index", "notional", "start", "maturity", "initial", "knock_out", "coupon")


def _yaml_contracts(path: Path) -> pl.DataFrame:
    item = read_yaml(path, name=str(path))
    rows = [_yaml_contract(one) for one in (item.items() if item.is_list else [item])]
    return pl.DataFrame(rows, infer_schema_length=None)


def _yaml_contract(item: Item) -> dict[str, Any]:
    fields = item.fields(required=_NEEDED, optional=[*TERMS, "observations"])
    row = {TERMS[name][0]: field.read(TERMS[name][1]) for name, field in fields.items() if name in TERMS}
    if "observations" in fields:
        row["observations"] = " ".join(day.text() for day in fields["observations"].items())
    return row


def _yaml_market(path: Path) -> SnowballMarket:
    fields = read_yaml(path, name=str(path)).fields(
        required=("session", "rate", "indices"), optional=("discounting", "year")
    )
    session = fields["session"].read(date.fromisoformat)
    if not calendar().is_session(session):
        fields["session"].refuse(f"{session} is no session. Give a trading day.")
    year = fields["year"].read(_sessions) if "year" in fields else SESSIONS_A_YEAR
    words = [word.value for word in Discounting]
    word = fields["discounting"].one_of(words, what="the discounting") if "discounting" in fields else words[0]
    indices = {}
    for name, item in fields["indices"].pairs().items():
        index = find_index(name)
        if index is None:
            item.refuse(f"no index is called {name!r}; expected one such as csi500.")
        indices[index.key] = _yaml_index(index.key, item, session, year)
    return SnowballMarket(session, fields["rate"].read(_share), indices, Discounting(word), year)


def _yaml_index(key: str, item: Item, session: date, year: int) -> IndexMarket:
    fields = item.fields(required=("spot", "volatility"), optional=("carry", "futures", "average_volume"))
    if "carry" in fields and "futures" in fields:
        fields["carry"].refuse("found carry beside futures; expected one of them. Leave the other out.")
    spot = fields["spot"].read(_number)
    tenors = fields["volatility"]
    volatility = {_tenor(name, one, year): one.read(_share) for name, one in _pairs(tenors, f"{year} sessions").items()}
    return IndexMarket(
        index=key,
        spot=spot,
        volatility=volatility,
        carry=_carry(fields["futures"], spot, session) if "futures" in fields else {},
        carry_rate=fields["carry"].read(_share) if "carry" in fields else 0.0,
        average_volume=fields["average_volume"].read(_number) if "average_volume" in fields else 0.0,
    )


def _pairs(item: Item, name: str) -> dict[str, Item]:
    return {name: item} if item.is_text else item.pairs()


def _carry(item: Item, spot: float, session: date) -> dict[float, float]:
    """Return the logarithm of each future's price over the level, by sessions to its last trading day."""
    carry = {}
    for name, one in item.pairs().items():
        try:
            expiry = date.fromisoformat(name)
        except ValueError:
            one.refuse(f"found {name!r}; expected the future's last trading day, such as 2024-03-15.")
        ahead = calendar().count_between(session, expiry)
        price = one.read(_number)
        if ahead <= 0 or price <= 0:
            one.refuse(f"a future of {name} at {price:g}; expected a later day than {session} and a price above 0.")
        carry[float(ahead)] = log(price / spot)
    return carry


def _tenor(name: str, item: Item, year: int) -> float:
    """Return a tenor such as 3m, 1y or 60 sessions in sessions."""
    units = {"m": year / 12, "y": float(year), "sessions": 1.0}
    number, unit = name.removesuffix(" sessions"), "sessions"
    if number == name:
        number, unit = name[:-1], name[-1:]
    if unit not in units or not number.isdecimal() or int(number) == 0:
        item.refuse(f"found the tenor {name!r}; expected one such as 3m, 1y or '60 sessions'.")
    return int(number) * units[unit]


def _sessions(typed: str) -> int:
    year = _whole(typed.removesuffix("sessions").strip())
    if year <= 0:
        raise ValueError(f"found {typed!r}; expected a number of sessions such as 243.")
    return year


def _share(typed: str) -> float:
    return _percent_of(PPM * BP)(typed) / (PPM * BP)
