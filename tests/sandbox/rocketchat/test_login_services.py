"""The live table, and what a run makes of the settings (facts/rocketchat.md §2.5, §3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ledger import Ledger
from sandbox.rocketchat.login_services import LoginServices, built
from tests.support.instances import KEY, Rig

ON = {"service": "encvoyid", "custom": True, "clientId": "client", "secret": "generated-secret", "scope": "openid"}
Heard = list[tuple[str, str, dict[str, Any], str]]


@pytest.fixture
def table() -> LoginServices:
    return LoginServices(Ledger())


def listening(table: LoginServices) -> Heard:
    heard: Heard = []
    table.listen(lambda *change: heard.append(change))
    return heard


def test_a_run_takes_switches_only_and_only_true_and_false() -> None:
    given = {
        "Accounts_OAuth_Github": True,
        "Accounts_OAuth_Github_id": "client",
        "Accounts_OAuth_Custom-": True,
        "Accounts_OAuth_Custom-Text": "true",
        "Accounts_OAuth_Custom-None": None,
        "Accounts_OAuth_Custom-Off": False,
        "Accounts_OAuth_Custom-On-merge_users": True,
        "Accounts_OAuth_Use_Modern_Flow": True,
        "Accounts_ShowFormLogin": True,
    }
    assert [(name, fields is not None) for name, fields in built(given)] == [("github", True), ("off", False)]


def test_the_record_has_the_fields_of_the_facts() -> None:
    rig = Rig()
    rig.settings.write(f"{KEY}-secret", "generated-secret")
    rig.settings.write(KEY, True)
    rig.table.rewrite()
    [record] = rig.table.all()
    names = (
        "service custom clientId serverURL tokenPath identityPath authorizePath scope accessTokenParam buttonLabelText "
        "buttonLabelColor buttonColor loginStyle tokenSentVia identityTokenSentVia keyField usernameField emailField "
        "nameField avatarField rolesClaim groupsClaim channelsMap channelsAdmin mergeUsers mergeUsersDistinctServices "
        "mapChannels mergeRoles rolesToSync showButton"
    )
    assert set(record.public) == set(names.split())
    assert record.fields["secret"] == "generated-secret"


def test_a_record_keeps_its_id_and_is_told_whole_without_the_secret(table: LoginServices) -> None:
    heard = listening(table)
    table.write([("encvoyid", ON)], by="one")
    table.write([("encvoyid", {**ON, "scope": "openid email"})], by="two")
    [record] = table.all()
    public = {name: value for name, value in ON.items() if name != "secret"}
    assert heard == [
        ("added", record.id, public, "one"),
        ("changed", record.id, {**public, "scope": "openid email"}, "two"),
    ]


def test_what_an_instance_has_no_value_for_stays_as_it_was(table: LoginServices) -> None:
    table.write([("encvoyid", {**ON, "scope": None})])
    assert "scope" not in table.all()[0].public
    table.write([("encvoyid", ON)])
    table.write([("encvoyid", {**ON, "scope": None})])
    assert table.all()[0].fields["scope"] == "openid"


def test_off_and_on_makes_another_document(table: LoginServices) -> None:
    heard = listening(table)
    for fields in (ON, None, ON):
        table.write([("encvoyid", fields)])
    assert [kind for kind, *_ in heard] == ["added", "removed", "added"]
    assert heard[0][1] == heard[1][1] != heard[2][1]


def test_dropping_what_is_gone_is_told_to_nobody(table: LoginServices) -> None:
    heard = listening(table)
    table.drop("encvoyid")
    assert heard == []


def test_each_record_is_in_the_ledger_with_the_instance_that_wrote_it() -> None:
    ledger = Ledger()
    table = LoginServices(ledger)
    table.write([("encvoyid", ON)], by="one")
    table.empty(by="two")
    [live], [gone] = ledger.of("live"), ledger.of("gone")
    assert (live.body["client_id"], live.body["secret"], live.body["instance"]) == ("client", "generated-secret", "one")
    assert gone.body == {"service": "encvoyid", "instance": "two"}


def test_emptied_is_another_word_than_removed(table: LoginServices) -> None:
    table.write([("encvoyid", ON)])
    heard = listening(table)
    table.empty()
    assert ([kind for kind, *_ in heard], table.all()) == (["emptied"], [])
