"""Foreign functions run apart: for so long, without their noise, and without what they do to our warnings."""

from __future__ import annotations

import sys
import threading
import time
import warnings

import pytest

from rongheng.market.sources.libraries.apart import apart


def test_one_that_does_not_come_back_is_left_and_told() -> None:
    never = threading.Event()
    began = time.monotonic()
    with pytest.raises(TimeoutError, match="no answer within 0 seconds"):
        apart(never.wait, seconds=0.05)
    assert time.monotonic() - began < 5
    never.set()


def test_what_it_prints_is_dropped_and_what_others_print_meanwhile_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    asked, answered = threading.Event(), threading.Event()

    def ours() -> None:
        asked.wait(5)
        sys.stderr.write("our own progress\n")
        answered.set()

    def theirs() -> str:
        sys.stdout.write("loading\n")
        child = threading.Thread(target=lambda: sys.stdout.write("from a thread of theirs"))
        child.start()
        child.join()
        asked.set()
        answered.wait(5)
        sys.stderr.write("100%\n")
        return "frame"

    thread = threading.Thread(target=ours)
    thread.start()
    assert apart(theirs, seconds=5) == "frame"
    thread.join()
    sys.stdout.write("after\n")
    assert capsys.readouterr() == ("after\n", "our own progress\n")


def test_the_warnings_that_it_hides_from_everybody_are_shown_afterwards() -> None:
    before = list(warnings.filters)
    apart(lambda: warnings.filterwarnings("ignore"), seconds=5)
    assert warnings.filters == before
    with pytest.warns(UserWarning, match="ours"):
        warnings.warn("ours", UserWarning, stacklevel=1)


def test_a_warning_of_its_own_is_no_error() -> None:
    assert apart(lambda: warnings.warn("old", FutureWarning, stacklevel=1), seconds=5) is None


def test_one_that_wants_to_end_the_program_does_not() -> None:
    with pytest.raises(RuntimeError, match="wanted to end the program"):
        apart(sys.exit, seconds=5)


def test_an_error_of_its_own_is_handed_on() -> None:
    nothing: dict[str, str] = {}
    with pytest.raises(KeyError, match="证券类别"):
        apart(lambda: nothing["证券类别"], seconds=5)
