"""How evidence writes numbers: percentages, signed changes, money in 亿 and billions; minus signs, not hyphens."""

from __future__ import annotations

from rongheng.basics.text import Text


def percent(value: float, *, digits: int = 2) -> str:
    """Return a fraction as a percentage.

    >>> percent(2.2200), percent(0.98, digits=0)
    ('222.00%', '98%')
    """
    return f"{value * 100:.{digits}f}%".replace("-", "−")


def signed(value: float) -> str:
    """Return a change as a percentage with its sign.

    >>> signed(-0.0751), signed(0.1)
    ('−7.51%', '+10.00%')
    """
    return f"{value * 100:+.2f}%".replace("-", "−")


def money(yuan: float) -> Text:
    """Return an amount as it is read in each language: 亿元 and billions of yuan.

    >>> money(-48_386_000_000).zh, money(-48_386_000_000).en
    ('−483.86亿元', 'CNY −48.39 bn')
    """
    return Text(f"{yuan / 1e8:,.2f}亿元".replace("-", "−"), f"CNY {yuan / 1e9:,.2f} bn".replace("-", "−"))
