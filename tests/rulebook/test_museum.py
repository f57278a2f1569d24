"""The museum of malformed files: each is refused, with its file, its line, what was found and what to do.

Every exhibit says in comments which file it would be (``in:``), parts of the message (``says:``) and, with ``# here``,
the line that the message must name.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rongheng.basics.errors import RuleError
from rongheng.rulebook import Rulebook

MUSEUM = Path(__file__).parent / "museum"
EXHIBITS = sorted(MUSEUM.glob("*.yaml"))


def _shown_in(folder: Path, path: str, text: str) -> Path:
    """Write the exhibit where it says it belongs, in a folder of rules of its own."""
    (folder / "rules" / "broker" / "museum").mkdir(parents=True)
    broker = folder / "rules" / "broker" / "museum" / "broker.yaml"
    broker.write_text("name: {zh: 展品, en: Exhibit}\nkind: illustrative\n", encoding="utf-8")
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=[path.stem for path in EXHIBITS])
def test_a_malformed_file_is_refused_with_its_file_and_line(exhibit: Path, tmp_path: Path) -> None:
    text = exhibit.read_text(encoding="utf-8")
    [path] = re.findall(r"^# in: (.*)$", text, flags=re.M)
    says = re.findall(r"^# says: (.*)$", text, flags=re.M)
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line.endswith("# here")]
    file = _shown_in(tmp_path, path, text)
    with pytest.raises(RuleError) as refused:
        Rulebook.load(tmp_path)
    message = str(refused.value)
    assert says, "an exhibit says what its message holds"
    assert [part for part in says if part not in message] == [], message
    # A list or mapping is named by the line of its first member; a key alone in its line is one above that.
    near = {line + more for line in lines for more in (0, 1)} or {1}
    assert any(message.startswith(f"{file}:{line}:") for line in near), message


def test_the_museum_is_open() -> None:
    assert len(EXHIBITS) > 60


def test_an_exhibit_without_its_fault_is_accepted(tmp_path: Path) -> None:
    text = (MUSEUM / "percent_as_a_fraction.yaml").read_text(encoding="utf-8").replace("0.8 ", "80% ")
    _shown_in(tmp_path, "rules/exchange/museum/rule.yaml", text)
    assert Rulebook.load(tmp_path).rule("exchange.museum.rule").on("2010-03-31").bp == 8_000


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = _shown_in(tmp_path, "rules/exchange/museum/rule.yaml", "")
    file.write_bytes("id: 规则".encode("gb18030"))
    with pytest.raises(RuleError, match="not UTF-8 text"):
        Rulebook.load(tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    _shown_in(tmp_path, "rules/exchange/museum/rule.yaml", "# nothing\n")
    with pytest.raises(RuleError, match=r"rule\.yaml:1: the file is empty"):
        Rulebook.load(tmp_path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    text = (MUSEUM / "percent_as_a_fraction.yaml").read_text(encoding="utf-8").replace("0.8 ", "80% ")
    file = _shown_in(tmp_path, "rules/exchange/museum/rule.yaml", "")
    file.write_text(text, encoding="utf-8-sig")
    assert "exchange.museum.rule" in Rulebook.load(tmp_path).rules


def test_brackets_a_thousand_deep_are_refused(tmp_path: Path) -> None:
    _shown_in(tmp_path, "rules/exchange/museum/rule.yaml", "[" * 5_000 + "]" * 5_000)
    with pytest.raises(RuleError, match=r"rule\.yaml"):
        Rulebook.load(tmp_path)


def test_a_node_that_names_itself_is_refused(tmp_path: Path) -> None:
    _shown_in(tmp_path, "rules/exchange/museum/rule.yaml", "&a [*a]\n")
    with pytest.raises(RuleError, match=r"rule\.yaml:1"):
        Rulebook.load(tmp_path)
