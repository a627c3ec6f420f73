"""The order of changes is policy: a row for each situation that the loop can find."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.connection.absence import ChangedByOthers
from bot.connection.changes import (
    AttachRules,
    AwaitLive,
    Change,
    CommitSecret,
    CreateApplication,
    CreateService,
    DeleteTwin,
    DetachRules,
    Live,
    Prove,
    ProveInUse,
    RemoveFormerCallbacks,
    SwitchService,
    WriteApplication,
    WriteApplicationSecret,
    WriteService,
    WriteServiceSecret,
)
from bot.connection.needs import drift
from bot.connection.plan import Scope, is_shown, live_as_desired, plan
from bot.connection.state import Application, Connection, LiveService, Marker, NotVisible, Observed, StoredService
from bot.connection.unknown import Unknown
from bot.secret import Secret
from tests.connection.conftest import NEW, OLD, exchange, new_connection

AT_REST = replace(new_connection(), current=OLD, pending=None, client_id="c1")
OFF = replace(AT_REST, enabled=False)
EXCHANGE = exchange(AT_REST)
SETTINGS = {**AT_REST.settings, "id": "c1", "button_label_color": "#FFFFFF"}
MARKED = {**SETTINGS, "button_label_color": "#FFFFFf"}
STORED = StoredService("Encvoyid", True, SETTINGS, OLD)
LIVE = LiveService("encvoyid", SETTINGS)
APPLICATION = Application(
    client_id="c1",
    name="Rocket.Chat",
    description=AT_REST.description,
    domain=AT_REST.site_url,
    redirect_uris=(AT_REST.redirect_uri,),
    token_endpoint_auth_method="client_secret_post",
    secret=OLD,
    rules=frozenset({"login", "email"}),
)
WHOLE = Observed(STORED, LIVE, APPLICATION)
PROOF = (Prove(), ProveInUse(), CommitSecret(), ProveInUse(later=True))
NO_EMAIL = replace(AT_REST, rules=frozenset({"login"}), settings={**AT_REST.settings, "scope": "openid profile"})
SILENT = Unknown("silent")
STORED_NEW = replace(STORED, settings=MARKED, secret=NEW)
LIVE_NEW = LiveService("encvoyid", MARKED)

ROWS: list[tuple[str, Connection, Observed, tuple[Change, ...]]] = [
    ("all is well", AT_REST, WHOLE, ()),
    ("off and wanted off", OFF, Observed(replace(STORED, enabled=False), None, APPLICATION), ()),
    (
        "nothing is there",
        new_connection(),
        Observed(None, None, None),
        (
            CreateService(),
            CreateApplication(),
            WriteApplicationSecret(),
            AttachRules(("email", "login")),
            WriteService((*new_connection().settings, "secret", "id")),
            Prove(),
            CommitSecret(),
            SwitchService(on=True),
            AwaitLive(Live.ON),
        ),
    ),
    (
        "wanted off",
        OFF,
        WHOLE,
        (SwitchService(on=False), AwaitLive(Live.OFF)),
    ),
    (
        "switched off, still live",
        OFF,
        Observed(replace(STORED, enabled=False), LIVE, APPLICATION),
        (AwaitLive(Live.OFF),),
    ),
    (
        "switched off by nobody, for the switch holds nothing",
        OFF,
        Observed(replace(STORED, enabled=False, without_value=frozenset({""})), LIVE, APPLICATION),
        (SwitchService(on=False), AwaitLive(Live.OFF)),
    ),
    (
        "settings hold nothing, one that is desired and one that is not",
        AT_REST,
        replace(
            WHOLE,
            stored=replace(STORED, without_value=frozenset({"url", "roles_claim", "of_a_later_version"})),
        ),
        (WriteService(("url", "roles_claim")), AwaitLive(Live.ON)),
    ),
    (
        "Rocket.Chat moved: the new callback address comes first, the old one goes last",
        replace(AT_REST, former=("https://old.example.org/_oauth/encvoyid",)),
        replace(WHOLE, application=replace(APPLICATION, redirect_uris=("https://old.example.org/_oauth/encvoyid",))),
        (WriteApplication(("redirect_uris",)), RemoveFormerCallbacks()),
    ),
    (
        "Rocket.Chat moved, and somebody has removed the old callback address",
        replace(AT_REST, former=("https://old.example.org/_oauth/encvoyid",)),
        WHOLE,
        (),
    ),
    (
        "should be on",
        AT_REST,
        Observed(replace(STORED, enabled=False), None, APPLICATION),
        (Prove(), SwitchService(on=True), AwaitLive(Live.ON)),
    ),
    ("on, not live yet", AT_REST, Observed(STORED, None, APPLICATION), (AwaitLive(Live.ON),)),
    ("on, and nobody can see", AT_REST, Observed(STORED, SILENT, APPLICATION), (AwaitLive(Live.ON),)),
    (
        "a setting was changed",
        AT_REST,
        replace(WHOLE, stored=replace(STORED, settings={**SETTINGS, "token_path": "/x"})),
        (WriteService(("token_path",)), AwaitLive(Live.ON)),
    ),
    (
        "the secret was changed in Rocket.Chat alone",
        AT_REST,
        replace(WHOLE, stored=replace(STORED, secret=Secret("x"))),
        (WriteService(("secret",)), AwaitLive(Live.ON)),
    ),
    (
        "the secret was changed in Rocket.Chat alone, and a marker can show when ours is live",
        replace(AT_REST, marker=EXCHANGE.marker),
        replace(WHOLE, stored=replace(STORED, secret=Secret("x"))),
        (WriteServiceSecret(), AwaitLive(Live.MARKER), AwaitLive(Live.ON)),
    ),
    (
        "the same with a setting besides",
        replace(AT_REST, marker=EXCHANGE.marker),
        replace(WHOLE, stored=replace(STORED, secret=Secret("x"), settings={**SETTINGS, "token_path": "/x"})),
        (WriteService(("token_path",)), WriteServiceSecret(), AwaitLive(Live.MARKER), AwaitLive(Live.ON)),
    ),
    (
        "the same, and the marker is an old one that would show nothing",
        replace(AT_REST, marker=EXCHANGE.marker),
        replace(WHOLE, stored=replace(STORED, secret=Secret("x"), settings=MARKED)),
        (WriteService(("secret",)), AwaitLive(Live.ON)),
    ),
    (
        "the same, and the marker would undo a colour that people chose",
        replace(AT_REST, marker=EXCHANGE.marker),
        replace(
            WHOLE, stored=replace(STORED, secret=Secret("x"), settings={**SETTINGS, "button_label_color": "#aa0000"})
        ),
        (WriteService(("secret",)), AwaitLive(Live.ON)),
    ),
    (
        "the same with the button off waits for nothing",
        replace(OFF, marker=EXCHANGE.marker),
        Observed(replace(STORED, enabled=False, secret=Secret("x")), None, APPLICATION),
        (WriteService(("secret",)),),
    ),
    (
        "the secret was changed at Encvoy ID alone",
        AT_REST,
        replace(WHOLE, application=replace(APPLICATION, secret=Secret("x"))),
        (WriteApplicationSecret(),),
    ),
    (
        "the callback address was taken off",
        AT_REST,
        replace(WHOLE, application=replace(APPLICATION, redirect_uris=("https://other",))),
        (WriteApplication(("redirect_uris",)),),
    ),
    (
        "a rule was taken off",
        AT_REST,
        replace(WHOLE, application=replace(APPLICATION, rules=frozenset({"login"}))),
        (AttachRules(("email",)),),
    ),
    (
        "e-mail was left out, and somebody attached its rule and one of their own",
        replace(AT_REST, rules=frozenset({"login"})),
        replace(WHOLE, application=replace(APPLICATION, rules=frozenset({"login", "email", "phone_number"}))),
        (DetachRules(("email",)),),
    ),
    (
        "e-mail is left out of a connection that people use",
        NO_EMAIL,
        WHOLE,
        (DetachRules(("email",)), WriteService(("scope",)), AwaitLive(Live.ON)),
    ),
    (
        "the application is gone",
        AT_REST,
        replace(WHOLE, application=None),
        (
            CreateApplication(),
            WriteApplicationSecret(),
            AttachRules(("email", "login")),
            WriteService(("id",)),
            Prove(),
            AwaitLive(Live.ON),
        ),
    ),
    (
        "a creation was repeated",
        new_connection(client_id="c1"),
        replace(WHOLE, twins=(replace(APPLICATION, client_id="c2"),)),
        (DeleteTwin("c2"), Prove(), CommitSecret()),
    ),
    (
        "renamed and moved by people",
        AT_REST,
        replace(WHOLE, application=replace(APPLICATION, name="x", domain="y")),
        (),
    ),
    (
        "an exchange begins",
        EXCHANGE,
        WHOLE,
        (WriteServiceSecret(), AwaitLive(Live.MARKER), WriteApplicationSecret(), *PROOF),
    ),
    (
        "stored, not live yet",
        EXCHANGE,
        replace(WHOLE, stored=STORED_NEW),
        (AwaitLive(Live.MARKER), WriteApplicationSecret(), *PROOF),
    ),
    (
        "the secret is stored, the marker is not",
        EXCHANGE,
        replace(WHOLE, stored=replace(STORED, secret=NEW)),
        (WriteServiceSecret(), AwaitLive(Live.MARKER), WriteApplicationSecret(), *PROOF),
    ),
    (
        "live, not switched: the gap is open",
        EXCHANGE,
        Observed(STORED_NEW, LIVE_NEW, APPLICATION),
        (WriteApplicationSecret(), *PROOF),
    ),
    (
        "live, and Encvoy ID does not say",
        EXCHANGE,
        Observed(STORED_NEW, LIVE_NEW, SILENT),
        (WriteApplicationSecret(), *PROOF),
    ),
    (
        "both hold the new one",
        EXCHANGE,
        Observed(STORED_NEW, LIVE_NEW, replace(APPLICATION, secret=NEW)),
        PROOF,
    ),
    (
        "an exchange with the button off waits for nothing",
        exchange(OFF),
        Observed(replace(STORED, enabled=False), None, APPLICATION),
        (WriteApplicationSecret(), WriteService(("secret",)), Prove(), CommitSecret()),
    ),
]


@pytest.mark.parametrize(("desired", "observed", "changes"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_plan(desired: Connection, observed: Observed, changes: tuple[Change, ...]) -> None:
    assert plan(desired, observed) == changes


DRIFTED = replace(STORED, settings={**SETTINGS, "token_path": "/x", "merge_users": False})
LESS = replace(APPLICATION, grant_types=(), rules=frozenset(), description="x")
SWITCHED_OFF = replace(STORED, enabled=False)
NO_APPLICATION = (None, NotVisible("c1"), NotVisible("c1", there=False), SILENT, replace(LESS, secret=Secret("x")))

SCOPED: list[tuple[str, Scope, Connection, Observed, tuple[Change, ...]]] = [
    (
        "off, whatever else differs",
        Scope.SWITCH,
        OFF,
        Observed(DRIFTED, LIVE, LESS),
        (SwitchService(on=False), AwaitLive(Live.OFF)),
    ),
    *(
        (
            f"off, whatever Encvoy ID has: {number}",
            Scope.SWITCH,
            OFF,
            Observed(STORED, LIVE, seen),
            (SwitchService(on=False), AwaitLive(Live.OFF)),
        )
        for number, seen in enumerate(NO_APPLICATION)
    ),
    (
        "off in the middle of an exchange",
        Scope.SWITCH,
        replace(EXCHANGE, enabled=False),
        Observed(STORED_NEW, LIVE_NEW, SILENT),
        (SwitchService(on=False), AwaitLive(Live.OFF)),
    ),
    (
        "off before it was set up to its end",
        Scope.SWITCH,
        new_connection(enabled=False),
        Observed(SWITCHED_OFF, None, None),
        (),
    ),
    ("off, and gone from Rocket.Chat", Scope.SWITCH, OFF, Observed(None, None, None), ()),
    ("off, and still live", Scope.SWITCH, OFF, Observed(SWITCHED_OFF, LIVE, SILENT), (AwaitLive(Live.OFF),)),
    (
        "on, whatever else differs",
        Scope.SWITCH,
        AT_REST,
        Observed(replace(DRIFTED, enabled=False), None, LESS),
        (Prove(), SwitchService(on=True), AwaitLive(Live.SHOWN)),
    ),
    (
        "on, and the application is hidden",
        Scope.SWITCH,
        AT_REST,
        Observed(SWITCHED_OFF, None, NotVisible("c1")),
        (Prove(), SwitchService(on=True), AwaitLive(Live.SHOWN)),
    ),
    ("on already, whatever else differs", Scope.SWITCH, AT_REST, Observed(DRIFTED, LIVE, LESS), ()),
    ("on, and not live yet", Scope.SWITCH, AT_REST, Observed(STORED, None, APPLICATION), (AwaitLive(Live.SHOWN),)),
    (
        "a secret, whatever else differs",
        Scope.SECRET,
        EXCHANGE,
        Observed(DRIFTED, LIVE, LESS),
        (WriteServiceSecret(), AwaitLive(Live.MARKER), WriteApplicationSecret(), *PROOF),
    ),
    (
        "a secret while it is off",
        Scope.SECRET,
        exchange(OFF),
        Observed(replace(DRIFTED, enabled=False), None, LESS),
        (WriteApplicationSecret(), WriteService(("secret",)), Prove(), CommitSecret()),
    ),
    (
        "a secret while somebody has switched it off",
        Scope.SECRET,
        EXCHANGE,
        Observed(replace(DRIFTED, enabled=False), None, LESS),
        (WriteApplicationSecret(), WriteService(("secret",)), Prove(), CommitSecret()),
    ),
    (
        "a secret while somebody has switched it on",
        Scope.SECRET,
        exchange(OFF),
        WHOLE,
        (WriteServiceSecret(), AwaitLive(Live.MARKER), WriteApplicationSecret(), *PROOF),
    ),
    ("a secret that both hold", Scope.SECRET, AT_REST, Observed(DRIFTED, LIVE, LESS), ()),
]


@pytest.mark.parametrize(
    ("scope", "desired", "observed", "changes"), [r[1:] for r in SCOPED], ids=[r[0] for r in SCOPED]
)
def test_a_command_touches_only_what_it_is_named_for(
    scope: Scope, desired: Connection, observed: Observed, changes: tuple[Change, ...]
) -> None:
    assert plan(desired, observed, scope) == changes


REFUSED: list[tuple[str, Connection, Observed]] = [
    ("`/sso rotate` finishes that", EXCHANGE, WHOLE),
    ("`/sso setup` finishes it", new_connection(client_id="c1"), WHOLE),
    ("`/sso setup` creates it again", AT_REST, Observed(None, None, APPLICATION)),
    ("`/sso setup` creates a new one", AT_REST, Observed(SWITCHED_OFF, None, None)),
    (
        "client id of the service differs",
        AT_REST,
        replace(WHOLE, stored=replace(STORED, settings={**SETTINGS, "id": "c2"})),
    ),
    ("client secret of the service differs", AT_REST, replace(WHOLE, stored=replace(STORED, secret=Secret("x")))),
    (
        "Encvoy ID has a different client secret",
        AT_REST,
        replace(WHOLE, application=replace(APPLICATION, secret=Secret("x"))),
    ),
    (
        "`/sso rotate` replaces it",
        AT_REST,
        Observed(replace(STORED, secret=Secret("x")), LIVE, replace(APPLICATION, secret=Secret("x"))),
    ),
]


@pytest.mark.parametrize(("says", "desired", "observed"), REFUSED, ids=[r[0] for r in REFUSED])
def test_no_button_is_switched_on_that_leads_nowhere(says: str, desired: Connection, observed: Observed) -> None:
    with pytest.raises(ChangedByOthers, match=says):
        plan(desired, observed, Scope.SWITCH)


def test_a_button_without_settings_is_not_called_off() -> None:
    with pytest.raises(ChangedByOthers, match="cannot be switched off"):
        plan(OFF, Observed(None, LIVE, SILENT), Scope.SWITCH)


@pytest.mark.parametrize(
    ("observed", "says"),
    [
        (Observed(None, None, APPLICATION), "gone from Rocket.Chat"),
        (replace(WHOLE, application=None), "gone from Encvoy ID"),
        (replace(WHOLE, application=NotVisible("c1")), "not fully visible"),
        (Observed(SWITCHED_OFF, None, SILENT), "cannot be read now"),
    ],
)
def test_no_secret_is_replaced_that_both_sides_cannot_get(observed: Observed, says: str) -> None:
    with pytest.raises(ChangedByOthers, match=says):
        plan(EXCHANGE, observed, Scope.SECRET)


def test_the_way_back_is_the_same_plan_with_the_secrets_exchanged() -> None:
    back = replace(EXCHANGE, current=NEW, pending=OLD, marker=Marker("button_label_color", "#FFFFff"))
    changes = plan(back, Observed(STORED_NEW, LIVE_NEW, APPLICATION))
    assert changes == (WriteServiceSecret(), AwaitLive(Live.MARKER), *PROOF)


STRANGE = Secret("z" * 64)


@pytest.mark.parametrize(
    ("observed", "says"),
    [
        (replace(WHOLE, stored=replace(STORED, secret=STRANGE)), "Rocket.Chat has"),
        (replace(WHOLE, application=replace(APPLICATION, secret=STRANGE)), "Encvoy ID has"),
        (
            Observed(replace(STORED, secret=STRANGE), LIVE, replace(APPLICATION, secret=Secret("y"))),
            "Rocket.Chat and Encvoy ID have ",
        ),
    ],
)
def test_an_exchange_stops_at_a_secret_of_others(observed: Observed, says: str) -> None:
    with pytest.raises(ChangedByOthers, match=says):
        plan(EXCHANGE, observed)


def test_a_secret_replaced_by_hand_on_both_sides_is_not_overwritten() -> None:
    both = Observed(replace(STORED, secret=STRANGE), LIVE, replace(APPLICATION, secret=STRANGE))
    with pytest.raises(ChangedByOthers, match="Both sides have"):
        plan(AT_REST, both)


def test_disable_is_never_held_up_by_a_secret_of_others() -> None:
    both = Observed(replace(STORED, secret=STRANGE), LIVE, replace(APPLICATION, secret=STRANGE))
    assert plan(OFF, both, Scope.SWITCH) == (SwitchService(on=False), AwaitLive(Live.OFF))


@pytest.mark.parametrize("there", [True, False])
def test_not_visible_is_never_taken_for_absent(there: bool) -> None:
    with pytest.raises(ChangedByOthers, match=r"not (fully )?visible to me"):
        plan(AT_REST, replace(WHOLE, application=NotVisible("c1", there=there)))


def test_an_exchange_whose_application_is_gone_ends() -> None:
    with pytest.raises(ChangedByOthers, match="gone from Encvoy ID"):
        plan(EXCHANGE, replace(WHOLE, application=None))


def test_no_error_of_the_plan_shows_a_secret() -> None:
    with pytest.raises(ChangedByOthers) as caught:
        plan(EXCHANGE, replace(WHOLE, stored=replace(STORED, secret=STRANGE)))
    assert STRANGE.reveal() not in caught.value.text


@pytest.mark.parametrize("spelling", ["#ffffff", "#FfFfFf"])
def test_drift_ignores_the_spelling_of_the_marker(spelling: str) -> None:
    stored = replace(STORED, settings={**SETTINGS, "button_label_color": spelling, "scope": "email openid profile"})
    assert drift(AT_REST, stored) == ()


def test_live_settings_that_an_older_server_does_not_publish_are_not_asked_for() -> None:
    assert live_as_desired(AT_REST, LiveService("encvoyid", {"id": "c1"}))


def test_a_live_record_of_another_application_is_not_as_desired() -> None:
    assert not live_as_desired(AT_REST, LiveService("encvoyid", {**SETTINGS, "id": "c2"}))


def test_a_button_of_another_application_is_not_ours() -> None:
    assert not is_shown(AT_REST, LiveService("encvoyid", {"id": "c2"}))


def test_a_setting_published_in_another_form_is_no_reason_to_wait() -> None:
    assert plan(AT_REST, replace(WHOLE, live=LiveService("encvoyid", {**SETTINGS, "scope": "another form"}))) == ()
