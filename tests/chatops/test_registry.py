"""One declaration gives parsing, help and the README's table."""

from __future__ import annotations

import pytest

from bot.chatops.answer import Answer
from bot.chatops.registry import Argument, Call, Option, Registry


async def handler(call: Call) -> Answer:
    return Answer("Done.")


def test_the_decorator_returns_the_function_unchanged(registry: Registry) -> None:
    assert registry.command("x", summary="X", help="", effect=False)(handler) is handler
    assert registry.commands["x"].handler is handler


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("help", "help [command]"),
        ("status", "status"),
        ("setup", 'setup [--name "…"] [--dry-run] [--disabled]'),
        ("slash", "slash on|off"),
    ],
)
def test_usage(registry: Registry, name: str, usage: str) -> None:
    assert registry.commands[name].usage == usage


def test_the_manual_has_everything(registry: Registry) -> None:
    assert registry.commands["setup"].manual("/sso").split("\n") == [
        '`/sso setup [--name "…"] [--dry-run] [--disabled]`',
        "Sets it up.",
        "Long text.",
        '• `--name "…"`: of the service',
        "• `--dry-run`: shows what would be done",
        "• `--disabled`: leaves it off",
        'For example: `/sso setup`, `/sso setup --name "Encvoy ID" --dry-run`',
    ]


def test_the_manual_leaves_out_what_is_not_there(registry: Registry) -> None:
    assert registry.commands["status"].manual("!sso") == "`!sso status`\nShows what is."


def test_the_table_has_one_row_for_each_and_escapes_its_bars(registry: Registry) -> None:
    lines = registry.table().splitlines()
    assert lines[0] == "| Command | What it does | For whom |"
    assert len(lines) == 2 + len(registry.commands)
    assert "| `/sso status` | Shows what is | members of the admin room |" in lines
    assert "| `/sso slash on\\|off` | Turns it on or off | administrators |" in lines


@pytest.mark.parametrize("name", ["setup", "Shout"])
def test_a_name_is_declared_once_and_in_lower_case(registry: Registry, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        registry.command(name, summary="", help="", effect=False)


def test_what_everyone_may_do_has_no_effect(registry: Registry) -> None:
    with pytest.raises(ValueError, match="effect"):
        registry.command("x", summary="", help="", effect=True, everyone=True)


def test_two_of_one_name_are_refused(registry: Registry) -> None:
    options = (Option("name", "", takes_value=True),)
    with pytest.raises(ValueError, match="one name"):
        registry.command(
            "x", summary="", help="", effect=False, arguments=(Argument("name", "", choices=("a",)),), options=options
        )
