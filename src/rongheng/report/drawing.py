"""The forms of which every figure is made: bands with an axis, lines, bars, dots, labels, a key.

What lives here: how a form is written in Vega-Lite, where it stands in the frame of ``theme``, and how a long series is
thinned for display. What does not: what any figure shows (``charts``).

A plot is one frame with one horizontal axis, parted into *bands* that lie above one another, each with a vertical axis
of its own. Vega-Lite is written as plain data: building the same as Altair objects takes a second a figure, which is
ten times what drawing it takes. ``altair.Chart.from_dict`` reads the result where an object is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil, floor, isfinite, log10
from typing import Any

from rongheng.report.theme import FONT_SIZE, GREY, INK, PLOT_HEIGHT, PLOT_WIDTH, ROOM, SMALL, SOLID, Colour

Spec = dict[str, Any]
Point = tuple[date, float | None]

# More points than this cannot be told apart in a plot of this width.
COLUMNS = PLOT_WIDTH // 2


def thin(points: Sequence[Point], *, columns: int = COLUMNS) -> list[Point]:
    """Return the points that can be seen: of each of ``columns`` stretches the first, last, lowest and highest.

    Stretches without a value stay blank, so that a line breaks where there is no figure.

    Examples
    --------
    >>> days = [date(2024, 1, day) for day in range(1, 10)]
    >>> [value for _, value in thin(list(zip(days, [1, 5, 2, 3, None, 2, 9, 4, 4], strict=True)), columns=2)]
    [1, 5, 3, None, 2, 9, 4]
    """
    if len(points) <= 4 * columns:
        return list(points)
    kept: list[Point] = []
    size = ceil(len(points) / columns)
    for blank, run in _runs(points):
        if blank is not None:
            kept.append(blank)
        for start in range(0, len(run), size):
            kept += _seen(run[start : start + size])
    return kept


def _runs(points: Sequence[Point]) -> list[tuple[Point | None, list[Point]]]:
    """Part the points where figures are missing: each run with the missing point before it, if one parts it."""
    runs: list[tuple[Point | None, list[Point]]] = []
    blank: Point | None = None
    for point in points:
        if point[1] is None:
            blank = point
            continue
        if not runs or blank is not None:
            runs.append((blank if runs else None, []))
        blank = None
        runs[-1][1].append(point)
    return runs


def _seen(stretch: Sequence[Point]) -> list[Point]:
    values = [value for _, value in stretch if value is not None]
    places = {0, len(stretch) - 1, values.index(min(values)), values.index(max(values))}
    return [stretch[place] for place in sorted(places)]


def nice(low: float, high: float, *, ticks: int = 4) -> tuple[float, float, list[float]]:
    """Return a domain that holds two values with a little air, and the round numbers inside it.

    A value at zero gets no air beyond it, so that bars and shares stand on the axis.

    >>> nice(1.83, 3.02)
    (1.7705, 3.0795, [2.0, 2.5, 3.0])
    >>> nice(0, 230)
    (0.0, 241.5, [0.0, 100.0, 200.0])
    """
    if not (isfinite(low) and isfinite(high)):
        return 0.0, 1.0, [0.0, 1.0]
    if high - low <= 1e-6 * max(abs(low), abs(high), 1.0):  # nothing that an axis could show apart
        low, high = low - abs(low) * 0.1 - 0.5, high + abs(high) * 0.1 + 0.5
    air = (high - low) * 0.05
    first, last = (low - air if low else low), (high + air if high else high)
    values = _round_numbers(first, last, (last - first) / ticks)
    if len(values) < min(3, ticks):
        values = _round_numbers(first, last, (last - first) / (ticks + 2))
    return float(f"{first:.10g}"), float(f"{last:.10g}"), values


def _round_numbers(first: float, last: float, rough: float) -> list[float]:
    power = 10.0 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough * 0.999)
    return [round(place * step, 10) for place in range(ceil(first / step - 1e-9), floor(last / step + 1e-9) + 1)]


def text_width(text: str, *, size: float = SMALL) -> float:
    """Return about how wide a text is: one em for a Chinese character, a little over half for others.

    >>> text_width("融资 30", size=10)
    36.5
    """
    return round(sum(1.0 if ord(sign) > 0x2E80 else 0.55 for sign in text) * size, 1)


@dataclass(frozen=True, slots=True)
class Strip:
    """Where a band lies in the plot, in pixels from its top."""

    top: float
    bottom: float


WHOLE = Strip(0, PLOT_HEIGHT)


def stack(*shares: float, gap: float = 26) -> list[Strip]:
    """Return strips that lie above one another and share the height of the plot.

    >>> stack(2, 1, gap=10)
    [Strip(top=0.0, bottom=120.0), Strip(top=130.0, bottom=190.0)]
    """
    free = PLOT_HEIGHT - gap * (len(shares) - 1)
    strips, top = [], 0.0
    for share in shares:
        height = round(free * share / sum(shares), 1)
        strips.append(Strip(top, top + height))
        top += height + gap
    return strips


def row_strips(count: int) -> list[Strip]:
    """Return as many strips of equal height, one below another, as a figure of rows needs.

    >>> row_strips(2)
    [Strip(top=0.0, bottom=95.0), Strip(top=95.0, bottom=190.0)]
    """
    height = PLOT_HEIGHT / count
    return [Strip(round(place * height, 1), round((place + 1) * height, 1)) for place in range(count)]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a key: what a colour stands for."""

    text: str
    colour: Colour
    shape: str = "stroke"  # stroke, dashed, or a Vega shape such as square or circle


