"""Is the application at Encvoy ID as the connection needs it. These checks need a connection."""

from __future__ import annotations

from bot.connection.absence import gone, hidden
from bot.connection.needs import application_drift, unwanted_rules, without
from bot.connection.ports import Probe
from bot.connection.state import Application, Connection, NotVisible
from bot.connection.unknown import Unknown
from bot.doctor.checks import (
    LEAKED,
    PUT_RIGHT,
    ROTATED,
    SETTING_UP,
    Catalogue,
    Result,
    because,
    failed,
    noted,
    of_application,
    passed,
    skipped,
    to_be_set_up,
)
from bot.doctor.evidence import Evidence

catalogue = Catalogue()


@catalogue.check("Application", "facts/encvoy-id.md §4")
def application(evidence: Evidence) -> Result | None:
    """It is there, and the bot may see it in full."""
    if evidence.connection is None:
        return None
    if evidence.connection.client_id is None:
        return skipped(SETTING_UP)
    match evidence.application:
        case Unknown(reason=reason):
            return skipped(reason)
        case NotVisible() as found:
            seen = "exists, but is not fully visible to me" if found.there else "is not visible to me"
            return failed(f"`{found.client_id}` {seen}", hidden(found).why, hidden(found).fix)
        case None:
            missing = gone(evidence.connection.client_id or "")
            return failed("it is gone from Encvoy ID: nobody can sign in through it", missing.why, missing.fix)
        case found:
            return passed(f"`{found.client_id}`")


@catalogue.check("Application's fields", "facts/encvoy-id.md §3")
@of_application
def fields(evidence: Evidence, connection: Connection, found: Application) -> Result | None:
    """What decides whether anybody can sign in is as needed; the callback address has a check of its own."""
    wrong = [f for f in application_drift(connection, found) if f != "redirect_uris"]
    if wrong:
        return to_be_set_up(evidence, failed(f"not as required: {', '.join(wrong)}", without(wrong), PUT_RIGHT))
    lives = f"token lifetime {found.access_token_ttl:g} s"
    return passed(f"{found.token_endpoint_auth_method}, {found.id_token_signed_response_alg}, {lives}")


@catalogue.check("Login name and e-mail", 'facts/encvoy-id.md §2 "Claims"')
@of_application
def rules(evidence: Evidence, connection: Connection, found: Application) -> Result | None:
    """The application makes Encvoy ID ask people for them, for e-mail unless `setup --no-email` left it out; without
    login name, new people have no user name."""
    missing = sorted(connection.rules - found.rules)
    if missing:
        why = "The rule is not attached to the application; people who come without a login name have no user name."
        return to_be_set_up(evidence, failed(f"not asked for: {', '.join(missing)}", why, PUT_RIGHT))
    unwanted = unwanted_rules(connection, found)
    if unwanted:
        return failed(
            f"asked for, although it was left out: {', '.join(unwanted)}",
            "Setup left it out, but its rule is attached to the application at Encvoy ID.",
            PUT_RIGHT,
        )
    left_out = "" if connection.with_email else "; e-mail is left out"
    return passed(f"asked for: {', '.join(sorted(found.rules))}{left_out}")


@catalogue.check("Application valid in the OIDC process", "facts/encvoy-id.md §4, end")
def valid(evidence: Evidence) -> Result | None:
    """Encvoy ID's two halves agree that the record can be used."""
    if evidence.connection is None or evidence.ours is None:
        return None
    if isinstance(evidence.ours, Unknown):
        return skipped(evidence.ours.reason)
    found = evidence.application
    if evidence.ours is Probe.BROKEN:
        if isinstance(found, Application) and application_drift(evidence.connection, found):
            return skipped("fix the application's fields first")
        return failed(
            "Encvoy ID reports that its own record of the application is invalid",
            "It has saved values that its own OIDC process refuses, in fields that I do not manage.",
            "Check the application's settings at Encvoy ID: its other callback addresses, and those for after a "
            "logout.",
        )
    if evidence.ours is Probe.REFUSED:
        return skipped("its secret is refused, and an unknown application would get the same response")
    return passed("it is valid")


@catalogue.check("Secret accepted", "facts/encvoy-id.md §9")
def accepted(evidence: Evidence) -> Result | None:
    """Encvoy ID accepts the secret in the bot's database."""
    if evidence.connection is None or evidence.ours is None:
        return None
    if isinstance(evidence.ours, Unknown) or evidence.ours is Probe.BROKEN:
        return skipped("the secret could not be tested")
    if evidence.ours is not Probe.REFUSED:
        return passed("Encvoy ID accepts it")
    if not isinstance(evidence.application, Application):
        return skipped("the application could not be read")
    if evidence.application.secret != (evidence.connection.current or evidence.connection.secret):
        fix = ROTATED if evidence.replaced_on_both else f"{PUT_RIGHT} {LEAKED}"
        return to_be_set_up(evidence, failed("Encvoy ID refuses it", "Encvoy ID has a different one.", fix))
    if application_drift(evidence.connection, evidence.application):
        return skipped("fix the application's other fields first")
    return failed(
        "Encvoy ID refuses it, although it has the same one",
        "Its OIDC process does not see what its management API has saved.",
        "Check Encvoy ID's OIDC process and its database.",
    )


@catalogue.check("Counter-check", "facts/encvoy-id.md §9")
def random(evidence: Evidence) -> Result | None:
    """The probe refuses a wrong secret."""
    if evidence.connection is None or evidence.random is None:
        return None
    if isinstance(evidence.random, Unknown):
        return because(evidence.random, "it could not be tested")
    if evidence.random is Probe.BROKEN:
        return skipped("it could not be tested")
    if evidence.application is None:
        return skipped("the application is gone, so every secret is refused")
    if evidence.random is not Probe.REFUSED:
        return failed(
            "Encvoy ID accepts a random secret",
            "The application needs no secret at all, or something else answers in place of Encvoy ID.",
            "Set token_endpoint_auth_method of the application to client_secret_post: " + PUT_RIGHT,
        )
    if evidence.ours not in (Probe.ACCEPTED, Probe.REDIRECT_REFUSED):
        return skipped("Encvoy ID does not accept our secret either, so a refusal would show nothing")
    return passed("a random secret is refused")


@catalogue.check("Callback address registered", "facts/encvoy-id.md §7, end")
def registered(evidence: Evidence) -> Result | None:
    """Encvoy ID sends people back to this address. It compares as normalised; `setup` registers the exact string."""
    if evidence.connection is None or evidence.ours is None:
        return None
    ours, found = evidence.connection.redirect_uri, evidence.application
    listed = ours in found.redirect_uris if isinstance(found, Application) else None
    if evidence.ours is Probe.REDIRECT_REFUSED and listed:
        return failed(
            f"Encvoy ID refuses {ours}, although it is on its list",
            "Its OIDC process does not see what its management API has saved.",
            "Check Encvoy ID's OIDC process and its database.",
        )
    if evidence.ours is Probe.ACCEPTED and listed is False:
        return noted(
            f"Encvoy ID accepts {ours}, although the application does not list it in exactly this form", PUT_RIGHT
        )
    if evidence.ours is Probe.REDIRECT_REFUSED or listed is False:
        why = "The application does not list it in exactly this form."
        return to_be_set_up(evidence, failed(f"{ours} is not registered", why, PUT_RIGHT))
    if evidence.ours is not Probe.ACCEPTED:
        return skipped("Encvoy ID reveals this only to a client with the right secret")
    return passed(evidence.connection.redirect_uri)
