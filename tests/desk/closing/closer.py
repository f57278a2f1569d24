"""A close that kills itself before the given wait for the disk.

Every step waits for its folder before it takes its name, and for the folder above after it.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import date
from pathlib import Path
from typing import Any

from rongheng.desk.closing import staging
from tests.desk.closing.world import close, request


def kill_before_wait(number: int) -> None:
    """Replace the wait for a folder by death at the given one."""
    waited, real = [0], staging._sync

    def sync(path: Path) -> Any:
        if path.is_dir():
            waited[0] += 1
            if waited[0] == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return real(path)

    staging._sync = sync


if __name__ == "__main__":
    folder, session, book, wait = sys.argv[1:]
    kill_before_wait(int(wait))
    close(request(Path(folder), date.fromisoformat(session), book=Path(book), out="killed", ledger="killed.db"))
