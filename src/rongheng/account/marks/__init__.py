"""Book × market day × policies → marks: every number of every account, exactly, and how each comes about."""

from rongheng.account.marks.mark import mark
from rongheng.account.marks.marks import Marks

__all__ = ["Marks", "mark"]
