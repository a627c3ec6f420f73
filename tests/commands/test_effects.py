"""What holds for every command that changes something: it asks whether it may just before its first effect, and does
nothing if it may not."""

from __future__ import annotations

import pytest

from bot.chatops.answer import takes_away
from bot.chatops.grammar import Invocation, parse
from bot.doctor.incident import Incident, WatchState
from bot.doctor.sight import FailedCheck
from bot.errors import UserError
from bot.schedule.watching import KeptWatch
from tests.support.counter import WRITES, Counter

RENAME = 'rename --label "Войти через Encvoy ID"'
EFFECTS = (
    "setup",
    "repair",
    "adopt",
    "rotate",
    "disable",
    "enable",
    RENAME,
    "slash on",
    "schedule test every 15 minutes",
    "mute 2 hours",
    "ack",
    "remove",
)
OWN = ("slash", "schedule", "mute", "ack")
"""Commands with an effect that desire nothing of the connection."""
LOOKS = (
    "people",
    "help",
    "status",
    "test",
    "history",
    "history --all",
    "setup --dry-run",
    "repair",
    "repair --dry-run",
    "adopt",
    "rotate --dry-run",
    "remove --dry-run",
)


async def arranged(counter: Counter, words: str) -> Counter:
    """A world in which the command has something to do."""
    if words == "ack":
        cause = FailedCheck("Encvoy ID answers", "✗ failed: it does not", 0)
        counter.watch.kept = KeptWatch(WatchState(incident=Incident(counter.world.clock.now(), cause, "", posts=1)))
    elif words != "setup" and words.split()[0] not in OWN:
        await counter.run("setup --disabled" if words == "enable" else "setup")
    if words in ("repair", "adopt"):
        counter.rocketchat.settings["Encvoyid"]["login_style"] = "popup"
    return counter


@pytest.mark.parametrize("words", EFFECTS)
async def test_it_asks_just_before_its_first_effect(counter: Counter, words: str) -> None:
    await (await arranged(counter, words)).run(words)
    calls = counter.world.calls
    effects = [call for call in calls if call in WRITES]
    assert effects
    assert calls.index("authorize") < calls.index(effects[0])


async def test_rotate_asks_again_between_the_proof_of_the_ground_and_its_first_write(standing: Counter) -> None:
    await standing.run("rotate")
    calls = standing.world.calls
    assert "authorize" in calls[calls.index("write_application") : calls.index("write_service")]


@pytest.mark.parametrize("words", EFFECTS)
async def test_it_does_nothing_if_it_may_not(counter: Counter, words: str) -> None:
    await arranged(counter, words)
    row = counter.connections.row
    counter.refusal = UserError("Only an administrator may do this.")
    with pytest.raises(UserError, match="Only an administrator"):
        await counter.run(words)
    assert counter.writes == []
    assert counter.connections.row == row


@pytest.mark.parametrize("words", LOOKS)
async def test_what_only_looks_writes_nothing_and_asks_for_nothing(standing: Counter, words: str) -> None:
    row, applications = standing.connections.row, dict(standing.encvoy.applications_by_id)
    await standing.run(words)
    assert "authorize" not in standing.world.calls
    assert [call for call in standing.writes if call != "write_application"] == []
    assert (standing.connections.row, standing.encvoy.applications_by_id) == (row, applications)


@pytest.mark.parametrize("words", ["rotate", "disable", "enable", "repair", RENAME])
async def test_without_a_connection_it_says_how_to_make_one(counter: Counter, words: str) -> None:
    with pytest.raises(UserError) as caught:
        await counter.run(words)
    assert "There is no connection yet." in caught.value.text
    assert "/sso setup" in caught.value.fix
    assert counter.writes == []


def test_only_what_looks_at_most_is_for_everyone(counter: Counter) -> None:
    everyone = {command.name for command in counter.registry.commands.values() if command.everyone}
    assert everyone == {"help", "status"}
    assert not any(counter.registry.commands[name].effect for name in everyone)


SCHEDULES = (
    "rotate every 30 days between 02:00 and 05:00 Europe/Madrid mon-fri",
    "test every 15 minutes",
    "off rotate",
    "resume rotate",
    "confirm rotate",
    "skip",
    "postpone 2 days",
    "freeze 20 Dec to 7 Jan",
    "maximum 90 days",
)
EXAMPLES: dict[str, tuple[dict[str, str], set[str]]] = {
    "setup": ({}, set()),
    'setup --name "Encvoy ID" --disabled': ({"name": "Encvoy ID"}, {"disabled"}),
    "setup --no-email": ({}, {"no-email"}),
    "setup --dry-run": ({}, {"dry-run"}),
    "repair": ({}, set()),
    "repair --dry-run": ({}, {"dry-run"}),
    "adopt": ({"service": ""}, set()),
    "adopt encvoyid": ({"service": "encvoyid"}, set()),
    RENAME: ({"label": "Войти через Encvoy ID"}, set()),
    "rotate": ({}, set()),
    "rotate --dry-run": ({}, {"dry-run"}),
    "people": ({}, set()),
    "people --page 3": ({"page": "3"}, set()),
    "test": ({}, set()),
    "test --all": ({}, {"all"}),
    "history": ({"which": ""}, set()),
    "history 50": ({"which": "50"}, set()),
    "history 5f0c2a9d1e00": ({"which": "5f0c2a9d1e00"}, set()),
    "slash on": ({"state": "on"}, set()),
    "schedule": ({"what": ""}, set()),
    **{f"schedule {example}": ({"what": example}, set()) for example in SCHEDULES},
    'mute 2 hours --reason "maintenance"': ({"duration": "2 hours", "reason": "maintenance"}, set()),
    "mute off": ({"duration": "off"}, set()),
    "remove": ({}, set()),
    "remove --dry-run": ({}, {"dry-run"}),
    "help": ({}, set()),
    "help rotate": ({"command": "rotate"}, set()),
}
"""What the commands show as examples, and what each says: arguments with values of options, and options."""


def test_each_example_is_understood_as_what_it_says(counter: Counter) -> None:
    commands = counter.registry.commands
    understood = {}
    for command in commands.values():
        for example in command.examples:
            invocation = parse(f"/sso {example}", commands, bot_username="ssobot")
            assert isinstance(invocation, Invocation), example
            assert (invocation.command, invocation.words) == (command, example)
            understood[example] = (dict(invocation.arguments), set(invocation.options))
    assert understood == EXAMPLES


async def test_secrets_are_never_said(standing: Counter) -> None:
    said = []
    secrets = set()
    for words in (*LOOKS, *EFFECTS):
        row = standing.connections.there
        secrets |= {row.secret.reveal(), *(a.secret.reveal() for a in standing.encvoy.applications_by_id.values())}
        _, text = await standing.run(words)
        said += [text, *standing.spoken.steps, *standing.spoken.notes, *standing.spoken.remarks]
    secrets |= {entry.split()[1] for _, entry in standing.world.log}
    assert len(secrets) >= 2
    assert not any(secret in line for secret in secrets for line in said)


async def test_every_answer_says_what_to_type_next(standing: Counter) -> None:
    for words in (*LOOKS, *EFFECTS):
        answer, _ = await standing.run(words)
        known = standing.registry.commands
        assert answer.next, words
        assert all(following.removeprefix("!sso ").split()[0] in known for following in answer.next)
        assert not any(takes_away(following) for following in answer.next)