@dataclass(frozen=True, slots=True)
class Band:
    """One vertical axis and the strip that it spans."""

    strip: Strip
    low: float
    high: float
    ticks: tuple[float, ...]
    unit: str = ""
    logarithmic: bool = False
    number: str = ",.10~g"

    def y(self, name: str = "v") -> Spec:
        """Return the vertical place of a field of the data."""
        scale: Spec = {"domain": [self.low, self.high], "range": [self.strip.bottom, self.strip.top], "zero": False}
        if self.logarithmic:
            scale |= {"type": "log", "nice": False}
        axis = {
            "values": list(self.ticks),
            "title": self.unit or None,
            "titleY": self.strip.top - 9,
            "format": self.number,
            "orient": "left",
        }
        return {"field": name, "type": "quantitative", "scale": scale, "axis": axis}

    def pixel(self, value: float) -> float:
        """Return where a value stands, in pixels from the top of the plot."""
        low, high, at = (
            (log10(self.low), log10(self.high), log10(value)) if self.logarithmic else (self.low, self.high, value)
        )
        share = (at - low) / (high - low)
        return self.strip.bottom - share * (self.strip.bottom - self.strip.top)


def band(
    values: Iterable[float | None], *, strip: Strip = WHOLE, unit: str = "", zero: bool = False, ticks: int = 4
) -> Band:
    """Return the band whose axis holds all the values on round numbers."""
    found = [value for value in values if value is not None and isfinite(value)]
    if zero:
        found.append(0.0)
    low, high, at = nice(min(found, default=0.0), max(found, default=1.0), ticks=ticks)
    return Band(strip, low, high, tuple(at), unit)


