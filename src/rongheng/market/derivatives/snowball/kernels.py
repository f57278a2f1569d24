"""Carry legs back from their last observation to today, and read value and slopes off at many levels.

What lives here: quadrature on a grid of logarithms. What does not: contracts, dates, money.

Between two sessions the leg is convolved with the normal density of the move. Inside, the trapezoid rule on a grid with
at least 1.3 nodes a standard deviation is exact to 1e-14; all the error would come from the jumps at a knock-in line or
a knock-out barrier. So a cut is corrected: the five nodes around it get the weights with which the integral *of the
density times any polynomial of the fourth degree* up to the cut is exact, wherever the cut lies between two nodes. The
last move, from the next session to today, is integrated at every wanted level for itself, and its first and second
derivative are taken under the integral: delta and gamma need no differences and stay right beside a barrier.
"""

from __future__ import annotations

import math

import numpy as np

from rongheng.basics.compiled import Int, inner, kernel
from rongheng.market.derivatives.snowball.columns import (
    BLOCK,
    NEAR,
    SIGMAS,
    Floats,
    Legs,
    Observations,
    Pieces,
    Scratch,
)

_ROOT_2 = math.sqrt(2.0)
_DENSITY = 1.0 / math.sqrt(2.0 * math.pi)


@kernel
def value_legs(
    first: Int,
    last: Int,
    legs: Legs,
    seen: Observations,
    pieces: Pieces,
    levels: Floats,
    scratch: Scratch,
    nodes: Floats,
    weights: Floats,
    out: Floats,
) -> None:
    """Write worth, first and second derivative by the logarithm of the level for the legs from ``first`` to ``last``.

    Parameters
    ----------
    levels : shape (rows, n_levels), logarithms
    nodes, weights : of Gauss and Legendre on (-1, 1)
    out : shape (n_legs, n_levels, 3)
    """
    for leg in range(first, last):
        top = _carry_back(leg, legs, seen, pieces, scratch)
        for place in range(levels.shape[1]):
            level = levels[legs.spots[leg], place]
            _read_off(leg, place, level, top, legs, seen, pieces, scratch, nodes, weights, out)


@kernel
def _carry_back(leg: Int, legs: Legs, seen: Observations, pieces: Pieces, scratch: Scratch) -> Int:
    """Leave in ``scratch.now`` the leg as it is just before its first cut; return its highest node, -1 if none."""
    start, end = legs.first[leg], legs.first[leg + 1]
    step = legs.step[leg]
    top = -1
    rho_before, drift_before = -1.0, 0.0
    reach = 0
    for place in range(end - 1, start - 1, -1):
        parts = seen.substeps[place]
        spread = math.sqrt(seen.variance[place] / parts)
        rho, drift = spread / step, seen.mean[place] / parts / step
        new_density = rho != rho_before or drift != drift_before
        if new_density:
            reach = _reach(rho)
            _fill_taps(scratch.taps, reach, rho, drift)
            if legs.line_node[leg] >= 0:
                _fill_cut(scratch.line, scratch.taps, reach, rho, drift, 0.0)
            rho_before, drift_before = rho, drift
        node = math.floor((seen.barrier[place] - legs.origin[leg]) / step + 0.5)
        steps = parts if place > start else parts - 1
        for back in range(steps):
            is_cut = back == 0 and top >= 0
            if is_cut:
                offset = (seen.barrier[place] - legs.origin[leg]) / step - node
                _fill_cut(scratch.barrier, scratch.taps, reach, rho, drift, offset)
            highest = legs.nodes[leg] - 1  # without a line the leg lives on above the barrier, too
            if legs.line_node[leg] >= 0:
                highest = _highest(node, back + 1, rho, drift, legs.nodes[leg])
            _step(leg, top, node, is_cut, highest, reach, legs, scratch)
            if back == 0:
                _add_pieces(leg, place, place == end - 1, highest, spread, legs, seen, pieces, scratch)
            _swap(scratch.now, scratch.after, legs.nodes[leg], highest)
            top = highest
    return top


@inner
def _reach(rho: float) -> int:
    return math.ceil(SIGMAS * rho)


