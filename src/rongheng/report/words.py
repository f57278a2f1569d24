"""The words that reports use in more than one place, in both languages: grades, verdicts, severities, labels.

What lives here: single words and short phrases. What does not: sentences about numbers (``claims``, ``charts``), and
the names of indicators and their figures, which the indicators bring themselves.
"""

from __future__ import annotations

from rongheng.basics.grades import Grade
from rongheng.basics.text import Text
from rongheng.findings.finding import Severity

GRADES: dict[Grade, Text] = {
    Grade.OFFICIAL: Text("公布", "official"),
    Grade.DERIVED: Text("推算", "derived"),
    Grade.ESTIMATED: Text("估计", "estimated"),
    Grade.SIMULATED: Text("模拟", "simulated"),
}

GRADE_MEANINGS: dict[Grade, Text] = {
    Grade.OFFICIAL: Text("由发布机构公布的数字", "printed by a publisher"),
    Grade.DERIVED: Text("由公布数字经算术得出", "follows from official numbers by arithmetic"),
    Grade.ESTIMATED: Text("含有写明的假设", "needs a stated assumption"),
    Grade.SIMULATED: Text("为演示而生成，不是真实数据", "made up for a demonstration, not real"),
}

VERDICTS: dict[str, Text] = {"low": Text("低", "low"), "watch": Text("关注", "watch"), "high": Text("高", "high")}
NOT_JUDGED = Text("未判断", "not judged")

SEVERITIES: dict[Severity, Text] = {
    Severity.INFO: Text("提示", "info"),
    Severity.LOW: Text("低", "low"),
    Severity.WATCH: Text("关注", "watch"),
    Severity.HIGH: Text("高", "high"),
}

SIMULATED = Text("模拟数据 SIMULATED", "SIMULATED 模拟数据")
SIMULATED_MEANS = Text(
    "本文含有为演示而生成的数字，不是真实市场数据，不可用于任何判断或交易。",
    "This note holds numbers made up for a demonstration. They are not real market data; base nothing on them.",
)


def verdict(word: str | None) -> Text:
    """Return a verdict of the pressure reading as a reader says it."""
    return VERDICTS.get(word, NOT_JUDGED) if word else NOT_JUDGED


# Who published the reports whose figures are recomputed.
REPORTS: dict[str, Text] = {
    "guosen": Text("国信证券", "Guosen"),
    "huachuang": Text("华创证券", "Huachuang"),
    "qihe": Text("七禾网", "Qihe"),
}

# One-word answers that the indicators' own list of words leaves out.
MORE_WORDS: dict[str, Text] = REPORTS | {
    "rise": Text("上涨", "rise"),
    "fall": Text("下跌", "fall"),
    "lower": Text("更低", "lower"),
    "double": Text("双底", "double bottom"),
    "low": VERDICTS["low"],
    "watch": VERDICTS["watch"],
    "high": VERDICTS["high"],
    "state": Text("状态", "state"),
    "motion": Text("动向", "motion"),
    "agrees": Text("一致", "agrees"),
    "agrees (stand-in)": Text("一致（替代序列）", "agrees (stand-in)"),
    "disagrees": Text("不一致", "disagrees"),
    "disagrees (stand-in)": Text("不一致（替代序列）", "disagrees (stand-in)"),
    "report is wrong": Text("报告有误", "report is wrong"),
    "missing data": Text("缺少数据", "missing data"),
    "not computable": Text("无法由市场数据复算", "not computable"),
}
