"""The note: a dossier as one HTML page that needs no network, no script and no other file, and prints on A4.

What lives here: the page's parts, gathered and numbered, and the door :func:`note`. What does not: sentences
(``claims``), figures (``charts``), tables (``chapter_tables``), looks (``note.css``, ``templates``), the workbook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.errors import UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.accounts import MARKS
from rongheng.findings.calls import CALLS
from rongheng.findings.dossier import Dossier
from rongheng.market.indicators.contract import Indicator, Reading
from rongheng.report import account_claims, chapter_tables, claims
from rongheng.report.chapters import Chapter, chapters_of, disclaimer_of, risks_of
from rongheng.report.charts import FIGURES
from rongheng.report.charts.figure import Figure
from rongheng.report.claims import Claim
from rongheng.report.facts import grade_of, today, why_missing
from rongheng.report.files import check_target, write_whole
from rongheng.report.numbers import display, typeset
from rongheng.report.svg import inline_svg
from rongheng.report.tables import Table
from rongheng.report.tables import word as word_of
from rongheng.report.theme import COLOURS
from rongheng.report.words import GRADE_MEANINGS, GRADES, SEVERITIES, SIMULATED, SIMULATED_MEANS, verdict
from rongheng.report.workbook import workbook_bytes

LANGUAGES: tuple[Language, ...] = ("zh", "en")


def note(dossier: Dossier, path: str | Path, *, lang: str = "zh") -> Path:
    """Write the research note (``.html``) or the workbook (``.xlsx``) of a dossier, and return its path.

    The suffix decides which. The same dossier gives the same bytes. The file appears whole or not at all.

    Parameters
    ----------
    dossier : Dossier
    path : str or Path
        In a folder that is there.
    lang : ``zh`` or ``en``

    Raises
    ------
    UsageError
        Another suffix or language, no such folder, no permission, a full disk.
    """
    if lang not in LANGUAGES:
        raise UsageError(f"There is no language {lang!r}; a report is written in zh or en.")
    target = check_target(path)
    language: Language = lang
    if target.suffix.lower() == ".xlsx":
        return write_whole(target, workbook_bytes(dossier, language))
    return write_whole(target, page(dossier, language).encode())


def page(dossier: Dossier, language: Language) -> str:
    """Return the note as the text of an HTML page."""
    writer = _Writer(dossier, language)
    return _environment().get_template("note.html.j2").render(
        language=language,
        html_language="zh-CN" if language == "zh" else "en",
        say=writer.say,
        css=Markup(_style()),
        simulated=dossier.simulated,
        simulated_words=SIMULATED.in_(language),
        simulated_means=SIMULATED_MEANS.in_(language),
        head=writer.head(),
        lead=writer.lead(),
        findings=writer.findings(),
        key_numbers=writer.numbered(chapter_tables.of_key_numbers(dossier, language)),
        chapters=[writer.chapter(chapter) for chapter in chapters_of(dossier)],
        risks=[risk.in_(language) for risk in risks_of(dossier)],
        data=writer.data(),
        grades=[(grade.value, GRADES[grade].in_(language), GRADE_MEANINGS[grade].in_(language)) for grade in Grade],
        held=writer.held(),
        disclaimer=disclaimer_of(dossier).in_(language),
    )  # fmt: skip


@dataclass(frozen=True)
class Head:
    """What stands at the top: what the note is, of which session, known when, and its verdict."""

    name: str
    title: str
    session: str
    known_at: str
    verdict: str  # low, watch, high or none: for the look of it
    running: str  # the line at the head of printed pages


@dataclass(frozen=True)
class Picture:
    """A figure on the page: drawn, or with what is missing in its place."""

    name: str
    number: int
    title: str
    svg: Markup
    source: str
    missing: Markup | str = ""
    wide: bool = False


@dataclass
class _Writer:
    """One page in the making: figures and tables are numbered as they are asked for."""

    dossier: Dossier
    language: Language
    _figures: Iterator[int] = field(default_factory=lambda: count(1))
    _tables: Iterator[int] = field(default_factory=lambda: count(1))

    def say(self, zh: str, en: str) -> str:
        """Return the phrase in the page's language."""
        return zh if self.language == "zh" else en

    def head(self) -> Head:
        """Return the head of the page."""
        overall = today(self.dossier, "pressure", criterion="overall")
        word = overall.get("verdict")
        said = verdict(word).in_(self.language)
        name = self.say("融资融券市场日报", "Margin Trading Daily")
        days = self.say("一二三四五六日", "MTWTFSS")
        weekday = self.dossier.as_of.weekday()
        day = f"（周{days[weekday]}）" if self.language == "zh" else f" ({self.dossier.as_of:%A})"
        moment = self.dossier.known_at.astimezone(SHANGHAI)
        return Head(
            name=name,
            title=self.say(f"两融压力：{said}", f"Margin pressure: {said}"),
            session=f"{self.dossier.as_of.isoformat()}{day}",
            known_at=f"{moment:%Y-%m-%d %H:%M} {self.say('（北京时间）', '(Beijing time)')}",
            verdict=str(word or "none"),
            running=f"{name} · {self.dossier.as_of.isoformat()}",
        )

    def held(self) -> list[tuple[str, str]]:
        """Return the grades of the numbers on this page: those of the lake, and what follows from them."""
        stored = {Grade(grade) for entry in self.dossier.coverage for grade in entry.grades} | {Grade.DERIVED}
        if self.dossier.accounts is not None:
            stored.add(self.dossier.accounts.grade)
        return [(grade.value, GRADES[grade].in_(self.language)) for grade in Grade if grade in stored]

    def lead(self) -> list[dict[str, str]]:
        """Return the paragraph under the headline: the verdict, what it rests on, and the figures behind it."""
        order: tuple[tuple[Callable[[Dossier, Language], Iterator[Claim]], int], ...] = (
            (claims.of_scale, 1),
            (claims.of_leverage, 2),
            (claims.of_pressure, 1),
        )
        found = []
        for says, most in order:
            found += [
                self._claim(claim) for claim, _ in zip(says(self.dossier, self.language), range(most), strict=False)
            ]
        return found

    def findings(self) -> list[dict[str, str]]:
        """Return the findings, the gravest first."""
        return [
            {
                "severity": finding.severity.value,
                "word": SEVERITIES[finding.severity].in_(self.language),
                "statement": typeset(finding.statement.in_(self.language)),
                "evidence": typeset(finding.evidence.in_(self.language)),
                "session": finding.session.isoformat(),
                "grade": finding.grade.value,
                "grade_word": GRADES[finding.grade].in_(self.language),
                "cites": finding.cites,
                "anchor": finding.cites.split(".")[0],
            }
            for finding in self.dossier.findings
            if finding.cites != "pressure.overall"  # that one is the headline
        ]

    def chapter(self, chapter: Chapter) -> dict[str, Any]:
        """Return one chapter with its sentences, figures and tables."""
        pictures = [self.picture(FIGURES[name]) for name in chapter.figures]
        beside, tables = (
            [self.numbered(table) for build in builds if (table := build(self.dossier, self.language)) is not None]
            for builds in (chapter.beside, chapter.tables)
        )
        return {
            "name": chapter.name,
            "title": chapter.title.in_(self.language),
            "claims": [self._claim(claim) for claim in chapter.says(self.dossier, self.language)],
            "pictures": pictures,
            "beside": beside,
            "tables": tables,
        }

    def _claim(self, claim: Claim) -> dict[str, str]:
        return {
            "text": typeset(claim.text),
            "indicator": claim.indicator,
            "date": claim.as_of.isoformat(),
            "grade": claim.grade.value,
            "grade_word": GRADES[claim.grade].in_(self.language),
        }

    def numbered(self, table: Table | None) -> dict[str, Any] | None:
        """Return a table with its number."""
        return None if table is None else {"number": next(self._tables), "table": table}

    def picture(self, figure: Figure) -> Picture:
        """Return a figure drawn, or what it lacks."""
        number = next(self._figures)
        drawn = figure.draw(self.dossier, self.language)
        if drawn is None:
            label = figure.label.in_(self.language)
            return Picture(figure.name, number, label, Markup(), "", _with_code(self._missing(figure)))
        title = typeset(drawn.title)
        svg = Markup(inline_svg(drawn.spec, name=f"figure-{figure.name}", title=title))
        return Picture(figure.name, number, title, svg, self._source(figure, drawn.remarks), wide=figure.wide)

    def _missing(self, figure: Figure) -> str:
        why = why_missing(self.dossier, figure.reads)
        needs = self.say(f"需要：{figure.needs.zh}。", f"It needs {figure.needs.en}.")
        if why is None:
            notes = [note.in_(self.language) for name in figure.reads for note in self._notes(name)]
            return typeset(" ".join([needs, *notes]))
        return typeset(f"{needs} {why.in_(self.language)}")

    def _notes(self, name: str) -> tuple[Text, ...]:
        reading = self.dossier.reading(name)
        return () if reading is None else reading.notes

    def _source(self, figure: Figure, remarks: tuple[str, ...]) -> str:
        grades = [grade for grade in (grade_of(self.dossier, name) for name in figure.reads) if grade is not None]
        as_of = self.dossier.as_of
        if not figure.reads and self.dossier.accounts is not None:
            grades, as_of = [self.dossier.accounts.grade], self.dossier.accounts.session
        worst = max(grades, key=lambda grade: grade.rank, default=Grade.DERIVED)
        parts = [
            figure.label.in_(self.language),
            self.say(f"截至 {as_of}", f"to {as_of}"),
            self.say(f"级别：{GRADES[worst].zh}", f"grade: {GRADES[worst].en}"),
            *remarks,
        ]
        return typeset(self.say("；", "; ").join(parts))

    def data(self) -> dict[str, Any]:
        """Return the last chapter: coverage, what could not be read, methods, the published figures recomputed."""
        return {
            "coverage": self.numbered(chapter_tables.of_coverage(self.dossier, self.language)),
            "unreadable": [
                {"name": name, "why": typeset(why.in_(self.language))} for name, why in self.dossier.unreadable.items()
            ],
            "methods": [
                *(self._method(name, reading) for name, reading in self.dossier.readings.items() if "." not in name),
                *self._method_of_marks(),
            ],
            "reproduced": self._reproduced(),
        }

    def _method(self, name: str, reading: Reading) -> dict[str, Any]:
        indicator: Indicator = reading.indicator
        return {
            "name": name,
            "label": indicator.label.in_(self.language),
            "meaning": _with_code(indicator.meaning.in_(self.language)),
            "formula": _with_code(indicator.formula),
            "source": _with_code(indicator.source),
            "problems": [_with_code(problem.in_(self.language)) for problem in indicator.problems],
            "notes": [_with_code(note.in_(self.language)) for note in reading.notes],
        }

    def _method_of_marks(self) -> Iterator[dict[str, Any]]:
        """Yield how the accounts' numbers come about, where there are some."""
        if self.dossier.accounts is not None:
            source = Text(f"账簿：{self.dossier.accounts.source}", f"The book: {self.dossier.accounts.source}")
            yield {
                "name": MARKS,
                "label": account_claims.METHOD.in_(self.language),
                "meaning": _with_code(account_claims.MEANING.in_(self.language)),
                "formula": _with_code(account_claims.FORMULA),
                "source": _with_code(account_claims.SOURCE),
                "problems": [_with_code(problem.in_(self.language)) for problem in account_claims.PROBLEMS],
                "notes": [_with_code(source.in_(self.language))],
            }
        if self.dossier.calls:
            yield {
                "name": CALLS,
                "label": account_claims.CALLS_METHOD.in_(self.language),
                "meaning": _with_code(account_claims.CALLS_MEANING.in_(self.language)),
                "formula": _with_code(account_claims.CALLS_FORMULA),
                "source": _with_code(account_claims.CALLS_SOURCE),
                "problems": [],
                "notes": [],
            }

    def _reproduced(self) -> dict[str, Any] | None:
        rows = self.dossier.reproduced
        if rows is None or rows.is_empty():
            return None
        counts = rows.group_by("verdict").len().sort("len", "verdict", descending=[True, False]).rows()
        differing = ("report is wrong", "disagrees", "disagrees (stand-in)")
        agreeing = tuple(word for word, _ in counts if word not in differing)
        computed = tuple(word for word in agreeing if word not in ("missing data", "not computable"))
        silent = rows.filter(pl.col("verdict").is_in(["missing data", "not computable"])).height
        return {
            "counts": [(word_of(word, self.language), display(n, Unit.COUNT, self.language)) for word, n in counts],
            "differing": self._table_of(differing),
            "agreeing": self._table_of(computed),
            "silent": silent,
        }

    def _table_of(self, verdicts: tuple[str, ...]) -> dict[str, Any] | None:
        table = chapter_tables.of_reproduced(self.dossier, self.language, verdicts=verdicts)
        return self.numbered(table) if table is not None and table.rows else None


def _with_code(text: str) -> Markup:
    """Return a text with what stands between backticks as code."""
    parts = [escape(part) for part in typeset(text).split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


@cache
def _environment() -> Environment:
    folder = files("rongheng.report").joinpath("templates")
    return Environment(
        loader=FileSystemLoader(str(folder)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _style() -> str:
    """Return the style sheet, with the colours of the figures' dark partners behind it."""
    sheet = files("rongheng.report").joinpath("note.css").read_text(encoding="utf-8")
    swaps = "".join(
        f'svg [{key}="{colour.light}"]{{{key}:{colour.dark}}}' for colour in COLOURS for key in ("fill", "stroke")
    )
    return f"{sheet}@media screen and (prefers-color-scheme:dark){{{swaps}}}"