@dataclass
class Plot:
    """A figure in the making: the horizontal axis, the layers of each band, and what is written in the frame."""

    x: Spec
    height: float = PLOT_HEIGHT
    _bands: dict[Band, list[Spec]] = field(default_factory=dict)
    _loose: list[Spec] = field(default_factory=list)
    _texts: list[Spec] = field(default_factory=list)
    _strokes: list[Spec] = field(default_factory=list)
    _signs: list[Spec] = field(default_factory=list)

    @property
    def width(self) -> float:
        """How wide the plot is, in pixels."""
        return float(self.x["scale"]["range"][1])

    def line(
        self,
        where: Band,
        points: Iterable[Point],
        colour: Colour,
        *,
        dash: Sequence[float] = SOLID,
        width: float = 1.3,
        step: bool = False,
    ) -> None:
        """Draw a line over time; it breaks where a value is missing."""
        mark: Spec = {"type": "line", "stroke": colour.light, "strokeWidth": width, **_dashed(dash)}
        if step:
            mark["interpolate"] = "step-after"
        self.draw(where, _dated(points), mark)

    def area(self, where: Band, points: Iterable[Point], colour: Colour, *, opacity: float = 0.12) -> None:
        """Fill from the foot of the band to a line over time."""
        mark = {"type": "area", "fill": colour.light, "fillOpacity": opacity}
        self.draw(where, _dated(points), mark, y2={"datum": where.low})

    def sticks(self, where: Band, points: Iterable[Point], colour: Colour, *, width: float) -> None:
        """Draw one bar from zero for each date."""
        mark = {"type": "rule", "stroke": colour.light, "strokeWidth": width}
        shown = [point for point in points if point[1] is not None]
        self.draw(where, _dated(shown), mark, y2={"datum": 0})

    def dots(
        self,
        where: Band,
        rows: Iterable[Spec],
        colour: Colour,
        *,
        shape: str = "circle",
        size: float = 28,
        filled: bool = True,
        opacity: float = 1.0,
    ) -> None:
        """Draw one sign for each row: its field on the horizontal axis, and ``v``."""
        fill = colour.light if filled else "none"
        mark: Spec = {"type": "point", "shape": shape, "size": size, "opacity": 1, "strokeWidth": 1.1}
        mark |= {"fill": fill, "stroke": colour.light if opacity == 1 else "none", "fillOpacity": opacity}
        self.draw(where, list(rows), mark)

    def text(
        self,
        where: Band,
        rows: Iterable[Spec],
        *,
        colour: Colour | None = None,
        align: str = "left",
        dx: float = 4,
        dy: float = 0,
        size: float = SMALL,
    ) -> None:
        """Write the ``s`` of each row at its place on both axes."""
        mark = {"type": "text", "align": align, "baseline": "middle", "dx": dx, "dy": dy, "fontSize": size}
        self.draw(where, list(rows), mark | {"fill": _ink(colour)}, text={"field": "s"})

    def level(self, where: Band, value: float, *, colour: Colour = GREY, dash: Sequence[float] = SOLID) -> None:
        """Draw a level line across a band, at zero for example."""
        mark = {"type": "rule", "stroke": colour.light, "strokeWidth": 0.8, **_dashed(dash)}
        self._bands.setdefault(where, []).append(_layer([{"v": value}], mark, {"y": where.y()}))

    def draw(self, where: Band, rows: list[Spec], mark: Spec, **more: Spec) -> None:
        """Draw any mark in a band; ``more`` are further channels of its encoding."""
        self._bands.setdefault(where, []).append(_layer(rows, mark, {"x": self.x, "y": where.y()} | more))

    def draw_across(self, rows: list[Spec], mark: Spec, **encoding: Spec) -> None:
        """Draw a mark that belongs to no band, over the horizontal axis alone."""
        self._loose.append(_layer(rows, mark, {"x": self.x} | encoding))

    def write(
        self, x: float, y: float, text: str, *, colour: Colour | None = None, align: str = "left", size: float = SMALL
    ) -> None:
        """Write a text at a place in pixels."""
        self._texts.append({"px": x, "py": y, "s": text, "c": _ink(colour), "a": align, "z": size})

    def stroke(self, x: float, x2: float, y: float, y2: float, colour: Colour, *, width: float = 2) -> None:
        """Draw a straight stroke between two places in pixels."""
        row = {"px": x, "px2": x2, "py": y, "py2": y2, "c": colour.light, "z": width}
        self._strokes.append(row)

    def sign(self, x: float, y: float, colour: Colour, *, shape: str = "circle", size: float = 42) -> None:
        """Draw a sign at a place in pixels."""
        self._signs.append({"px": x, "py": y, "c": colour.light, "k": shape, "z": size})

    def ends(self, where: Band, ends: Iterable[tuple[float | None, str, Colour]]) -> None:
        """Write last values at the right edge of a band, moved apart where they would meet."""
        wanted = [(where.pixel(value), text, colour) for value, text, colour in ends if value is not None]
        wanted.sort(key=lambda end: end[0])
        places = spread([place for place, _, _ in wanted], apart=FONT_SIZE + 1)
        for place, (_, text, colour) in zip(places, wanted, strict=True):
            self.write(self.width + 4, place, text, colour=colour)

    def key(self, entries: Sequence[Entry], *, y: float = -16) -> None:
        """Write what each colour stands for, in one row above the plot that ends at its right edge."""
        widths = [text_width(entry.text) + 27 for entry in entries]
        x = self.width + ROOM["right"] - sum(widths) + 6
        for entry, width in zip(entries, widths, strict=True):
            if entry.shape == "stroke":
                self.stroke(x, x + 12, y, y, entry.colour)
            elif entry.shape == "dashed":
                self.stroke(x, x + 5, y, y, entry.colour)
                self.stroke(x + 8, x + 13, y, y, entry.colour)
            else:
                self.sign(x + 8, y, entry.colour, shape=entry.shape)
            self.write(x + 16, y, entry.text)
            x += width

    def spec(self) -> Spec:
        """Return the whole figure as a Vega-Lite specification without a configuration."""
        if not self._bands and not self._loose:
            self.draw_across([], {"type": "point"})  # so that the horizontal axis is drawn
        layers: list[Spec] = [{"layer": layers} for layers in self._bands.values()] + self._loose
        if self._strokes:
            places = _pixels("px", "py") | {"x2": {"field": "px2"}, "y2": {"field": "py2"}}
            layers.append(_layer(self._strokes, {"type": "rule", "strokeWidth": {"expr": "datum.z"}}, places))
        if self._signs:
            mark = {"type": "point", "filled": True, "opacity": 1}
            shape = {"shape": {"field": "k", "type": "nominal", "scale": None}}
            size = {"size": {"field": "z", "type": "quantitative", "scale": None}}
            layers.append(_layer(self._signs, mark, _pixels("px", "py") | shape | size))
        if self._texts:
            mark = {"type": "text", "baseline": "middle", "align": {"expr": "datum.a"}, "fontSize": {"expr": "datum.z"}}
            layers.append(_layer(self._texts, mark, _pixels("px", "py") | {"text": {"field": "s"}}))
        below = ROOM["bottom"] + (12 if self.x["axis"]["title"] else 0)
        return {
            "width": self.width,
            "height": self.height,
            "padding": ROOM | {"bottom": below},
            "layer": layers,
            "resolve": {"scale": {"y": "independent"}},
        }


