"""Kept answers read side by side: the same lake for any number of processes, whatever one of the answers holds."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rongheng.basics.calendar import SHANGHAI, calendar
from rongheng.desk.missing import Wish
from rongheng.desk.update import Progress, Updated, raw_store, reparse
from rongheng.market.sources.web import GOOD, Answer, sse
from rongheng.market.store import Lake
from tests.depth import examples

NOW = datetime(2024, 9, 2, tzinfo=SHANGHAI)
LAST = calendar().sessions.index(date(2024, 9, 2))
DAYS = calendar().sessions[LAST - 160 : LAST]
CODES = ("510050", "600000", "688981")
PAGE = b"<html><title>403 Forbidden</title></html>"


def printed(day: date, seed: int) -> bytes:
    """What Shanghai prints of three securities."""
    chance = random.Random(f"{day} {seed}")
    keys = ("rqchl", "rqmcl", "rqyl", "rzche", "rzmre", "rzye")
    rows = [
        {"opDate": f"{day:%Y%m%d}", "stockCode": code, "securityAbbr": "证券", "rqylje": None, "rzrqjyzl": None}
        | {key: chance.randrange(10**9) for key in keys}
        for code in CODES
    ]
    page = {"total": len(rows), "pageCount": 1, "pageNo": 1, "pageSize": 2000}
    return json.dumps({"pageHelp": page, "result": rows}, ensure_ascii=False).encode()


def lake_beside(root: Path, days: Sequence[date], *, seed: int, instead: Mapping[int, bytes] | None = None) -> Lake:
    """Return an empty lake beside which answers are kept."""
    lake, source = Lake(root, create=True), sse.Details()
    raw = raw_store(lake)
    for place, ask in enumerate(source.locate(days)):
        answer = Answer("", (instead or {}).get(place, printed(ask.first, seed)), NOW)
        raw.keep(answer)
        raw.note(ask, [answer], at=NOW, outcome=GOOD)
    return lake


def read_again(lake: Lake, *, processes: int, progress: Progress | None = None) -> Updated:
    wish = Wish(("details",))
    (done,) = reparse(lake, raw=raw_store(lake), now=NOW, wish=wish, progress=progress, processes=processes)
    return done


def bytes_written(lake: Lake) -> list[bytes]:
    """The data files of the lake, in the order in which they were written."""
    files = sorted((lake.root / "tables").glob("*/*.parquet"), key=lambda path: path.stat().st_mtime_ns)
    return [path.read_bytes() for path in files]


@settings(max_examples=examples(1), deadline=None)
@given(
    seed=st.integers(0, 9),
    bad=st.dictionaries(
        st.integers(0, 100), st.sampled_from([PAGE, b"", b'{"pageHelp": {', b"[]"]), min_size=1, max_size=3
    ),
)
def test_the_same_bytes_land_for_any_number_of_processes(seed: int, bad: dict[int, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lakes = [lake_beside(Path(folder) / str(n), DAYS[:101], seed=seed, instead=bad) for n in (1, 2)]
        done = [read_again(lake, processes=n) for n, lake in enumerate(lakes, start=1)]
        assert bytes_written(lakes[0]) == bytes_written(lakes[1])
        assert_frame_equal(lakes[0].imports(), lakes[1].imports())
        told = [[(one.days, str(one.error)) for one in each.troubles] for each in done]
        assert told[0] == told[1]
        assert [days for days, _ in told[0]] == [f"{DAYS[place]}" for place in sorted(bad)]  # each, and no other
        assert lakes[1].rows("security_margin") == len(CODES) * (101 - len(bad))


def test_figures_land_as_they_were_printed_and_every_answer_is_counted(tmp_path: Path) -> None:
    lake = lake_beside(tmp_path / "lake", DAYS[:101], seed=1, instead={7: PAGE})
    told: list[tuple[str, int, int]] = []
    done = read_again(lake, processes=2, progress=lambda *step: told.append(step))
    assert [one.kind.en for one in done.troubles] == ["refused"]
    assert told == [("details · sse-margin-details", number, 101) for number in range(1, 102)]
    expected = [
        (day, f"{row['stockCode']}.SH", float(row["rzye"]))
        for place, day in enumerate(DAYS[:101])
        for row in json.loads(printed(day, 1))["result"]
        if place != 7
    ]
    rows = lake.read("security_margin").select("as_of", "security", "financing_balance")
    assert rows.rows() == sorted(expected)


def test_a_run_killed_in_the_middle_leaves_whole_imports_and_the_next_one_ends_as_any(tmp_path: Path) -> None:
    whole, cut = (lake_beside(tmp_path / name, DAYS, seed=2) for name in ("whole", "cut"))
    script = (
        "import sys; from pathlib import Path; from rongheng.market.store import Lake\n"
        "from tests.desk.test_kept import read_again; read_again(Lake(Path(sys.argv[1])), processes=2)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(cut.root)], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ) as run:
        while not cut.rows("security_margin") and run.poll() is None:
            time.sleep(0.005)
        run.kill()
    assert run.returncode != 0, "it was over before it could be killed"
    left = Lake(cut.root)  # opening holds every file against the catalogue
    assert left.rows("security_margin") == 300  # of 480: the first hundred answers and no other
    read_again(left, processes=1)
    read_again(whole, processes=1)
    columns = pl.exclude("sequence", "imported_at")
    assert_frame_equal(left.read("security_margin").select(columns), whole.read("security_margin").select(columns))
