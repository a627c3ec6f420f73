"""What `deploy/README.md` says of the rules and of the variables."""

from __future__ import annotations

import re

from bot.config import VARIABLES
from tests.deploy.test_rules import TEXT, rules
from tools.docs import ROOT

README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")


def test_it_lists_each_alert_in_the_order_of_the_file() -> None:
    assert re.findall(r"^\| `(Ssobot\w+)` \|", README, re.MULTILINE) == [rule.name for rule in rules()]


def test_the_name_of_the_job_is_the_one_that_the_rules_expect() -> None:
    [name] = re.findall(r"job_name: (\w+)", README)
    assert set(re.findall(r'job="(\w+)"', TEXT)) == {name}


def test_each_variable_that_it_names_exists() -> None:
    known = {variable.name for variable in VARIABLES}
    named = {name.removesuffix("_FILE") if name not in known else name for name in re.findall(r"SSOBOT_\w+", README)}
    assert named
    assert named <= known


def test_it_is_one_screen() -> None:
    assert len(README.splitlines()) <= 60
