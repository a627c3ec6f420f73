"""What is said of a secret that is neither the old nor the new one: what was seen, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.connection.absence import ChangedByOthers, hidden
from bot.connection.refusals import DIFFERENT, ready, refuse_foreign_secrets, refuse_what_cannot_be_seen, required
from bot.connection.state import Connection, NotVisible, Observed, StoredService
from bot.secret import Secret
from tests.connection.conftest import NEW, OLD, exchange
from tests.connection.test_plan import APPLICATION, AT_REST, LIVE, STORED

THIRD = Secret("t" * 64)


def refused(desired: Connection, in_rocketchat: Secret, at_encvoy_id: Secret) -> ChangedByOthers:
    stored: StoredService = replace(STORED, secret=in_rocketchat)
    observed = Observed(stored, LIVE, replace(APPLICATION, secret=at_encvoy_id))
    with pytest.raises(ChangedByOthers) as caught:
        refuse_foreign_secrets(desired, observed)
    return caught.value


@pytest.mark.parametrize(
    ("in_rocketchat", "at_encvoy_id", "who"),
    [(THIRD, OLD, "Rocket.Chat has"), (NEW, THIRD, "Encvoy ID has"), (THIRD, THIRD, "Rocket.Chat and Encvoy ID")],
)
def test_when_a_secret_was_changed_is_not_claimed(in_rocketchat: Secret, at_encvoy_id: Secret, who: str) -> None:
    """An exchange may have been interrupted for days, and what is live was not looked at."""
    refusal = refused(exchange(AT_REST), in_rocketchat, at_encvoy_id)
    assert refusal.what.startswith(who)
    assert "while" not in refusal.why
    assert "nobody can sign in" not in refusal.why
    assert (DIFFERENT in refusal.why) is (in_rocketchat != at_encvoy_id)


def test_who_replaced_a_secret_on_both_sides_is_not_claimed() -> None:
    """The bot's own database, put back from a copy, shows exactly this."""
    refusal = refused(AT_REST, THIRD, THIRD)
    assert "not by me" not in refusal.why
    assert "or my database is older than it: I cannot tell" in refusal.why


def test_a_secret_that_people_use_is_not_overwritten_although_the_service_should_be_off() -> None:
    """The database was restored, and is older than the moment it was switched on."""
    off = replace(AT_REST, enabled=False)
    assert "I do not know it" in refused(off, THIRD, THIRD).what
    nobody = Observed(replace(STORED, enabled=False, secret=THIRD), None, replace(APPLICATION, secret=THIRD))
    refuse_foreign_secrets(off, nobody)


@pytest.mark.parametrize(
    ("refuses", "desired"),
    [(ready, AT_REST), (refuse_what_cannot_be_seen, exchange(AT_REST))],
    ids=["ready", "seen"],
)
def test_an_application_that_is_gone_is_named(
    refuses: Callable[[Connection, Observed], object], desired: Connection
) -> None:
    assert desired.client_id
    with pytest.raises(ChangedByOthers, match=f"The application `{desired.client_id}` is gone"):
        refuses(desired, Observed(STORED, LIVE, None))


def test_what_cannot_go_on_without_an_application_says_that_it_is_gone() -> None:
    with pytest.raises(ChangedByOthers, match=f"The application `{AT_REST.client_id}` is gone"):
        required(AT_REST, None)


def test_an_application_that_is_hidden_is_refused_as_that() -> None:
    with pytest.raises(ChangedByOthers, match=re.escape(hidden(NotVisible("c1")).what)):
        required(AT_REST, NotVisible("c1"))
