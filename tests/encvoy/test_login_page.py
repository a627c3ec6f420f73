"""The login page as facts/encvoy-id.md §6 describes it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from bot.encvoy.login_page import MENDS, Page, defused, fix_for, read_page, safe_word


def page(data: Any) -> str:
    """A page of the login with this state."""
    return (
        '<html><body><script id="__WIDGET_DATA__">window.__WIDGET_DATA__ = '
        f"{json.dumps(data)};</script><div id=root></div></body></html>"
    )


@pytest.mark.parametrize("route", sorted(MENDS))
def test_each_known_route_is_read_and_has_its_fix(route: str) -> None:
    assert read_page(page({"initialRoute": route, "envVars": {}})).route == route
    assert fix_for(route).endswith(".")


def test_the_message_comes_along() -> None:
    assert read_page(page({"initialRoute": "error", "envVars": {"MESSAGE": "Invalid credentials"}})) == Page(
        "error", "Invalid credentials"
    )


def test_a_message_in_another_script_survives() -> None:
    assert read_page(page({"initialRoute": "error", "envVars": {"MESSAGE": "Пользователь не найден"}})).message == (
        "Пользователь не найден"
    )


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<html>Bad gateway</html>",
        "<script>window.__WIDGET_DATA__ = {broken</script>",
        "<script>window.__WIDGET_DATA__ = [1]</script>",
        page({}),
        page({"initialRoute": 7}),
        page({"initialRoute": "<img src=x>"}),
        page({"initialRoute": "x" * 41}),
    ],
)
def test_whatever_else_is_unknown(html: str) -> None:
    assert read_page(html).route == "unknown"


def test_an_unknown_route_has_a_fix_too() -> None:
    assert "browser" in fix_for("something-new")


def test_an_assignment_by_brackets_is_read() -> None:
    assert read_page('<script>window["__WIDGET_DATA__"]={"initialRoute":"steps"}</script>').route == "steps"


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("@all look", "all look"),
        ("go to https://e.example/x", "go to https e example x"),
        ("```rm```", "rm"),
        ("[a](b)", "a b"),
        ("*bold* _it_ ~s~ ||x||", "bold it s x"),
        ("line\nbreak\ttab\x00", "line break tab"),
        ("\u202eright to left", "right to left"),
        ("d’accord, c'est fini", "d’accord, c'est fini"),
    ],
)
def test_a_text_from_outside_is_defused(text: str, harmless: str) -> None:
    assert defused(text) == harmless


def test_a_text_from_outside_is_cut() -> None:
    assert len(defused("word " * 1000)) == 80


@pytest.mark.parametrize("text", ["a b", "", "x" * 41, "é", "a.b", None, 5])
def test_only_a_short_plain_word_is_safe(text: object) -> None:
    assert safe_word(text) is None


@pytest.mark.parametrize("unit", ["[", '{"a":', "window.__WIDGET_DATA__", "window.__WIDGET_DATA__=", " ", "9"])
def test_no_page_takes_long_to_read(unit: str) -> None:
    before = time.process_time()

    assert read_page("window.__WIDGET_DATA__ = " + unit * (1_000_000 // len(unit))) == Page("unknown")

    assert time.process_time() - before < 2
