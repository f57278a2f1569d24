"""A PostgreSQL server of the tests' own: made in a folder, started, killed and removed; nothing else on the machine.

It listens on a socket in that folder alone. Where the programs of the server are not installed, tests skip and say so.
PostgreSQL refuses to run as root; it is run as the user ``postgres`` then, whom its package makes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

_HOMES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda home: int(home.parent.name), reverse=True)
_STARTING_SECONDS = 60.0


def find_programs() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``, or ``None`` where they are not installed."""
    found = shutil.which("initdb")
    return (
        Path(found).resolve().parent if found else next((home for home in _HOMES if (home / "initdb").exists()), None)
    )


def why_not() -> str | None:
    """Return why no server can be started here, or ``None`` when one can."""
    if find_programs() is None:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if os.geteuid() == 0 and "postgres" not in {user.pw_name for user in pwd.getpwall()}:
        return "PostgreSQL does not run as root, and there is no user postgres"
    return None


@dataclass
class Server:
    """One server in a folder."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def make(cls) -> Server:
        """Make a cluster in a new folder."""
        folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # short: a socket's path has a limit
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server = cls(folder)
        options = ["--auth=trust", "--username=desk", "--encoding=UTF8", "--locale=C", "--no-sync"]
        server._run("initdb", "--pgdata", str(folder / "data"), *options)
        return server

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.folder), "shared_buffers": "16MB"}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [self._program("postgres"), "-D", str(self.folder / "data"), *words], stdout=log, stderr=log, user=_USER
        )
        log.close()
        until = time.monotonic() + _STARTING_SECONDS
        while subprocess.run(self._ready(), capture_output=True, check=False).returncode:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until, "the server does not start"
            time.sleep(0.05)

    def kill(self) -> None:
        """Take it away without a word, as a power failure of its machine would; its children go with it."""
        assert self.process is not None
        children = _children(self.process.pid)
        for pid in (self.process.pid, *children):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for pid in children:
            _await_end(pid)
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def empty_database(self) -> str:
        """Return the URL of the server's database, emptied of what was in it."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self._url

    def remove(self) -> None:
        """Stop it and remove its folder."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)  # at once: nothing is to be kept
            self.process.wait(timeout=60)
        shutil.rmtree(self.folder)

    @property
    def _url(self) -> str:
        return f"postgresql://desk@/postgres?host={self.folder}"

    def _ready(self) -> list[str]:
        return [self._program("pg_isready"), "-h", str(self.folder), "-U", "desk", "-d", "postgres"]

    def _program(self, name: str) -> str:
        home = find_programs()
        assert home is not None
        return str(home / name)

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run(
            [self._program(name), *words], capture_output=True, text=True, check=False, cwd="/", user=_USER
        )
        assert done.returncode == 0, done.stderr


_USER = "postgres" if os.geteuid() == 0 else None


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def _await_end(pid: int) -> None:
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
