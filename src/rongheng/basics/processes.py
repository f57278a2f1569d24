"""Work shared with other processes: items are handed to them, and results come back in the order of the items.

What lives here: starting the processes, handing over, their end. What does not: what the work is. Threads do for work
that lets other threads run (``digests``, compiled kernels); this is for work that is mostly Python.

A process here knows nothing but two pipes. When whoever started it ends, killed or not, they close and it ends too; it
stands apart from the terminal, so that an interrupt from the keyboard is met once, by the one that the user started.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

from rongheng.basics.errors import RonghengError

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 32  # results for each process that may wait to be taken
_CHILD = "import sys; sys.path[:] = sys.argv[1:]; from rongheng.basics.processes import serve; serve()"


class Crew:
    """Processes that are started with the first work and end with the block.

    Parameters
    ----------
    count : int
        How many; the work of a crew of one or none is done in this process.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._members: list[_Member] = []
        self._idle: SimpleQueue[_Member] = SimpleQueue()
        self._pool: ThreadPoolExecutor | None = None  # a thread for each process, which waits for its answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is None:
            return
        for member in self._members:
            member.end()
        self._pool.shutdown(cancel_futures=True)
        for member in self._members:
            member.close()

    def each(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield what the work makes of each item, in their order; what it raises is raised here, in its turn.

        Parameters
        ----------
        work : a function of a module, by whose name it is found in the other processes

        Raises
        ------
        RonghengError
            One of the processes ended while it worked.
        """
        if self._count < 2:
            yield from map(work, items)
            return
        pool = self._started()
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(self._hand_over, work, item))
            if len(waiting) > _AHEAD * self._count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _started(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._members = [_Member() for _ in range(self._count)]
            for member in self._members:
                self._idle.put(member)
            self._pool = ThreadPoolExecutor(self._count)
        return self._pool

    def _hand_over(self, work: Callable[[Item], Result], item: Item) -> Result:
        member = self._idle.get()
        try:
            return member.do(work, item)
        finally:
            self._idle.put(member)


class _Member:
    """One of the processes."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def do(self, work: Callable[[Item], Result], item: Item) -> Result:
        """Hand the item over and wait for what becomes of it."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None, "the process was started with pipes"
        assert stdout is not None, "the process was started with pipes"
        try:
            _send(stdin, (work, item))
            result, error = pickle.load(stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            raise RonghengError(
                f"A process that worked beside this one ended with code {self._process.wait()}, perhaps for lack of "
                "memory. What was finished before is kept; free some memory and run the same command again."
            ) from None
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]  # pickle keeps the type

    def end(self) -> None:
        """End the process, which holds nothing that could be lost."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Close the pipes, once nobody waits at them."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None, "the process was started with pipes"
            with suppress(BrokenPipeError):  # half an item that nobody has taken
                pipe.close()


def serve() -> None:
    """Do what comes in by stdin until it closes; what is printed meanwhile goes to stderr."""
    incoming, outgoing = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(EOFError, BrokenPipeError):  # nobody is there any more
        while True:
            work, item = pickle.load(incoming)
            _send(outgoing, _done(work, item))


def _done(work: Callable[[Item], Result], item: Item) -> tuple[Result | None, Exception | None]:
    try:
        return work(item), None
    except Exception as error:  # noqa: BLE001  # whatever it is, it is raised where the work was asked for
        error.add_note("".join(traceback.format_exception(error)))
        return None, error


def _send(pipe: BinaryIO | Any, message: object) -> None:
    pipe.write(pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))
    pipe.flush()