def spread(places: Sequence[float], *, apart: float) -> list[float]:
    """Return ascending places moved as little as needed to stand ``apart`` from one another.

    >>> spread([10.0, 12.0, 40.0], apart=10)
    [6.0, 16.0, 40.0]
    """
    groups: list[tuple[float, int]] = []  # centre, how many
    for place in places:
        groups.append((place, 1))
        while len(groups) > 1 and groups[-1][0] - groups[-2][0] < apart * (groups[-1][1] + groups[-2][1]) / 2:
            (right, more), (left, some) = groups.pop(), groups.pop()
            groups.append(((left * some + right * more) / (some + more), some + more))
    return [centre + apart * (place - (count - 1) / 2) for centre, count in groups for place in range(count)]


def _layer(rows: list[Spec], mark: Spec, encoding: Spec) -> Spec:
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding}


def _pixels(x: str, y: str) -> Spec:
    """Return the encoding of places in pixels and of a colour that stands in the data."""
    raw = {"type": "quantitative", "scale": None, "axis": None}
    return {
        "x": {"field": x, **raw},
        "y": {"field": y, **raw},
        "color": {"field": "c", "type": "nominal", "scale": None},
    }


def _dashed(dash: Sequence[float]) -> Spec:
    return {} if tuple(dash) == SOLID else {"strokeDash": list(dash)}


def _ink(colour: Colour | None) -> str:
    return colour.light if colour else INK


def _dated(points: Iterable[Point]) -> list[Spec]:
    return [{"t": day.isoformat(), "v": rounded(value)} for day, value in points]


def rounded(value: float | None) -> float | None:
    """Return a value with six digits that matter: more cannot be seen."""
    return None if value is None or not isfinite(value) else float(f"{value:.6g}")


def over_time(first: date, last: date, *, width: float = PLOT_WIDTH) -> Spec:
    """Return a horizontal axis of dates, with a tick at the start of years or of months."""
    days = (last - first).days
    every = (
        {"interval": "year", "step": ceil(days / 365 / 8 * PLOT_WIDTH / width)}
        if days > 800
        else {"interval": "month", "step": ceil(days / 30 / 6 * PLOT_WIDTH / width)}
    )
    axis = {"format": "%Y" if days > 800 else "%Y-%m", "title": None, "tickCount": every}
    scale = {"type": "utc", "domain": [first.isoformat(), last.isoformat()], "range": [0, width], "nice": False}
    return {"field": "t", "type": "temporal", "scale": scale, "axis": axis}


def over_numbers(
    where: tuple[float, float, Sequence[float]],
    *,
    title: str | None = None,
    form: str = ",.10~g",
    logarithmic: bool = False,
) -> Spec:
    """Return a horizontal axis of numbers with its ticks."""
    low, high, ticks = where
    scale: Spec = {"domain": [low, high], "range": [0, PLOT_WIDTH], "zero": False, "nice": False}
    if logarithmic:
        scale["type"] = "log"
    axis = {"values": list(ticks), "title": title, "format": form}
    return {"field": "h", "type": "quantitative", "scale": scale, "axis": axis}
