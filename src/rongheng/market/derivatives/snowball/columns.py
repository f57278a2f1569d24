"""The columns that the snowball kernels read and write.

What lives here: names and types of arrays. What does not: who fills them (``legs.py``) and what is done with them
(``kernels.py``).

A *leg* is a function of the index's level that is carried back from the last observation to today. On an observation
it is kept below the knock-out barrier and replaced by *pieces* above it; where it has a knock-in line it is lost below
that line on every session. Levels are natural logarithms, worths are shares of the notional, discounted to today.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Legs(NamedTuple):
    """One leg a row; its observations and its last pieces lie between two entries of ``first`` and ``first_piece``."""

    first: Ints  # one more than legs
    first_piece: Ints
    origin: Floats  # the level of node 0
    step: Floats  # between two nodes
    nodes: Ints
    line_node: Ints  # the node on the knock-in line; -1: there is none
    spots: Ints  # the row of levels at which the leg is wanted


class Observations(NamedTuple):
    """What happens on an observation, and how the index moves up to it from the one before (or from today)."""

    substeps: Ints  # sessions on which the leg is looked at on the way, this one included
    variance: Floats
    mean: Floats  # of the move of the logarithm
    barrier: Floats
    cash: Floats  # above the barrier the leg is cash + slope × level
    slope: Floats


class Pieces(NamedTuple):
    """What a leg is worth at its end: from ``edge`` upwards, cash + slope × level is added."""

    edge: Floats
    cash: Floats
    slope: Floats


class Scratch(NamedTuple):
    """Room for one thread's work."""

    now: Floats  # the leg on its nodes, before anything is cut
    after: Floats  # the same one session earlier
    kept: Floats  # what is left when it has been cut, with ``reach`` zeros on both sides
    taps: Floats
    line: Floats  # corrections at the knock-in line: five for each distance
    barrier: Floats


NEAR = 5  # nodes that correct a cut
BLOCK = 4  # taps that are applied together
SIGMAS = 7.0  # beyond so many standard deviations a move is left out


def room(nodes: int, reach: int) -> Scratch:
    """Return the room for legs of so many nodes and taps of that reach."""
    taps = 2 * reach + 1
    return Scratch(
        now=np.zeros(nodes + BLOCK),
        after=np.zeros(nodes + BLOCK),
        kept=np.zeros(nodes + 2 * reach + 2 * BLOCK),
        taps=np.zeros(taps + BLOCK),
        line=np.zeros(taps * NEAR),
        barrier=np.zeros(taps * NEAR),
    )
