"""`rename`, and the label of `setup`: the text on the button, which is people's own."""

from __future__ import annotations

import pytest

from bot.connection.desired import button_label
from bot.errors import NotLive, UserError
from tests.support.counter import Counter

LABEL, TYPED = "button_label_text", "Войти через Encvoy ID"


def stored(counter: Counter) -> object:
    return counter.rocketchat.settings["Encvoyid"][LABEL]


async def test_setup_takes_any_script(counter: Counter) -> None:
    _, text = await counter.run(f'setup --label "{TYPED}"')
    assert f"the login page shows `{TYPED}`" in text
    assert stored(counter) == TYPED
    assert counter.connections.there.name.service == "encvoyid"


async def test_setup_does_not_change_a_label_that_is_there(standing: Counter) -> None:
    with pytest.raises(UserError) as caught:
        await standing.run(f'setup --label "{TYPED}"')
    assert "/sso rename --label" in caught.value.fix
    assert standing.writes == []


async def test_a_dry_run_shows_it_and_keeps_it(counter: Counter) -> None:
    answer, text = await counter.run(f'setup --label "{TYPED}" --dry-run')
    assert f"button_label_text = `{TYPED}`" in text
    assert answer.next == (f'setup --label "{TYPED}"',)


async def test_it_writes_the_label_and_nothing_else(standing: Counter) -> None:
    before = {**standing.rocketchat.settings["Encvoyid"]}
    _, text = await standing.run(f'rename --label "{TYPED}"')
    assert text.startswith(f"✓ The login page shows `{TYPED}`.")
    assert standing.rocketchat.settings["Encvoyid"] == {**before, LABEL: TYPED}
    assert standing.writes == ["save", "write_service"]
    assert "application" not in standing.world.calls, "Encvoy ID is not needed"


async def test_of_a_service_that_is_off_it_promises_nothing(standing: Counter) -> None:
    await standing.run("disable")
    _, text = await standing.run(f'rename --label "{TYPED}"')
    assert "The service is off, so the login page does not show it." in text
    assert stored(standing) == TYPED


async def test_the_same_label_changes_nothing(standing: Counter) -> None:
    _, text = await standing.run('rename --label "Sign in with Encvoy ID"')
    assert "was `Sign in with Encvoy ID` already; nothing changed." in text
    assert "write_service" not in standing.writes


async def test_a_label_that_does_not_become_active_is_not_said_to_be(standing: Counter) -> None:
    outdated = await standing.rocketchat.live(standing.connections.there.name)

    async def live(_: object) -> object:
        return outdated

    standing.rocketchat.live = live  # type: ignore[method-assign,assignment]
    unseen = NotLive("Rocket.Chat", "GET /api/v1/settings.oauth")
    standing.world.script = lambda call: unseen if call == "await_live before" else None
    with pytest.raises(UserError):
        await standing.run(f'rename --label "{TYPED}"')
    assert standing.spoken.steps == ["1 setting written in Rocket.Chat"]


def test_a_label_is_visible_text() -> None:
    with pytest.raises(UserError):
        button_label("a\u200bb")
    assert button_label("  Войти   через ") == "Войти через"


@pytest.mark.parametrize("label", ["", " ", "x" * 61])
async def test_what_cannot_be_a_label(standing: Counter, label: str) -> None:
    with pytest.raises(UserError) as caught:
        await standing.run(f"rename --label “{label}”" if label.strip() else "rename")
    assert "rename --label" in caught.value.fix
    assert standing.writes == []


async def test_in_the_middle_of_an_exchange_it_waits(standing: Counter) -> None:
    there = standing.connections.there
    standing.connections.row = type(there)(**{**vars(there), "pending": type(there.secret)("new")})
    with pytest.raises(UserError, match="A secret is being replaced"):
        await standing.run(f'rename --label "{TYPED}"')


async def test_what_people_set_in_rocketchat_stays_and_is_written_again_if_the_service_is_lost(
    standing: Counter,
) -> None:
    standing.rocketchat.settings["Encvoyid"] |= {LABEL: "Ours", "token_path": "/wrong"}
    await standing.run("repair")
    assert stored(standing) == "Ours"
    standing.rocketchat.settings.clear()
    standing.rocketchat.live_records.clear()
    await standing.run("repair")
    assert stored(standing) == "Ours"


async def test_a_label_that_people_set_is_the_one_that_enable_names(standing: Counter) -> None:
    await standing.run("disable")
    standing.rocketchat.settings["Encvoyid"][LABEL] = "Ours"
    _, text = await standing.run("enable")
    assert "the login page shows `Ours`" in text