@inner
def _highest(node: Int, sessions: Int, rho: float, drift: float, nodes: Int) -> Int:
    """Return the highest node that the leg can reach so many sessions before it was cut at ``node``."""
    grown = node + math.ceil(SIGMAS * rho * math.sqrt(sessions) + abs(drift) * sessions) + 3
    return min(grown, nodes - 1)


@inner
def _fill_taps(taps: Floats, reach: Int, rho: float, drift: float) -> None:
    """Write the weight of the node that lies ``place - reach`` nodes above the one that is valued."""
    for place in range(2 * reach + 1):
        move = (place - reach - drift) / rho
        taps[place] = _DENSITY / rho * math.exp(-0.5 * move * move)
    for place in range(2 * reach + 1, 2 * reach + 1 + BLOCK):
        taps[place] = 0.0


@kernel
def _fill_cut(table: Floats, taps: Floats, reach: Int, rho: float, drift: float, offset: float) -> None:
    """Write for each distance to the node beside a cut what its five nearest nodes must add.

    With them, the sum over the nodes up to and including that node is the integral up to the cut, which lies ``offset``
    of a step above the node. The other side of the cut needs the same with its sign turned.

    The thin side of each row's density is summed, so that no large numbers are subtracted; from one row to the next
    that sum grows by one tap.
    """
    s0, s1, s2, s3, s4 = 0.0, 0.0, 0.0, 0.0, 0.0
    for row in range(2 * reach + 1):
        distance = row - reach
        if row > 0:
            move = 1 - distance
            weight = float(taps[move + reach])
            s0, s1, s2 = s0 + weight, s1 + weight * move, s2 + weight * move * move
            s3, s4 = s3 + weight * move * move * move, s4 + weight * move * move * move * move
        if distance + drift < offset:
            _fill_row(table, row, distance, rho, drift, offset, 1.0, s0, s1, s2, s3, s4)
    s0, s1, s2, s3, s4 = 0.0, 0.0, 0.0, 0.0, 0.0
    for row in range(2 * reach, -1, -1):
        distance = row - reach
        move = -distance
        weight = float(taps[move + reach])
        s0, s1, s2 = s0 + weight, s1 + weight * move, s2 + weight * move * move
        s3, s4 = s3 + weight * move * move * move, s4 + weight * move * move * move * move
        if distance + drift >= offset:
            _fill_row(table, row, distance, rho, drift, offset, -1.0, s0, s1, s2, s3, s4)


@inner
def _fill_row(
    table: Floats,
    row: Int,
    distance: Int,
    rho: float,
    drift: float,
    offset: float,
    sign: float,
    s0: float,
    s1: float,
    s2: float,
    s3: float,
    s4: float,
) -> None:
    """Write one row: the moments of the density beyond the cut, less their sums, as weights of five nodes.

    ``sign`` is 1 where the thin side lies above the cut. Moments and sums are taken about the node that is valued, and
    then moved to the cut's node.
    """
    zeta = (offset - distance - drift) / rho
    density = _DENSITY * math.exp(-0.5 * zeta * zeta)
    m0 = 0.5 * math.erfc(sign * zeta / _ROOT_2)
    m1 = sign * density
    m2 = sign * zeta * density + m0
    m3 = sign * zeta * zeta * density + 2.0 * m1
    m4 = sign * zeta * zeta * zeta * density + 3.0 * m2
    c, r, d = drift, rho, float(distance)
    a0 = m0 - s0
    a1 = c * m0 + r * m1 - s1
    a2 = c * c * m0 + 2.0 * c * r * m1 + r * r * m2 - s2
    a3 = c * c * c * m0 + 3.0 * c * c * r * m1 + 3.0 * c * r * r * m2 + r * r * r * m3 - s3
    a4 = c * c * c * c * m0 + 4.0 * c * c * c * r * m1 + 6.0 * c * c * r * r * m2
    a4 += 4.0 * c * r * r * r * m3 + r * r * r * r * m4 - s4
    i1 = d * a0 + a1
    i2 = d * d * a0 + 2.0 * d * a1 + a2
    i3 = d * d * d * a0 + 3.0 * d * d * a1 + 3.0 * d * a2 + a3
    i4 = d * d * d * d * a0 + 4.0 * d * d * d * a1 + 6.0 * d * d * a2 + 4.0 * d * a3 + a4
    at = row * NEAR
    table[at] = -sign * (i4 - 2.0 * i3 - i2 + 2.0 * i1) / 24.0
    table[at + 1] = sign * (i4 - i3 - 4.0 * i2 + 4.0 * i1) / 6.0
    table[at + 2] = -sign * (i4 - 5.0 * i2 + 4.0 * a0) / 4.0
    table[at + 3] = sign * (i4 + i3 - 4.0 * i2 - 4.0 * i1) / 6.0
    table[at + 4] = -sign * (i4 + 2.0 * i3 - i2 - 2.0 * i1) / 24.0


