"""The dossier in ten lines, for a terminal: the verdict and the first sentence of each chapter."""

from __future__ import annotations

from rongheng.basics.text import Language, Text
from rongheng.findings.dossier import Dossier
from rongheng.report.account_claims import of_accounts
from rongheng.report.claims import CHAPTERS
from rongheng.report.facts import today
from rongheng.report.words import verdict

_SIMULATED = Text("模拟数据：本结果不是市场的真实读数。", "SIMULATED DATA: these are no readings of the real market.")
_LINES = 10


def summary_lines(dossier: Dossier, *, lang: Language = "zh") -> list[str]:
    """Return at most ten lines: the session, the overall pressure with its evidence, then one claim a chapter."""
    moment = f"{dossier.known_at:%Y-%m-%d %H:%M}"
    head = Text(
        f"融衡 · {dossier.as_of}（数据截至 {moment} 可知）", f"Rongheng · {dossier.as_of} (as known at {moment})"
    )
    lines = [head.in_(lang)]
    if dossier.simulated:
        lines.append(_SIMULATED.in_(lang))
    overall = today(dossier, "pressure", criterion="overall")
    if overall:
        word = Text("压力", "pressure").in_(lang)
        lines.append(f"{word}: {verdict(overall['verdict']).in_(lang)}. {overall[f'evidence_{lang}']}")
    claims = [
        [claim for claim in chapter(dossier, lang) if claim.indicator != "pressure"]
        for chapter in (*CHAPTERS.values(), of_accounts)
    ]
    ranked = [claim.text for depth in range(3) for chapter in claims for claim in chapter[depth : depth + 1]]
    return [*lines, *[f"· {text}" for text in ranked[: _LINES - len(lines)]]]
