"""Words in the two languages of the house. Everything that a user reads is a ``Text``; identifiers are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One phrase in Chinese and in English.

    >>> Text("融资余额", "financing balance").in_("en")
    'financing balance'
    """

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """Return the phrase in that language."""
        return self.zh if language == "zh" else self.en

    def format(self, **values: object) -> Text:
        """Return the phrase with its ``{name}`` places filled in, in both languages."""
        return Text(self.zh.format(**values), self.en.format(**values))