@inner
def _step(leg: Int, top: Int, node: Int, is_cut: bool, highest: Int, reach: Int, legs: Legs, scratch: Scratch) -> None:
    """Write to ``after`` what the leg, cut as it must be, is worth one move earlier on the nodes up to ``highest``."""
    if top < 0:
        for place in range(highest + 1):
            scratch.after[place] = 0.0
        return
    line = legs.line_node[leg]
    last = min(node, top) if is_cut else top
    _cut(scratch.now, scratch.kept, reach, line, last, highest)
    _convolve(scratch.after, scratch.kept, scratch.taps, 2 * reach + 1, highest + 1)
    if line >= 0:
        _correct(scratch.after, scratch.now, scratch.line, reach, line, highest, -1.0)
    if is_cut and node <= top:
        _correct(scratch.after, scratch.now, scratch.barrier, reach, node, highest, 1.0)


@inner
def _cut(now: Floats, kept: Floats, reach: Int, line: Int, last: Int, highest: Int) -> None:
    """Copy the nodes above the line up to ``last``, and zeros beside them as far as the taps reach."""
    for place in range(reach + line + 1):
        kept[place] = 0.0
    for place in range(line + 1, last + 1):
        kept[reach + place] = now[place]
    for place in range(reach + last + 1, highest + 2 * reach + 1 + BLOCK):
        kept[place] = 0.0


@kernel
def _convolve(after: Floats, kept: Floats, taps: Floats, n_taps: Int, count: Int) -> None:
    for place in range(count):
        after[place] = 0.0
    for block in range(0, n_taps, BLOCK):
        _four_taps(
            after,
            kept,
            np.uint64(block),
            np.uint64(count),
            taps[block],
            taps[block + 1],
            taps[block + 2],
            taps[block + 3],
        )


@kernel
def _four_taps(
    after: Floats, kept: Floats, shift: Int, count: Int, one: float, two: float, three: float, four: float
) -> None:
    for place in range(count):
        at = place + shift
        after[place] += (
            one * kept[at]
            + two * kept[at + np.uint64(1)]
            + three * kept[at + np.uint64(2)]
            + four * kept[at + np.uint64(3)]
        )


@inner
def _correct(after: Floats, now: Floats, table: Floats, reach: Int, node: Int, highest: Int, sign: float) -> None:
    for place in range(max(0, node - reach), min(highest, node + reach) + 1):
        at = (place - node + reach) * NEAR
        added = 0.0
        for near in range(NEAR):
            added += table[at + near] * now[node + near - 2]
        after[place] += sign * added


@inner
def _add_pieces(
    leg: Int,
    place: Int,
    is_end: bool,
    highest: Int,
    spread: float,
    legs: Legs,
    seen: Observations,
    pieces: Pieces,
    scratch: Scratch,
) -> None:
    """Add to ``after`` what the pieces of this observation are worth one move earlier."""
    mean = seen.mean[place] / seen.substeps[place]
    for node in range(highest + 1):
        centre = legs.origin[leg] + node * legs.step[leg] + mean
        if is_end:
            for piece in range(legs.first_piece[leg], legs.first_piece[leg + 1]):
                scratch.after[node] += _piece(
                    centre, spread, pieces.edge[piece], pieces.cash[piece], pieces.slope[piece]
                )
        elif seen.cash[place] != 0.0 or seen.slope[place] != 0.0:
            scratch.after[node] += _piece(centre, spread, seen.barrier[place], seen.cash[place], seen.slope[place])


@inner
def _piece(centre: float, spread: float, edge: float, cash: float, slope: float) -> float:
    """Return the mean of cash + slope × level above the edge, one normal move earlier."""
    ahead = (centre - edge) / spread
    if ahead < -SIGMAS - 2.0 - spread:
        return 0.0
    level = math.exp(centre + 0.5 * spread * spread)
    return cash * _normal(ahead) + slope * level * _normal(ahead + spread)


