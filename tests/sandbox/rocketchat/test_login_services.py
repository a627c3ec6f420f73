"""From stored to live: debounce, zombie, refresh, licence (facts/rocketchat.md §2.5, §2.6, §0.2)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.sandbox.ledger import Ledger
from bot.sandbox.rocketchat.login_services import LoginServices
from bot.sandbox.rocketchat.oauth_settings import FIELDS, add_service, key, normalised, remove_service
from bot.sandbox.rocketchat.settings import Setting, Settings

KEY = key("Encvoyid")


class HandClock:
    """A clock that goes on only when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        self._sleepers.append((self.seconds + seconds, event))
        await event.wait()

    async def advance(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.seconds += seconds
        for due, event in self._sleepers:
            if due <= self.seconds:
                event.set()
        for _ in range(3):
            await asyncio.sleep(0)


@dataclass
class Rig:
    """A settings store with a service, and the table behind it."""

    modules: set[str] = field(default_factory=set)
    clock: HandClock = field(default_factory=HandClock)
    ledger: Ledger = field(default_factory=Ledger)
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        def licensed(modules: Collection[str]) -> bool:
            return self.modules.issuperset(modules)

        self.settings = Settings(self.ledger, licensed)
        self.table = LoginServices(self.settings, self.clock, self.ledger, settle=2.0, chance=random.Random(1))
        self.table.listen(lambda kind, _, fields: self.heard.append((kind, fields)))

    async def live(self) -> list[str]:
        """What is live once everything has settled."""
        await self.clock.advance(2.3)
        return [service.service for service in self.table.all()]


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    add_service(rig.settings, "Encvoyid", gated=False)
    return rig


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Encvoy ID", "Encvoyid"),
        ("encvoy-id", "Encvoyid"),
        ("ENCVOY", "Encvoy"),
        ("a_b", "A_b"),
        ("ключ", ""),
        ("x.y/z 1", "Xyz1"),
    ],
)
def test_names_are_normalised(given: str, name: str) -> None:
    assert normalised(given) == name


def test_every_setting_of_a_service_is_there_with_its_default(rig: Rig) -> None:
    assert {s.id for s in rig.settings} == {KEY, *(f"{KEY}-{f.suffix}" for f in FIELDS)}
    assert len(FIELDS) == 29
    assert rig.settings.get(KEY) is False
    assert rig.settings.get(f"{KEY}-token_path") == "/oauth/token"
    assert rig.settings.get(f"{KEY}-show_button") is True


def test_adding_again_keeps_values_and_brings_back_what_is_missing(rig: Rig) -> None:
    rig.settings.write(f"{KEY}-url", "https://id.example")
    rig.settings.remove(f"{KEY}-scope")
    add_service(rig.settings, "Encvoyid", gated=False)
    assert rig.settings.get(f"{KEY}-url") == "https://id.example"
    assert rig.settings.get(f"{KEY}-scope") == "openid"


async def test_nothing_is_live_before_the_debounce_is_over(rig: Rig) -> None:
    rig.settings.write(KEY, True)
    await rig.clock.advance(1.99)
    assert rig.table.all() == []
    assert await rig.live() == ["encvoyid"]


async def test_the_debounce_is_trailing(rig: Rig) -> None:
    rig.settings.write(KEY, True)
    await rig.clock.advance(1.9)
    rig.settings.write(f"{KEY}-id", "later")
    await rig.clock.advance(1.9)
    assert rig.table.all() == []
    await rig.clock.advance(0.4)
    assert rig.table.all()[0].fields["clientId"] == "later"


async def test_several_writes_are_one_rewrite(rig: Rig) -> None:
    for value in ("one", "two", "three"):
        rig.settings.write(f"{KEY}-id", value)
    rig.settings.write(KEY, True)
    await rig.live()
    assert [entry.body["client_id"] for entry in rig.ledger.of("live")] == ["three"]


async def test_a_setting_of_something_else_starts_no_rewrite(rig: Rig) -> None:
    rig.settings.write(KEY, True)
    await rig.live()
    rig.settings.add(Setting("Site_Name", "string", ""))
    rig.settings.write("Site_Name", "x")
    await rig.live()
    assert len(rig.ledger.of("live")) == 1


async def test_the_jitter_is_a_tenth_of_the_debounce_at_most_and_seeded(rig: Rig) -> None:
    delay = 2.0 + random.Random(7).uniform(0, 0.2)
    rig.table.chance = random.Random(7)
    rig.settings.write(KEY, True)
    await rig.clock.advance(delay - 0.001)
    assert rig.table.all() == []
    await rig.clock.advance(0.002)
    assert len(rig.table.all()) == 1


