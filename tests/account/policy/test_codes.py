"""Terms for single securities follow a change of code: what a document says of the old one holds for the new one."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rongheng.account.policy import Policy, PolicySet
from rongheng.basics.errors import RuleError
from rongheng.rulebook import Rulebook
from tests.account.policy.test_client import Signed, signed, timeline

__all__ = ["signed"]

BEFORE, SINCE = date(2025, 9, 30), date(2025, 10, 9)
TERMS = {
    "concentration_overrides": "[{security: 430017.BJ, maintenance_ratio: any, limit: 10%}]",
}


def _named(policy: Policy) -> set[str]:
    assert policy.concentration is not None
    named = [one.securities for table in policy.concentration.tables for one in table.overrides]
    named += [one.securities for one in policy.margin_ratios.own]
    return {code for codes in named for code in codes} - {"600000.SH"}


@pytest.mark.parametrize(("session", "code"), [(BEFORE, "430017.BJ"), (SINCE, "920017.BJ")])
def test_a_contracts_terms_name_a_security_by_its_code_of_the_session(signed: Signed, session: date, code: str) -> None:
    rulebook: Rulebook = signed(TERMS)
    assert _named(PolicySet.load("lin", session=session, rulebook=rulebook)["lin"]) == {code}


def test_a_brokers_ratio_for_a_security_follows_it(signed: Signed, tmp_path: Path) -> None:
    signed({})
    own = tmp_path / "own"
    shutil.copytree(tmp_path / "rules", own / "rules")
    shutil.copy(tmp_path / "documents.yaml", own)
    rows = "[{side: financing, security: 430017.BJ, ratio: 200%}]"
    said = timeline("broker.bay.security_ratios", {"2018-01-08": rows}, "notice")
    (own / "rules" / "broker" / "bay" / "security_ratios.yaml").write_text(said, "utf-8")
    bay = PolicySet.load("bay", session=SINCE, rulebook=Rulebook.load(own))["bay"]
    assert [set(one.securities) for one in bay.margin_ratios.own if one.securities] == [{"920017.BJ"}]


@pytest.mark.parametrize(("session", "code"), [(BEFORE, "430017.BJ"), (SINCE, "920017.BJ")])
def test_a_brokers_lists_name_a_security_by_its_code_of_the_session(session: date, code: str) -> None:
    haircuts = pl.DataFrame({"security": ["430017.BJ"], "haircut_bp": [4_000]})
    groups = pl.DataFrame({"security": ["430017.BJ"], "group": ["C"]})
    lists = {"haircuts": {"illustrative": haircuts}, "groups": {"illustrative": groups}}
    policy = PolicySet.load("illustrative", session=session, **lists)["illustrative"]  # type: ignore[arg-type]
    assert policy.haircuts is not None
    assert policy.groups is not None
    assert policy.haircuts["security"].to_list() == policy.groups["security"].to_list() == [code]


def test_a_list_with_both_codes_has_the_security_twice() -> None:
    both = pl.DataFrame({"security": ["430017.BJ", "920017.BJ"], "haircut_bp": [4_000, 5_000]})
    with pytest.raises(RuleError, match=r"has 920017\.BJ twice"):
        PolicySet.load("illustrative", session=SINCE, haircuts={"illustrative": both})