@inner
def _normal(value: float) -> float:
    return 0.5 * math.erfc(-value / _ROOT_2)


@inner
def _swap(now: Floats, after: Floats, nodes: Int, highest: Int) -> None:
    for place in range(highest + 1):
        now[place] = after[place]
    for place in range(highest + 1, nodes):
        now[place] = 0.0


@inner
def _read_off(
    leg: Int,
    place: Int,
    level: float,
    top: Int,
    legs: Legs,
    seen: Observations,
    pieces: Pieces,
    scratch: Scratch,
    nodes: Floats,
    weights: Floats,
    out: Floats,
) -> None:
    """Write worth and derivatives at one level: the move to the next session, integrated for itself."""
    start = legs.first[leg]
    parts = seen.substeps[start]
    spread = math.sqrt(seen.variance[start] / parts)
    centre = level + seen.mean[start] / parts
    for part in range(3):
        out[leg, place, part] = 0.0
    if top >= 0:
        highest = legs.origin[leg] + top * legs.step[leg]
        if parts == 1:
            highest = min(highest, seen.barrier[start])
        _add_grid(leg, place, centre, spread, highest, legs, scratch, nodes, weights, out)
    if parts == 1 and start == legs.first[leg + 1] - 1:
        for piece in range(legs.first_piece[leg], legs.first_piece[leg + 1]):
            _add_slopes(leg, place, centre, spread, pieces.edge[piece], pieces.cash[piece], pieces.slope[piece], out)
    elif parts == 1:
        _add_slopes(leg, place, centre, spread, seen.barrier[start], seen.cash[start], seen.slope[start], out)


@kernel
def _add_grid(
    leg: Int,
    place: Int,
    centre: float,
    spread: float,
    highest: float,
    legs: Legs,
    scratch: Scratch,
    nodes: Floats,
    weights: Floats,
    out: Floats,
) -> None:
    """Add the part on the grid, from its line up to ``highest``: derivatives fall on the density, not on the leg."""
    origin, step = legs.origin[leg], legs.step[leg]
    lowest = max(centre - (SIGMAS + 1.0) * spread, origin + max(legs.line_node[leg], 0) * step)
    half = 0.5 * (min(highest, centre + (SIGMAS + 1.0) * spread) - lowest)
    if half <= 0.0:
        return
    for node in range(nodes.shape[0]):
        there = lowest + half * (1.0 + nodes[node])
        move = (there - centre) / spread
        weight = half * weights[node] * _DENSITY / spread * math.exp(-0.5 * move * move)
        weight *= _between(scratch.now, (there - origin) / step, legs.nodes[leg])
        out[leg, place, 0] += weight
        out[leg, place, 1] += weight * move / spread
        out[leg, place, 2] += weight * (move * move - 1.0) / (spread * spread)


@kernel
def _add_slopes(
    leg: Int, place: Int, centre: float, spread: float, edge: float, cash: float, slope: float, out: Floats
) -> None:
    """Add the mean of cash + slope × level above the edge, one move earlier, and its two derivatives."""
    ahead = (centre - edge) / spread
    further = ahead + spread
    density = _DENSITY * math.exp(-0.5 * ahead * ahead) / spread
    beyond = _DENSITY * math.exp(-0.5 * further * further) / spread
    level = slope * math.exp(centre + 0.5 * spread * spread)
    out[leg, place, 0] += cash * _normal(ahead) + level * _normal(further)
    out[leg, place, 1] += cash * density + level * (_normal(further) + beyond)
    out[leg, place, 2] += (
        level * (_normal(further) + (2.0 - further / spread) * beyond) - cash * density * ahead / spread
    )


@inner
def _between(now: Floats, at: float, nodes: Int) -> float:
    """Return the leg between its nodes: the polynomial through the six nearest."""
    first = min(max(math.floor(at) - 2, 0), nodes - 6)
    x = at - first
    value = 0.0
    for node in range(6):
        weight = 1.0
        for other in range(6):
            if other != node:
                weight *= (x - other) / (node - other)
        value += weight * now[first + node]
    return value
