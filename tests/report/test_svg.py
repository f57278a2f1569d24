"""Charts as SVG inside a page: well-formed, alone, the same whatever was drawn before."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree

from rongheng.report.drawing import Entry, Plot, Spec, band, over_time
from rongheng.report.svg import inline_svg, prepare, tidy
from rongheng.report.theme import BLUE, COLOURS, ORANGE

SVG = "{http://www.w3.org/2000/svg}"


def _spec() -> Spec:
    points = [(date(2024, 1, 1) + timedelta(day), float(day % 7)) for day in range(60)]
    plot = Plot(over_time(points[0][0], points[-1][0]))
    where = band([value for _, value in points], unit="亿元", zero=True)
    plot.area(where, points, BLUE)
    plot.line(where, points, ORANGE)
    plot.key([Entry("融资余额", BLUE), Entry("维持担保比例", ORANGE, "circle")])
    return plot.spec()


def test_a_chart_is_one_element_with_a_name_and_a_description() -> None:
    root = ElementTree.fromstring(inline_svg(_spec(), name="figure-x", title="余额 < 1 & 2"))
    assert root.tag == f"{SVG}svg"
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == "余额 < 1 & 2"
    assert root.get("aria-labelledby") == title.get("id")


def test_text_stays_text_in_the_readers_own_fonts() -> None:
    root = ElementTree.fromstring(inline_svg(_spec(), name="figure-x", title="t"))
    written = [element.text for element in root.iter(f"{SVG}text")]
    assert {"融资余额", "维持担保比例", "亿元"} <= set(written)
    assert "Noto Sans CJK SC" in (root.get("font-family") or "")
    assert all("font-family" not in element.attrib for element in root.iter() if element is not root)


def test_ids_begin_with_the_figures_name_and_every_reference_is_there() -> None:
    raw = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="8"><defs><clipPath id="clip41"><path d="M0,0"/>'
        '</clipPath></defs><g clip-path="url(#clip41)"><path d="M1.25,2.04"/><path d="M3,4"/></g></svg>'
    )
    svg = tidy(raw, name="figure-y", title="t")
    ids = set(re.findall(r'id="([^"]+)"', svg))
    assert all(identity.startswith("figure-y-") for identity in ids)
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= ids
    assert "clip41" not in svg


def test_the_same_chart_gives_the_same_text_whatever_was_drawn_before() -> None:
    first = inline_svg(_spec(), name="figure-x", title="t")
    inline_svg(_spec(), name="figure-other", title="t")
    assert inline_svg(_spec(), name="figure-x", title="t") == first


def test_coordinates_have_one_decimal_at_most() -> None:
    svg = inline_svg(_spec(), name="figure-x", title="t")
    paths = re.findall(r' (?:d|transform|cx|cy)="([^"]*)"', svg)
    assert paths
    assert not [path for path in paths if re.search(r"\.\d\d", path)]


def test_every_colour_of_a_chart_has_a_partner_on_dark_screens() -> None:
    known = {colour.light for colour in COLOURS} | {"currentColor", "none", "transparent"}
    svg = inline_svg(_spec(), name="figure-x", title="t")
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) <= known


def test_a_converter_that_was_started_early_draws_the_same() -> None:
    before = inline_svg(_spec(), name="figure-x", title="t")
    prepare()
    assert inline_svg(_spec(), name="figure-x", title="t") == before
