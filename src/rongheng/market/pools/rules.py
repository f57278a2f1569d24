"""The rules of the rulebook as the pools read them: for one session, one market, with what must be said beside it.

What lives here: reading a rule that a report shows only from some day on, and citing. What does not: any rule's number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rongheng.basics.errors import NotInForceError
from rongheng.basics.text import Text
from rongheng.rulebook import Reading, Rulebook
from rongheng.rulebook.timeline import Start


@dataclass(frozen=True, slots=True)
class Ask:
    """On which session the rules are read, and as they were known when (``None``: as known today)."""

    book: Rulebook
    session: date
    known_at: date | None = None

    def rule(self, id_: str, *, market: str | None = None) -> Reading:
        """Return what the rule says on the session.

        Of a rule whose document only *shows* it on a later day, and does not say when it began, the first entry is
        taken for earlier sessions too; :meth:`note` says so. With ``known_at`` nothing is taken back in time.

        Raises
        ------
        NotInForceError
            The rule was not yet in force (or not yet known) in that market.
        """
        rule = self.book.rule(id_)
        try:
            return rule.on(self.session, known_at=self.known_at, market=market)
        except NotInForceError as error:
            own = [entry for entry in rule.timeline.entries if market is None or market in entry.markets]
            if not own or own[0].start is not Start.SEEN:
                raise
            if self.known_at is not None:
                raise NotInForceError(
                    f"{error} Without known_at it is taken to have held before, and a note says so."
                ) from error
            return rule.on(own[0].effective, market=market)

    def find(self, id_: str, *, market: str | None = None) -> Reading | None:
        """Return what the rule says, or ``None`` where it is not in force in that market on the session."""
        if market is not None and market not in self.book.rule(id_).markets:
            return None
        try:
            return self.rule(id_, market=market)
        except NotInForceError:
            return None

    def note(self, reading: Reading) -> Text | None:
        """Return what a reader must know beside the reading, or ``None``."""
        if reading.session == self.session:
            return None
        day, id_ = reading.entry.effective, reading.rule.id
        return Text(
            f"{id_} 的文件只显示 {day} 已有此规定，此前何时开始不详；{self.session} 按同一规定处理。",
            f"{id_}: its document shows it on {day} and not since when; it is taken to hold on {self.session} too.",
        )


def cite(reading: Reading) -> Text:
    """Return the document that says it, that of the market's own exchange first; a doubt stands beside it."""
    own = [one for one in reading.citations if one.document.issuer == reading.market.lower()]
    shown = (own or reading.citations)[0].show()
    if not reading.confidence.is_doubtful:
        return shown
    label = reading.confidence.label()
    return Text(f"{shown.zh}（{label.zh}）", f"{shown.en} ({label.en})")
