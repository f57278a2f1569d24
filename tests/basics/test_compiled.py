"""A kernel that was kept from before is used again only as long as nothing that is compiled into it has changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

KERNEL = """
from rongheng.basics.compiled import kernel
from rongheng.room.parts import STEP, added


@kernel
def run(number):
    return added(number) + STEP
"""
PARTS = """
from rongheng.basics.compiled import inner

STEP = {step}


@inner
def added(number):
    return number + {more}
"""
ASK = """
from rongheng.basics.compiled import is_compiled
from rongheng.room.front import run
print(is_compiled(run), run(1))
"""


def test_a_changed_part_or_number_of_a_kernel_is_never_answered_from_the_cache(tmp_path: Path) -> None:
    room = tmp_path / "rongheng" / "room"
    room.mkdir(parents=True)
    source = Path(__file__).parents[2] / "src" / "rongheng"
    (tmp_path / "rongheng" / "__init__.py").touch()
    (room / "__init__.py").touch()
    (room / "front.py").write_text(KERNEL)
    (tmp_path / "rongheng" / "basics").symlink_to(source / "basics")
    answers = []
    for step, more in ((10, 1), (10, 1), (10, 2), (20, 2)):
        (room / "parts.py").write_text(PARTS.format(step=step, more=more))
        run = [sys.executable, "-B", "-c", ASK]
        environment = {"PYTHONPATH": str(tmp_path)}
        answers.append(subprocess.check_output(run, cwd=tmp_path, env=environment, text=True).split())
    assert answers == [["False", "12"], ["True", "12"], ["False", "13"], ["False", "23"]]
