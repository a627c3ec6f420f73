"""`adopt`: only the bot's own record changes, and what `repair` would improve is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.ports import ApplicationFields
from bot.errors import UserError
from bot.secret import Secret
from tests.support.counter import Counter

BOTH = Secret("both")


async def by_hand(counter: Counter, key: str = "Login", secret: Secret = BOTH) -> str:
    """A connection as the guide makes one; the application's id."""
    client_id = await counter.encvoy.create_application(
        ApplicationFields(
            name="Our chat",
            description="by hand",
            domain="https://chat.example.org",
            redirect_uris=(f"https://chat.example.org/_oauth/{key.lower()}",),
            token_endpoint_auth_method="client_secret_basic",
        )
    )
    made = counter.encvoy.applications_by_id[client_id]
    counter.encvoy.applications_by_id[client_id] = replace(made, secret=BOTH)
    counter.rocketchat.settings[key] = {
        "url": "https://id.example.org",
        "token_path": "/oidc/token",
        "identity_path": "/oidc/me",
        "authorize_path": "/oidc/auth",
        "scope": "openid profile email",
        "id": client_id,
        "button_label_text": "Our login",
        "button_label_color": "#FFFFFF",
    }
    counter.rocketchat.secrets[key], counter.rocketchat.switches[key] = secret, True
    counter.rocketchat._run(0.0)
    counter.world.calls.clear()
    return client_id


async def test_it_changes_nothing_but_its_own_record(counter: Counter) -> None:
    client_id = await by_hand(counter)
    before = (dict(counter.rocketchat.settings["Login"]), dict(counter.encvoy.applications_by_id))
    answer, text = await counter.run("adopt")
    assert counter.writes == ["save"]
    assert before == (counter.rocketchat.settings["Login"], counter.encvoy.applications_by_id)
    there = counter.connections.there
    assert (there.client_id, there.current, there.adopted) == (client_id, BOTH, True)
    assert "✓ Adopted: `login`. Nothing was changed in Rocket.Chat or at Encvoy ID." in text
    assert "• Rocket.Chat: `username_field`: empty → `login`" in text
    assert "• Encvoy ID: `token_endpoint_auth_method`: `client_secret_basic` → `client_secret_post`" in text
    assert answer.next == ("repair --dry-run", "repair", "test")


async def test_repair_brings_the_improvements_and_leaves_what_is_theirs(counter: Counter) -> None:
    client_id = await by_hand(counter)
    await counter.run("adopt")
    _, text = await counter.run("repair")
    assert "`username_field`: empty → `login`" in text
    application = counter.encvoy.applications_by_id[client_id]
    assert (application.name, application.description) == ("Our chat", "by hand")
    assert counter.rocketchat.settings["Login"]["button_label_text"] == "Our login"
    assert counter.rocketchat.settings["Login"]["username_field"] == "login"
    assert (await counter.run("repair"))[1].startswith("✓ Everything is in sync")


async def test_it_can_be_rotated_at_once(counter: Counter) -> None:
    await by_hand(counter)
    await counter.run("adopt")
    await counter.run("rotate")
    assert counter.connections.there.current not in (BOTH, None)


async def test_two_secrets_are_said_to_keep_everybody_out(counter: Counter) -> None:
    await by_hand(counter, secret=Secret("another"))
    _, text = await counter.run("adopt")
    assert "✗ The two have different secrets, so nobody can sign in now." in text
    await counter.run("repair")
    assert counter.rocketchat.secrets["Login"] == BOTH


async def test_one_that_the_role_does_not_show_names_the_right(counter: Counter) -> None:
    client_id = await by_hand(counter)
    counter.encvoy.hidden.add(client_id)
    with pytest.raises(UserError) as caught:
        await counter.run("adopt")
    assert "role EDITOR in this one application" in caught.value.text
    assert counter.writes == []


async def test_of_several_one_is_named(counter: Counter) -> None:
    await by_hand(counter)
    await by_hand(counter, "Second")
    with pytest.raises(UserError) as caught:
        await counter.run("adopt")
    assert "`/sso adopt login`, `/sso adopt second`" in caught.value.fix
    await counter.run("adopt second")
    assert counter.connections.there.name.service == "second"


async def test_setup_offers_it(counter: Counter) -> None:
    await by_hand(counter)
    with pytest.raises(UserError) as caught:
        await counter.run("setup")
    assert "`/sso adopt login` takes it over." in caught.value.fix


async def test_what_somebody_changed_is_kept_by_repair(standing: Counter) -> None:
    settings = standing.rocketchat.settings["Encvoyid"]
    settings |= {"login_style": "popup"}
    _, text = await standing.run("adopt")
    assert "It was → it is now\n• Rocket.Chat: `login_style`: `redirect` → `popup`" in text
    assert "Nothing is left for `!sso repair`." in text
    await standing.run("repair")
    await standing.run("setup")
    assert settings["login_style"] == "popup"
    assert "✓ Everything is in sync." in (await standing.run("status"))[1]


async def test_where_the_secret_goes_is_not_kept(standing: Counter) -> None:
    standing.rocketchat.settings["Encvoyid"]["token_path"] = "/elsewhere"
    _, text = await standing.run("adopt")
    assert "There was nothing to adopt" in text
    assert "• Rocket.Chat: `token_path`: `/elsewhere` → `/oidc/token`" in text
    assert standing.writes == []


async def test_a_secret_that_both_sides_have_puts_the_record_right(standing: Counter) -> None:
    """The database was restored from a backup that is older than the last rotation."""
    [client_id] = standing.encvoy.applications_by_id
    standing.encvoy.applications_by_id[client_id] = replace(standing.encvoy.applications_by_id[client_id], secret=BOTH)
    standing.rocketchat.secrets["Encvoyid"] = BOTH
    assert "but I do not know it" in (await standing.run("status"))[1]
    _, text = await standing.run("adopt")
    assert text.startswith("✓ Kept what is there now")
    assert standing.connections.there.current == BOTH
    assert "✓ Everything is in sync." in (await standing.run("status"))[1]


async def test_another_service_is_not_adopted_beside_ours(standing: Counter) -> None:
    with pytest.raises(UserError, match="There is a connection already"):
        await standing.run("adopt login")


async def test_a_run_that_was_interrupted_after_it_was_saved_says_the_same(counter: Counter) -> None:
    await by_hand(counter)
    _, first = await counter.run("adopt")
    kept = counter.connections.row
    _, again = await counter.run("adopt", resumed=True)
    assert (again, counter.writes, counter.connections.row) == (first, [], kept)
