"""The register of documents: who issued what, under which number, when, and where it can be read.

What lives here: documents and citations. What does not: what a document says; that is a rule, which cites it by id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rongheng.basics.text import Text
from rongheng.rulebook.confidence import Confidence, parse_confidence
from rongheng.rulebook.reader import Item, did_you_mean
from rongheng.rulebook.scalars import read_date, read_switch


@dataclass(frozen=True, slots=True)
class Document:
    """One document.

    ``is_described`` says that the title is our description, because the printed one is not known; ``confidence`` is
    that of the dates where they were not read in the document itself.
    """

    id: str
    issuer: str
    issuer_name: Text
    title: Text
    number: str | None
    announced: date | None
    effective: date | None
    confidence: Confidence | None
    urls: tuple[str, ...]
    is_described: bool
    note: Text | None
    place: str

    def show(self) -> Text:
        """Return the document in one line: issuer, title, number, date."""
        tail = "".join(f", {part}" for part in (self.number, self.announced) if part)
        left, right = ("", "") if self.is_described else ("《", "》")
        return Text(
            f"{self.issuer_name.zh}{left}{self.title.zh}{right}{tail.replace(', ', '，')}",
            f"{self.issuer_name.en}: {self.title.en}{tail}",
        )


@dataclass(frozen=True, slots=True)
class Citation:
    """One document, and the article in it where it is known. Articles are labels: nothing is computed with them."""

    document: Document
    article: str | None

    def show(self) -> Text:
        """Return the citation in one line."""
        shown = self.document.show()
        if self.article is None:
            return shown
        return Text(f"{shown.zh}，第{self.article}条", f"{shown.en}, art. {self.article}")


def read_register(root: Item, *, known: Mapping[str, Text]) -> tuple[list[Document], Mapping[str, Text]]:
    """Return the documents of one register file, and the issuers known after it (``known`` before it)."""
    top = root.fields(required=("documents",), optional=("issuers",))
    own = {name: item.bilingual() for name, item in top["issuers"].pairs().items()} if "issuers" in top else {}
    issuers = {**known, **own}
    return [_read_document(id_, item, issuers) for id_, item in top["documents"].pairs().items()], issuers


def read_citations(item: Item, register: Mapping[str, Document]) -> tuple[Citation, ...]:
    """Return what ``cite`` names: a document's id, ``{doc: id, article: "38"}``, or a list of these."""
    return tuple(_read_citation(member, register) for member in item.one_or_many())


def find_document(item: Item, register: Mapping[str, Document]) -> Document:
    """Return the document whose id the item holds."""
    id_ = item.text()
    if id_ not in register:
        item.refuse(
            f"cites {id_!r}, which is not in the register of documents.{did_you_mean(id_, register)} "
            "Correct the id, or add the document to documents.yaml."
        )
    return register[id_]


def _read_citation(item: Item, register: Mapping[str, Document]) -> Citation:
    if item.is_text:
        return Citation(find_document(item, register), None)
    fields = item.fields(required=("doc",), optional=("article",))
    article = fields["article"].text() if "article" in fields else None
    return Citation(find_document(fields["doc"], register), article)


def _read_document(id_: str, item: Item, issuers: Mapping[str, Text]) -> Document:
    fields = item.fields(
        required=("issuer", "title"),
        optional=("number", "announced", "effective", "confidence", "url", "described", "note"),
    )
    issuer = fields["issuer"].one_of(issuers, what="issuer")
    return Document(
        id=id_,
        issuer=issuer,
        issuer_name=issuers[issuer],
        title=fields["title"].bilingual(),
        number=fields["number"].text() if "number" in fields else None,
        announced=fields["announced"].read(read_date) if "announced" in fields else None,
        effective=fields["effective"].read(read_date) if "effective" in fields else None,
        confidence=fields["confidence"].read(parse_confidence) if "confidence" in fields else None,
        urls=tuple(url.text() for url in fields["url"].one_or_many()) if "url" in fields else (),
        is_described="described" in fields and fields["described"].read(read_switch),
        note=fields["note"].bilingual() if "note" in fields else None,
        place=item.place,
    )
