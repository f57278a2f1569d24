"""Random paths that pass through given points: the mathematics of the simulated market, without any market in it.

What lives here: conditioning Gaussian paths on linear statements, and keeping a path above or below a level around a
session. What does not: which points (``anchors``) and which paths (``prices``, ``accounts``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Kernel = Callable[[int], Array]  # the covariance of a whole path with its value at one position

_SLOPE = 0.0008  # how fast the ground rises from a low, per session, in logs


@dataclass(frozen=True, slots=True)
class Pin:
    """A linear statement about paths: the weighted sum of ``(path, position, weight)`` terms is ``value``."""

    terms: tuple[tuple[int, int, float], ...]
    value: float


def level(path: int, at: int, value: float) -> Pin:
    """Say that a path stands at ``value`` at a position."""
    return Pin(((path, at, 1.0),), value)


def change(path: int, *, start: int, end: int, value: float) -> Pin:
    """Say that a path moves by ``value`` between two positions."""
    return Pin(((path, end, 1.0), (path, start, -1.0)), value)


def random_walk(n: int, *, variance: float, start: float = 1.0) -> Kernel:
    """Return the covariance of a random walk that begins with variance ``start`` and gains ``variance`` per step."""
    grown = start + variance * np.arange(n, dtype=np.float64)
    return lambda at: np.minimum(grown, grown[at])


def fading(n: int, *, variance: float, memory: float) -> Kernel:
    """Return the covariance of a process that forgets: ``variance`` · exp(−distance / ``memory`` sessions)."""
    steps = np.arange(n, dtype=np.float64)
    return lambda at: variance * np.exp(-np.abs(steps - at) / memory)


def condition(paths: Array, pins: Sequence[Pin], *, kernel: Kernel, between: Array) -> Array:
    """Return Gaussian paths, given that every pin holds.

    The paths' covariance is ``between[i, j]`` · ``kernel``. Adding the conditional mean of what is missing to a free
    draw gives a draw of the conditional process (Matheron's rule). Pins that say the same thing twice may differ by
    the rounding of printed figures; they are met in the least-squares sense.

    Parameters
    ----------
    paths : float64, shape (n_paths, n)
        One free draw.
    between : float64, shape (n_paths, n_paths)
        Covariance between the paths.

    Examples
    --------
    >>> flat = np.zeros((1, 5))
    >>> walk = random_walk(5, variance=1.0, start=0.0)
    >>> condition(flat, [level(0, 4, 8.0)], kernel=walk, between=np.eye(1)).round(6).tolist()
    [[0.0, 2.0, 4.0, 6.0, 8.0]]
    """
    if not pins:
        return paths
    shape = (len(pins), *paths.shape)
    shares = np.zeros(shape)
    for row, pin in enumerate(pins):
        for path, at, weight in pin.terms:
            shares[row] += weight * np.outer(between[:, path], kernel(at))
    stated = np.array([pin.value for pin in pins])
    lacking = stated - np.array([_read(paths, pin) for pin in pins])
    spread = np.array([[_read(share, pin) for pin in pins] for share in shares])
    solved = np.linalg.lstsq(spread, lacking, rcond=1e-12)[0]
    conditioned: Array = paths + np.tensordot(solved, shares, axes=1)
    return conditioned


def _read(paths: Array, pin: Pin) -> float:
    return float(sum(weight * paths[path, at] for path, at, weight in pin.terms))


def mirror_above(path: Array, ground: Array, *, first: int, last: int) -> Array:
    """Return the path with what lies under the ground mirrored to above it, between two positions (both included).

    Where the path stands above the ground at both ends, the mirrored path does not jump.

    Parameters
    ----------
    path, ground : float64, shape (n,)

    Examples
    --------
    >>> mirror_above(np.array([3.0, 0.5, 2.0]), np.ones(3), first=0, last=2).tolist()
    [3.0, 1.5, 2.0]
    """
    inside = slice(first, last + 1)
    mirrored = path.copy()
    mirrored[inside] = ground[inside] + np.abs(path[inside] - ground[inside])
    return mirrored


@dataclass(frozen=True, slots=True)
class Turn:
    """A session on which a path has its low (or high) among its neighbours, and how far away its ends stand.

    ``rise_before`` and ``rise_after`` are the distances in logs between the turn and the path at the ends of its
    neighbourhood, both counted away from the turn; ``None`` where other pins hold that end.
    """

    path: int
    at: int
    before: int
    after: int
    rise_before: float | None
    rise_after: float | None
    high: bool = False
    clearance: float = 0.008  # how far the ground rises with the distance, in logs

    @property
    def sign(self) -> int:
        """-1 for a high, 1 for a low."""
        return -1 if self.high else 1

    def pins(self) -> list[Pin]:
        """Return what holds the ends of the neighbourhood away from the turn."""
        ends = ((self.at - self.before, self.rise_before), (self.at + self.after, self.rise_after))
        return [
            change(self.path, start=self.at, end=end, value=self.sign * rise) for end, rise in ends if rise is not None
        ]

    def apply(self, paths: Array) -> Array:
        """Return the paths with this one mirrored, so that nothing near the turn passes it."""
        path = self.sign * paths[self.path]
        distance = np.abs(np.arange(path.size) - self.at)
        ground = path[self.at] + np.minimum(_SLOPE * distance, self.clearance)
        turned = paths.copy()
        turned[self.path] = self.sign * mirror_above(
            path, ground, first=self.at - self.before, last=self.at + self.after
        )
        return turned


def keep_between(path: Array, *, low: float, high: float) -> Array:
    """Return the path mirrored at two levels until it lies between them."""
    width = high - low
    folded = np.mod(path - low, 2 * width)
    mirrored: Array = low + np.minimum(folded, 2 * width - folded)
    return mirrored


def lift_mean(path: Array, *, first: int, last: int, mean_over: slice, mean: float) -> Array:
    """Return the path with a smooth bump between two positions, so that its mean over a stretch is ``mean``.

    The bump and its slope are zero at both ends: what is pinned there stays.

    Examples
    --------
    >>> lifted = lift_mean(np.ones(5), first=0, last=4, mean_over=slice(0, 5), mean=1.4)
    >>> lifted.round(6).tolist()
    [1.0, 1.5, 2.0, 1.5, 1.0]
    """
    steps = np.arange(path.size, dtype=np.float64)
    inside = (steps >= first) & (steps <= last)
    bump = np.where(inside, np.sin(np.pi * (steps - first) / (last - first)) ** 2, 0.0)
    height = (mean - path[mean_over].mean()) / bump[mean_over].mean()
    lifted: Array = path + height * bump
    return lifted


def single(path: Array, pins: Sequence[Pin], *, memory: float | None, variance: float) -> Array:
    """Return one path given its pins: a random walk, or one that forgets them over ``memory`` sessions.

    ``path`` has shape (n,); the pins call it path 0.
    """
    n = path.size
    kernel = random_walk(n, variance=variance) if memory is None else fading(n, variance=variance, memory=memory)
    given: Array = condition(path[None, :], pins, kernel=kernel, between=np.eye(1))[0]
    return given


def whole(amounts: Array) -> Array:
    """Return whole yuan (or persons), so that balances add up to the last digit."""
    whole: Array = np.round(amounts).astype(np.float64)
    return whole