async def test_the_record_has_the_fields_of_the_facts(rig: Rig) -> None:
    rig.settings.write(f"{KEY}-secret", "generated-secret")
    rig.settings.write(KEY, True)
    await rig.live()
    record = rig.table.all()[0]
    names = (
        "service custom clientId serverURL tokenPath identityPath authorizePath scope accessTokenParam buttonLabelText "
        "buttonLabelColor buttonColor loginStyle tokenSentVia identityTokenSentVia keyField usernameField emailField "
        "nameField avatarField rolesClaim groupsClaim channelsMap channelsAdmin mergeUsers mergeUsersDistinctServices "
        "mapChannels mergeRoles rolesToSync showButton"
    )
    assert set(record.public) == set(names.split())
    assert record.fields["secret"] == "generated-secret"
    assert rig.table.public() == {record.id: record.public}


async def test_listeners_get_only_what_changed_and_never_the_secret(rig: Rig) -> None:
    rig.settings.write(KEY, True)
    await rig.live()
    rig.settings.write(f"{KEY}-secret", "generated-secret")
    rig.settings.write(f"{KEY}-button_label_color", "#ffffff")
    await rig.live()
    assert rig.heard[1:] == [("changed", {"buttonLabelColor": "#ffffff"})]
    assert "secret" not in rig.heard[0][1]


async def test_a_change_of_the_secret_alone_is_silent_but_live(rig: Rig) -> None:
    rig.settings.write(KEY, True)
    await rig.live()
    rig.settings.write(f"{KEY}-secret", "generated-secret")
    await rig.live()
    assert [kind for kind, _ in rig.heard] == ["added"]
    assert rig.ledger.of("live")[-1].body["secret"] == "generated-secret"


async def test_switching_off_takes_it_out_and_on_again_gives_a_new_document(rig: Rig) -> None:
    rig.settings.write(KEY, True)
    await rig.live()
    first = rig.table.all()[0].id
    rig.settings.write(KEY, False)
    assert await rig.live() == []
    rig.settings.write(KEY, True)
    await rig.live()
    assert rig.table.all()[0].id != first
    assert [kind for kind, _ in rig.heard] == ["added", "removed", "added"]


async def test_a_rewrite_keeps_the_document(rig: Rig) -> None:
    rig.settings.write(KEY, True)
    await rig.live()
    first = rig.table.all()[0].id
    rig.settings.write(f"{KEY}-id", "x")
    await rig.live()
    assert rig.table.all()[0].id == first


async def test_the_text_true_does_not_switch_on(rig: Rig) -> None:
    rig.settings.write(KEY, "true")
    assert await rig.live() == []


async def test_removed_while_on_leaves_a_zombie_which_refresh_buries(rig: Rig) -> None:
    rig.settings.write(KEY, True)
    await rig.live()
    remove_service(rig.settings, "Encvoyid")
    assert await rig.live() == ["encvoyid"]
    rig.table.refresh()
    assert await rig.live() == []


async def test_refresh_makes_every_button_blink(rig: Rig) -> None:
    rig.settings.add(Setting("Accounts_OAuth_Github", "boolean", True))
    rig.settings.write(KEY, True)
    assert await rig.live() == ["encvoyid", "github"]
    rig.table.refresh()
    assert rig.table.all() == []
    await rig.clock.advance(1.9)
    assert rig.table.all() == []
    assert sorted(await rig.live()) == ["encvoyid", "github"]


@pytest.mark.parametrize(("modules", "live"), [(set(), []), ({"oauth-enterprise"}, ["encvoyid"])])
async def test_a_gated_service_is_live_only_with_the_licence(modules: set[str], live: list[str]) -> None:
    rig = Rig(modules)
    add_service(rig.settings, "Encvoyid", gated=True)
    rig.settings.write(KEY, True)
    assert await rig.live() == live
    setting = rig.settings.find(KEY)
    assert setting is not None
    assert setting.value is True


async def test_premium_fields_count_as_their_default_without_licence(rig: Rig) -> None:
    rig.settings.write(f"{KEY}-map_channels", True)
    rig.settings.write(f"{KEY}-roles_claim", "custom")
    rig.settings.write(KEY, True)
    await rig.live()
    fields = rig.table.all()[0].fields
    assert (fields["mapChannels"], fields["rolesClaim"]) == (False, "roles")


def test_a_write_before_the_start_is_made_good_at_the_start(rig: Rig) -> None:
    rig.settings.write(KEY, True)
    assert rig.table.all() == []
    rig.table.resume()
    assert [service.service for service in rig.table.all()] == ["encvoyid"]


async def test_what_was_made_good_at_the_start_is_not_done_again(rig: Rig) -> None:
    rig.settings.write(KEY, True)
    rig.table.resume()
    await rig.live()
    assert len(rig.ledger.of("live")) == 1


async def test_each_write_is_in_the_ledger_as_stored(rig: Rig) -> None:
    rig.settings.write(f"{KEY}-id", "x")
    assert [entry.body for entry in rig.ledger.of("stored")] == [{"_id": f"{KEY}-id", "value": "x"}]
    rig.table.suspend()
