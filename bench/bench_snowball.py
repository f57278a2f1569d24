"""Snowballs: price error and speed beside pricelib's PDE and quadrature, and books of 5,000 and 50,000 contracts.

Two promises. A price stands no farther from a converged reference than the peer's PDE, at 500 times its speed or more a
contract, in a book and alone: alone it takes two milliseconds, no longer than a turn of the scheduler, so that the
fastest runs are compared. And 5,000 varied contracts get worth, delta and gamma within 0.01 per 100 of notional in 3 s
on two cores: a dealer's whole book, a dozen times a minute. The bound of the work: 486 sessions × 120 nodes × 22 taps
are 1.3 million multiplications a two-year contract, 0.3 ms at 4 a nanosecond.

The peer discounts in trading time, so the reference does. It runs in an environment of its own, on the same contracts,
in the same run; it prices one contract a call, and its time is that of ``price()`` alone.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from bench.measure import timed, verdict
from rongheng.basics.calendar import calendar
from rongheng.basics.conform import conform
from rongheng.market.derivatives.snowball import SNOWBALLS, Discounting, IndexMarket, SnowballMarket, value, value_book
from rongheng.market.derivatives.snowball.schedule import schedule

TIMES_AS_FAST: Final = 500
LARGEST_ERROR: Final = 0.01  # per 100 of notional
BOOK_S: Final = 3.0
SEED: Final = 20240122
_FINE, _COARSE = 0.2, 0.1  # steps a third and a fifth of the usual ones: the reference
_PEER: Final = Path(__file__).parent / ".venv-pricelib" / "bin" / "python"
_SESSION: Final = date(2023, 3, 1)
_EPOCH: Final = date(1970, 1, 1)

_PLAIN: Final = {
    "index": "csi500",
    "notional_milli": 10_000_000_000,
    "start": _SESSION,
    "maturity": date(2025, 3, 3),
    "initial_points": 100.0,
    "knock_out_bp": 10_300,
    "knock_in_bp": 7_500,
    "coupon_ppm": 150_000,
}
_CASES: Final[dict[str, dict[str, Any]]] = {
    "classic": {},
    "step-down": {"kind": "step_down", "step_down_bp": 50},
    "protected": {"kind": "protected", "floor_bp": 8_000},
    "line at 70": {"knock_in_bp": 7_000, "coupon_ppm": 100_000},
    "knocked in": {"knocked_in": True},
}


def main() -> None:
    """Print errors and speeds beside the peer, then the books."""
    world = SnowballMarket(_SESSION, 0.03, {"csi500": IndexMarket("csi500", 100.0, {243.0: 0.2}, carry_rate=-0.03)})
    _beside_the_peer(world)
    for count in (5_000, 50_000):
        _book(count, runs=5 if count == 5_000 else 1)


def _beside_the_peer(world: SnowballMarket) -> None:
    trading = replace(world, discounting=Discounting.TRADING)
    frame = _fitted([_PLAIN | {"contract_id": name} | terms for name, terms in _CASES.items()])
    exact = value(frame, trading, fine=_FINE, coarse=_COARSE).before
    ours = value(frame, trading).before
    alone = timed("one contract, one thread", lambda: value(frame[:1], trading, threads=1), runs=20)
    whole = pl.concat([frame[:1]] * 500).with_columns(contract_id=pl.int_range(500).cast(pl.String))
    together = timed("500 such contracts", lambda: value(whole, trading))
    print(alone.line())
    print(f"{together.line()}  {together.median / 500 * 1000:.3f} ms each")
    if not _PEER.exists():
        print("the peer's environment is not there: make bench builds it")
        return
    theirs = _peer([_told(frame[row], trading) for row in range(frame.height)])
    errors: dict[str, list[float]] = {}
    for row, (name, found) in enumerate(zip(_CASES, theirs, strict=True)):
        reference = exact.worth[row, 0] * 100
        mine = ours.worth[row, 0] * 100 - reference
        errors.setdefault("ours", []).append(abs(mine))
        print(f"{name:<12} reference {reference:.4f}, delta {exact.delta[row, 0]:.4f}")
        print(f"  {'ours':<10} {mine:+.5f}  delta {ours.delta[row, 0] - exact.delta[row, 0]:+.5f}")
        for engine, one in found.items():
            off = one["price"] - reference
            errors.setdefault(engine, []).append(abs(off))
            slope = one["delta"] - exact.delta[row, 0]
            print(f"  {engine:<10} {off:+.5f}  delta {slope:+.5f}  {one['seconds']:.3f} s")
    pace = float(np.median([one["PDE 800"]["seconds"] for one in theirs]))
    verdict(
        "our largest error over the PDE's smallest", max(errors["ours"]) / min(errors["PDE 800"]), 1.0, at_most=True
    )
    verdict("speed a contract in a book, times the PDE's", pace / (together.median / 500), TIMES_AS_FAST)
    best = min(one["PDE 800"]["fastest"] for one in theirs)
    verdict("speed of one contract alone, the fastest runs of both", best / min(alone.seconds), TIMES_AS_FAST)


def _told(contract: pl.DataFrame, world: SnowballMarket) -> dict[str, Any]:
    """Return a contract as the peer reads it."""
    seen, terms, index = schedule(contract), contract.row(0, named=True), world.indices["csi500"]
    return {
        "session": str(world.session),
        "start": str(terms["start"]),
        "observations": [str(_EPOCH + timedelta(days=int(day))) for day in seen.day],
        "barriers": [float(barrier) * 100 for barrier in seen.barrier],
        "rates": [terms["coupon_ppm"] / 1e6] * len(seen.day),
        "kept": terms["coupon_ppm"] / 1e6,
        "line": terms["knock_in_bp"] / 100,
        "floor": terms["floor_bp"] / 100,
        "knocked_in": terms["knocked_in"],
        "s": index.spot,
        "r": world.rate,
        "q": world.rate - index.carry_rate,
        "vol": index.volatility[243.0],
    }


def _peer(contracts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    script = Path(__file__).parent / "peers" / "pricelib_snowball.py"
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(
        [_PEER, script], input=json.dumps(contracts), capture_output=True, text=True, check=True, env=environment
    )
    found: list[dict[str, Any]] = json.loads(run.stdout)
    return found


def _book(count: int, *, runs: int) -> None:
    frame, world = _varied(count)
    work = timed(f"{count:,} varied contracts: worth, delta, gamma", lambda: value_book(frame, world), runs=runs)
    print(f"{work.line()}  {count / work.median:,.0f} a second")
    sample = frame[:5_000]
    ours, exact = value(sample, world).before, value(sample, world, fine=0.3, coarse=0.2).before
    error = float(np.abs(ours.worth - exact.worth).max()) * 100
    slope = float(np.abs(ours.delta - exact.delta).max())
    print(f"  largest error of delta {slope:.5f}, of gamma {float(np.abs(ours.gamma - exact.gamma).max()):.5f}")
    verdict("largest error per 100 of notional", error, LARGEST_ERROR, at_most=True)
    if count == 5_000:
        verdict("seconds", work.median, BOOK_S, at_most=True)


def _varied(count: int) -> tuple[pl.DataFrame, SnowballMarket]:
    """Return contracts of every age, of two indices with volatilities far apart, near barriers and far from them."""
    draw = np.random.default_rng(SEED)
    starts = [calendar().offset(date(2023, 1, 3), int(ahead)) for ahead in draw.integers(0, 240, count)]
    terms = draw.choice([252, 366, 486], count)
    stepped = draw.random(count) < 0.4
    raw = pl.DataFrame(
        {
            "contract_id": [str(row) for row in range(count)],
            "index": draw.choice(["csi500", "csi1000"], count),
            "kind": np.where(stepped, "step_down", "classic"),
            "notional_milli": draw.integers(1, 100, count) * 1_000_000_000,
            "start": starts,
            "maturity": [calendar().offset(start, int(term)) for start, term in zip(starts, terms, strict=True)],
            "initial_points": 100.0 * np.exp(draw.normal(0.05, 0.1, count)),
            "knock_out_bp": draw.choice([10_000, 10_300, 10_500], count),
            "knock_in_bp": draw.choice([7_000, 7_500, 8_000], count),
            "coupon_ppm": draw.integers(80_000, 200_000, count),
            "step_down_bp": np.where(stepped, 50, 0),
        }
    )
    world = SnowballMarket(
        date(2023, 12, 29),
        0.025,
        {
            "csi500": IndexMarket("csi500", 100.0, {60.0: 0.12, 243.0: 0.14, 486.0: 0.15}, carry_rate=-0.03),
            "csi1000": IndexMarket("csi1000", 100.0, {60.0: 0.25, 243.0: 0.27}, carry={60.0: -0.02, 180.0: -0.05}),
        },
    )
    return _fitted(raw.filter(pl.col("maturity") > world.session)), world


def _fitted(rows: Any) -> pl.DataFrame:
    frame, bad = conform(pl.DataFrame(rows, infer_schema_length=None), SNOWBALLS, where="bench")
    assert not bad.height, bad
    return frame
