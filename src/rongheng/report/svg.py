"""A chart into the text of an SVG that can stand inside a page: no script, no outside reference, no font of its own.

What lives here: the conversion, and the tidying of what the converter writes. What does not: what a chart shows
(``charts``) and how it looks (``theme``).

Three things that the converter does in silence are mended here. Without a Chinese font on the machine it takes wrong
text widths: a font of widths alone is registered before the first chart. The names of its clip paths come from a
counter of the process, so that two figures on one page, or the same figure drawn twice, would meet: they are named
anew from the figure's own name. And its coordinates carry many more digits than a screen has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree

from rongheng.report.theme import FONT_STACK, configuration


def inline_svg(spec: Mapping[str, Any], *, name: str, title: str) -> str:
    """Return the chart as an ``<svg>`` element for an HTML page.

    Parameters
    ----------
    spec : a Vega-Lite specification of ``charts``
        Without a configuration of its own: that of ``theme`` is used.
    name : str
        The figure's name; every id inside begins with it, so that it must be unique on the page.
    title : str
        What the figure says, for readers who cannot see it.

    Returns
    -------
    str
        Well-formed XML. The same chart gives the same text, whatever was drawn before it.
    """
    return tidy(_convert({**spec, "config": configuration()}), name=name, title=title)


def prepare() -> None:
    """Start the converter in a thread of its own, while the dossier is still being made.

    Its first drawing takes a second longer than any later one; two cores can spend that second on two things. Nothing
    waits for it and nothing needs it: a drawing that comes early waits by itself.
    """
    nothing: dict[str, Any] = {"data": {"values": []}, "mark": "point", "config": configuration()}
    Thread(target=_convert, args=(nothing,), name="rongheng-prepare-svg").start()


def _convert(spec: dict[str, Any]) -> str:
    import vl_convert

    _register_metrics_font()
    svg: str = vl_convert.vegalite_to_svg(spec)
    return svg


@cache
def _register_metrics_font() -> None:
    import vl_convert

    folder = files("rongheng.report").joinpath("fonts")
    assert isinstance(folder, Path), "the package is unpacked, so that the converter can read the font"
    vl_convert.register_font_directory(str(folder))


_SVG = "http://www.w3.org/2000/svg"
_DECIMAL = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
_NUMERIC = {"d", "transform", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height"}
_MEANINGLESS = {"class", "role", "pointer-events", "font-family", "stroke-miterlimit"}
_DEFAULTS = {"opacity": "1", "stroke-opacity": "1", "fill-opacity": "1", "transform": "translate(0,0)"}


def tidy(svg: str, *, name: str, title: str) -> str:
    """Return the converter's SVG without what is not seen, with short numbers and with ids of its own.

    Examples
    --------
    >>> raw = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="8"><g class="x"><path d="M1.23,2"/></g></svg>'
    >>> tidy(raw, name="a", title="T").split("</title>")[1]
    '<path d="M1.2,2" /></svg>'
    """
    root = ElementTree.fromstring(svg)
    _drop_unseen(root)
    _slim(root)
    _unwrap(root)
    _round_dots(root)
    _share(root)
    _rename(root, name)
    _head(root, name, title)
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _drop_unseen(element: ElementTree.Element) -> None:
    """Remove the grounds that the converter draws without colour before and behind every group."""
    for child in list(element):
        unseen = child.get("display") == "none" or child.get("class") == "background" or child.get("d") == ""
        if unseen:
            element.remove(child)
        else:
            _drop_unseen(child)


def _slim(root: ElementTree.Element) -> None:
    for element in root.iter():
        short = {key: _DECIMAL.sub(_short, value) if key in _NUMERIC else value for key, value in element.items()}
        element.attrib.clear()
        element.attrib |= {key: value for key, value in short.items() if not _says_nothing(key, value)}


def _says_nothing(key: str, value: str) -> bool:
    return key in _MEANINGLESS or key.startswith("aria-") or _DEFAULTS.get(key) == value


def _short(found: re.Match[str]) -> str:
    """Return a coordinate with one decimal: a tenth of a pixel is finer than print."""
    text = f"{float(found[0]):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _unwrap(element: ElementTree.Element) -> None:
    """Put the children of groups that say nothing in their place, and drop groups without children."""
    kept: list[ElementTree.Element] = []
    for child in element:
        _unwrap(child)
        if child.tag != f"{{{_SVG}}}g":
            kept.append(child)
        elif not child.attrib:
            kept.extend(child)
        elif len(child):
            kept.append(child)
    element[:] = kept


_CIRCLE = re.compile(r"M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0Z?")
_PLACE = re.compile(r"translate\((-?[\d.]+),(-?[\d.]+)\)")


def _round_dots(root: ElementTree.Element) -> None:
    """Write the paths of round dots as circles, which take a third of the room."""
    for element in root.iter(f"{{{_SVG}}}path"):
        circle = _CIRCLE.fullmatch(element.get("d", ""))
        place = _PLACE.fullmatch(element.get("transform", ""))
        if circle and place:
            element.tag = f"{{{_SVG}}}circle"
            del element.attrib["d"], element.attrib["transform"]
            element.attrib |= {"cx": place[1], "cy": place[2], "r": circle[1]}


# What children take over from their group in SVG.
_INHERITED = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "stroke-dasharray",
    "stroke-linejoin",
    "font-size",
    "text-anchor",
]


def _share(element: ElementTree.Element) -> None:
    """Say once, on the group, what all its children say alike."""
    for child in element:
        _share(child)
    if element.tag != f"{{{_SVG}}}g" or len(element) < 2:
        return
    for key in _INHERITED:
        values = {child.get(key) for child in element}
        if len(values) == 1 and None not in values:
            element.attrib[key] = values.pop() or ""
            for child in element:
                del child.attrib[key]


def _rename(root: ElementTree.Element, name: str) -> None:
    """Name every id after the figure, in the order in which they stand."""
    named = [element for element in root.iter() if "id" in element.attrib]
    renamed = {element.attrib["id"]: f"{name}-{place}" for place, element in enumerate(named)}
    for element in named:
        element.attrib["id"] = renamed[element.attrib["id"]]
    for element in root.iter():
        for key, value in element.attrib.items():
            if value.startswith("url(#"):
                element.attrib[key] = f"url(#{renamed[value[5:-1]]})"


def _head(root: ElementTree.Element, name: str, title: str) -> None:
    width, height = root.attrib["width"], root.attrib["height"]
    root.attrib.clear()
    root.attrib |= {
        "viewBox": f"0 0 {width} {height}",
        "role": "img",
        "aria-labelledby": f"{name}-title",
        "font-family": FONT_STACK,
        "stroke-miterlimit": "10",
    }
    heading = ElementTree.Element(f"{{{_SVG}}}title", {"id": f"{name}-title"})
    heading.text = title
    root.insert(0, heading)
