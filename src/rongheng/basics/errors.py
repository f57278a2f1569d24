"""The errors of Rongheng, sorted by who must act.

Every message says what was found, where, what was expected and what to do. A breach of a rule is a Finding and a bad
row is a Problem: neither is an error. A broken promise of our own code is an assertion.

    RonghengError
    ├── UsageError                the caller must change the call (exit code 2)
    ├── RuleError                 the rulebook must be mended (3)
    │   ├── NotInForceError
    │   └── LoosenedRuleError
    ├── DataError                 data must be mended or awaited (4)
    │   ├── SourceDownError
    │   ├── SourceRefusedError
    │   ├── SourceChangedError
    │   ├── NotPublishedError
    │   ├── MissingDataError
    │   ├── StaleDataError
    │   ├── LakeError
    │   └── LedgerError
    └── BookError                 the client book must be mended (5)
"""

from __future__ import annotations


class RonghengError(Exception):
    """The root of every error that a caller can meet; ``exit_code`` is what the command line returns."""

    exit_code = 1


class UsageError(RonghengError):
    """The call itself is wrong: an unknown name, a date that is no date, a file that is not there."""

    exit_code = 2


class RuleError(RonghengError):
    """A file of the rulebook is malformed or contradicts another one."""

    exit_code = 3


class NotInForceError(RuleError):
    """A rule was asked for on a day before its first entry, or before it was announced."""


class LoosenedRuleError(RuleError):
    """A broker or a client term is looser than the rule above it."""


class DataError(RonghengError):
    """Data are missing, damaged or not what they claim to be."""

    exit_code = 4


class SourceDownError(DataError):
    """A publisher could not be reached; or one address of it fails, and others may not (``of_host`` is false)."""

    def __init__(self, message: str, *, of_host: bool = True) -> None:
        super().__init__(message)
        self.of_host = of_host


class SourceRefusedError(DataError):
    """A publisher answered that it will not serve us (rate limit, captcha, forbidden)."""


class SourceChangedError(DataError):
    """A file or a page has another layout, other names or other units than the ones we know."""


class NotPublishedError(DataError):
    """The figures of that session are not out yet."""


class MissingDataError(DataError):
    """The lake does not hold what the question needs."""


class StaleDataError(DataError):
    """What the lake holds is too old for the question."""


class LakeError(DataError):
    """The lake cannot be opened, read or written as it stands."""


class LedgerError(DataError):
    """The operations ledger cannot be opened, read or written as it stands."""


class BookError(RonghengError):
    """The client book is malformed."""

    exit_code = 5
