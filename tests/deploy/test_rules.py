"""The alert rules of `deploy/`: what they name exists, and they fire when they should, as Prometheus itself sees it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.web.exposition import VERDICTS, exposition
from tests.support.prometheus import promtool, samples
from tests.web.test_exposition import FULL
from tools.docs import ROOT, commands

FILE = ROOT / "deploy" / "prometheus" / "ssobot.rules.yml"
TEXT = FILE.read_text(encoding="utf-8")
OF_PROMETHEUS = {"up"}


@dataclass(frozen=True)
class Rule:
    """One alert."""

    name: str
    expression: str
    text: str

    @property
    def metrics(self) -> set[str]:
        """What it reads."""
        bare = re.sub(r"\{[^}]*\}|\[[^]]*\]| by \([^)]*\) ", "", self.expression)
        return set(re.findall(r"[a-z_]\w*(?!\w*\()", bare))


def rules() -> list[Rule]:
    """Every alert of the file."""
    _, *parts = re.split(r"^ +- alert: ", TEXT, flags=re.MULTILINE)
    found = []
    for part in parts:
        expression = re.search(r"^ +expr: (.+)$", part, re.MULTILINE)
        assert expression
        found.append(Rule(part.split("\n")[0], expression[1], part))
    return found


each_rule = pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)


def test_there_is_a_rule_for_each_thing_that_needs_somebody() -> None:
    assert [rule.name for rule in rules()] == [
        "SsobotAbsent",
        "SsobotInstanceDown",
        "SsobotPartDown",
        "SsobotRotationOverdue",
        "SsobotScheduleSuspended",
        "SsobotVerdictFailing",
        "SsobotSchedulerErrors",
    ]


@each_rule
def test_each_metric_that_it_reads_exists(rule: Rule) -> None:
    assert rule.metrics
    assert rule.metrics <= {name for name, _ in samples(exposition(FULL))} | OF_PROMETHEUS


def test_a_metric_that_does_not_exist_would_be_found() -> None:
    made_up = Rule("x", 'sum by (job) (increase(ssobot_wrong_total{part="listening"}[1h])) > 0', "")
    assert made_up.metrics == {"ssobot_wrong_total"}


@each_rule
def test_it_says_what_is_wrong_and_what_to_do(rule: Rule) -> None:
    for wanted in (r"severity: (warning|critical)$", r"summary: .{20,}\.\"?$", r"description: >-$"):
        assert re.search(wanted, rule.text, re.MULTILINE), wanted


@each_rule
def test_each_command_that_it_names_exists(rule: Rule) -> None:
    known = set(re.findall(r"`/sso (\w+)", commands()))
    assert set(re.findall(r"/sso (\w+)", rule.text)) <= known


@each_rule
def test_each_label_that_it_looks_for_exists(rule: Rule) -> None:
    known = {value for _, labels in samples(exposition(FULL)) for _, value in labels} | set(VERDICTS)
    # `listening` is a part of a bot that runs; `ssobot` is the name of the job in deploy/README.md.
    asked = set(re.findall(r'=~?"([^"]+)"', rule.expression))
    assert asked <= known | {"listening", "ssobot"}


def test_the_age_of_a_message_raises_no_alert() -> None:
    assert not [rule.name for rule in rules() if "message" in rule.expression]


# --- Prometheus itself -----------------------------------------------------------------------------------------------


@pytest.mark.needs("promtool")
def test_prometheus_reads_the_file() -> None:
    assert promtool("check", "rules", FILE) == ""


LABELS = 'job="ssobot",instance="a:8080"'
WELL = {
    f"up{{{LABELS}}}": "1x180",
    f'ssobot_part_up{{{LABELS},part="listening"}}': "1x180",
    f'ssobot_part_up{{{LABELS},part="rocketchat"}}': "1x180",
    f"ssobot_rotation_overdue{{{LABELS}}}": "0x180",
    f"ssobot_schedule_suspended{{{LABELS}}}": "0x180",
    f'ssobot_verdict{{{LABELS},state="failing"}}': "0x180",
    f'ssobot_scheduler_events_total{{{LABELS},event="missed"}}': "0x180",
}
"""One sample each minute for three hours."""
STANDBY = 'job="ssobot",instance="b:8080"'


@dataclass(frozen=True)
class Case:
    """What is scraped, and which alerts are firing after so many minutes."""

    series: dict[str, str]
    firing: dict[int, set[str]]


def changed(name: str, values: str, **others: str) -> dict[str, str]:
    """All is well but this."""
    [series] = [one for one in WELL if one.startswith(name)]
    return WELL | {series: values} | others


CASES = {
    "all is well": Case(WELL, {1: set(), 120: set()}),
    "no bot at all": Case({}, {4: set(), 6: {"SsobotAbsent"}}),
    "the only bot is gone": Case(
        {one: ("0x180" if one.startswith("up") else "1x10 stale") for one in WELL if "part_up" in one or "up{" in one},
        {9: set(), 12: {"SsobotInstanceDown"}, 30: {"SsobotAbsent", "SsobotInstanceDown"}},
    ),
    "it starts and starts": Case(
        changed('ssobot_part_up{job="ssobot",instance="a:8080",part="l', "0x180"), {6: {"SsobotAbsent"}}
    ),
    "another instance works": Case(
        changed(
            "up",
            "1x180",
            **{
                f"up{{{STANDBY}}}": "0x180",
                f'ssobot_part_up{{{STANDBY},part="standby"}}': "1x180",
            },
        ),
        {30: {"SsobotInstanceDown"}},
    ),
    "Rocket.Chat is away": Case(
        changed('ssobot_part_up{job="ssobot",instance="a:8080",part="r', "0x180"), {9: set(), 11: {"SsobotPartDown"}}
    ),
    "Rocket.Chat is away for a moment": Case(
        changed('ssobot_part_up{job="ssobot",instance="a:8080",part="r', "1x5 0x8 1x160"),
        {m: set() for m in (8, 14, 30)},
    ),
    "overdue": Case(changed("ssobot_rotation_overdue", "1x180"), {4: set(), 6: {"SsobotRotationOverdue"}}),
    "suspended": Case(changed("ssobot_schedule_suspended", "1x180"), {4: set(), 6: {"SsobotScheduleSuspended"}}),
    "a failing verdict": Case(changed("ssobot_verdict", "1x180"), {9: set(), 11: {"SsobotVerdictFailing"}}),
    "a verdict that flaps": Case(changed("ssobot_verdict", "1x8 0 1x8 0 1x8 0x150"), {8: set(), 17: set(), 26: set()}),
    "the first event of the scheduler": Case(
        changed("ssobot_scheduler_events_total", "0x10 1x170"), {9: set(), 15: {"SsobotSchedulerErrors"}, 90: set()}
    ),
}


@pytest.mark.needs("promtool")
def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    """JSON is YAML."""
    names = [rule.name for rule in rules()]
    tests = [
        {
            "name": name,
            "interval": "1m",
            "input_series": [{"series": series, "values": values} for series, values in case.series.items()],
            "promql_expr_test": [
                {
                    "expr": f'count by (alertname) (ALERTS{{alertname=~"{"|".join(names)}",alertstate="firing"}})',
                    "eval_time": f"{minute}m",
                    "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in sorted(firing)],
                }
                for minute, firing in case.firing.items()
            ],
        }
        for name, case in CASES.items()
    ]
    file = tmp_path / "tests.yml"
    file.write_text(json.dumps({"rule_files": [str(FILE)], "evaluation_interval": "1m", "tests": tests}))
    complaint = promtool("test", "rules", file)
    assert not complaint, complaint
