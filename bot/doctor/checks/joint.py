"""Is the connection whole: the application, the service, and what joins them. Nothing here concerns a workspace without
a connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.connection.absence import gone, hidden
from bot.connection.forced import ONLY_REMOVING, against_us, forced_by
from bot.connection.in_use import Use
from bot.connection.marker import meaning
from bot.connection.needs import (
    application_drift,
    drift,
    unwanted_rules,
    without,
)
from bot.connection.ports import Probe, Server
from bot.connection.preflight import refuse_licence
from bot.connection.state import Application, LiveService, NotVisible, StoredService, Unknown
from bot.doctor.checks import Catalogue, Result, because, failed, passed, skipped, unseen
from bot.doctor.evidence import Evidence
from bot.errors import UserError

catalogue = Catalogue()
PUT_RIGHT = "`/sso setup` puts it right."
LEAKED = "That is the secret of before; if it may have leaked, `/sso rotate` then makes a new one."


@catalogue.check("Application", "facts/encvoy-id.md §4")
def application(evidence: Evidence) -> Result | None:
    """It is there, and the bot may see it in full."""
    if evidence.connection is None:
        return None
    if evidence.connection.client_id is None:
        return failed("it was not made yet", "Setting up stopped before it.", "`/sso setup` goes on.")
    match evidence.application:
        case Unknown(reason=reason):
            return skipped(reason)
        case NotVisible() as found:
            seen = "is there, and not visible to me in full" if found.there else "is not visible to me"
            return failed(f"`{found.client_id}` {seen}", hidden(found).why, hidden(found).mend)
        case None:
            missing = gone(evidence.connection.client_id or "")
            return failed("it is gone from Encvoy ID: nobody can sign in through it", missing.why, missing.mend)
        case found:
            return passed(f"`{found.client_id}`")


@catalogue.check("Application's fields", "facts/encvoy-id.md §3")
def fields(evidence: Evidence) -> Result | None:
    """What decides whether anybody can sign in is as needed; the callback address has a check of its own."""
    if evidence.connection is None:
        return None
    found = evidence.application
    if not isinstance(found, Application):
        return skipped("the application cannot be seen")
    wrong = [f for f in application_drift(evidence.connection, found) if f != "redirect_uris"]
    if wrong:
        return failed(f"not as needed: {', '.join(wrong)}", without(wrong), PUT_RIGHT)
    lives = f"tokens live {found.access_token_ttl:g} s"
    return passed(f"{found.token_endpoint_auth_method}, {found.id_token_signed_response_alg}, {lives}")


@catalogue.check("Login name and e-mail", 'facts/encvoy-id.md §2 "Claims"')
def rules(evidence: Evidence) -> Result | None:
    """The application makes Encvoy ID ask people for them, for e-mail unless `setup --no-email` left it out; without
    login name new people arrive without a user name."""
    if evidence.connection is None:
        return None
    if not isinstance(evidence.application, Application):
        return skipped("the application cannot be seen")
    missing = sorted(evidence.connection.rules - evidence.application.rules)
    if missing:
        return failed(
            f"not asked for: {', '.join(missing)}",
            "The rule is not attached to the application; whoever comes without login name has no user name.",
            PUT_RIGHT,
        )
    unwanted = unwanted_rules(evidence.connection, evidence.application)
    if unwanted:
        return failed(
            f"asked for against your wish: {', '.join(unwanted)}",
            "It was left out here, and its rule is attached to the application at Encvoy ID.",
            PUT_RIGHT,
        )
    left_out = "" if evidence.connection.with_email else "; e-mail is left out"
    return passed(f"asked for: {', '.join(sorted(evidence.application.rules))}{left_out}")


@catalogue.check("Application is valid at the token side", "facts/encvoy-id.md §4, end")
def valid(evidence: Evidence) -> Result | None:
    """Encvoy ID's two halves agree that the record can be used."""
    if evidence.connection is None or evidence.ours is None:
        return None
    if isinstance(evidence.ours, Unknown):
        return skipped(evidence.ours.reason)
    found = evidence.application
    if evidence.ours is Probe.BROKEN:
        if isinstance(found, Application) and application_drift(evidence.connection, found):
            return skipped("the application's fields come first")
        return failed(
            "Encvoy ID calls its own record of the application invalid",
            "It stores values that its token side refuses, in columns that are not mine.",
            "Look at the application's settings at Encvoy ID: its other callback addresses, those after a logout.",
        )
    if evidence.ours is Probe.REFUSED and not _is_there(evidence):
        return skipped("the application cannot be seen, and one that is gone is refused likewise")
    return passed("it is")


def _is_there(evidence: Evidence) -> bool:
    """Whether the application was seen to exist."""
    found = evidence.application
    return isinstance(found, Application) or (isinstance(found, NotVisible) and found.there)


@catalogue.check("Secret accepted", "facts/encvoy-id.md §9")
def accepted(evidence: Evidence) -> Result | None:
    """The secret that we keep is the one that Encvoy ID takes."""
    if evidence.connection is None or evidence.ours is None:
        return None
    if isinstance(evidence.ours, Unknown) or evidence.ours is Probe.BROKEN:
        return skipped("the secret could not be tried")
    if evidence.ours is not Probe.REFUSED:
        return passed("Encvoy ID accepts it")
    if not isinstance(evidence.application, Application):
        return skipped("the application cannot be seen")
    if evidence.application.secret != (evidence.connection.current or evidence.connection.secret):
        return failed("Encvoy ID refuses it", "Encvoy ID holds another one.", f"{PUT_RIGHT} {LEAKED}")
    if application_drift(evidence.connection, evidence.application):
        return skipped("the application's other fields come first")
    return failed(
        "Encvoy ID refuses it, and holds the same one",
        "Its token side does not see what its management side has stored.",
        "Look at Encvoy ID's oidc process and its database.",
    )


@catalogue.check("Random secret refused", "facts/encvoy-id.md §9")
def random(evidence: Evidence) -> Result | None:
    """The probe can tell right from wrong."""
    if evidence.connection is None or evidence.random is None:
        return None
    if isinstance(evidence.random, Unknown):
        return because(evidence.random, "it could not be tried")
    if evidence.random is Probe.BROKEN:
        return skipped("it could not be tried")
    if evidence.application is None:
        return skipped("the application is gone, so whatever is tried is refused")
    if evidence.random is not Probe.REFUSED:
        return failed(
            "Encvoy ID accepts it",
            "The application needs no secret at all, or something answers in Encvoy ID's place.",
            "Set token_endpoint_auth_method of the application to client_secret_post: " + PUT_RIGHT,
        )
    if evidence.ours not in (Probe.ACCEPTED, Probe.REDIRECT_REFUSED):
        return skipped("Encvoy ID accepts none from which it could be told")
    return passed("Encvoy ID refuses it")


@catalogue.check("Callback address registered", "facts/encvoy-id.md §7, end")
def registered(evidence: Evidence) -> Result | None:
    """Exactly this address, or Encvoy ID sends nobody back."""
    if evidence.connection is None or evidence.ours is None:
        return None
    ours, found = evidence.connection.redirect_uri, evidence.application
    listed = ours in found.redirect_uris if isinstance(found, Application) else None
    if evidence.ours is Probe.REDIRECT_REFUSED and listed:
        return failed(
            f"Encvoy ID refuses {ours}, and has it on its list",
            "Its token side does not see what its management side has stored.",
            "Look at Encvoy ID's oidc process and its database.",
        )
    if evidence.ours is Probe.REDIRECT_REFUSED or listed is False:
        return failed(f"{ours} is not registered", "The application does not list it, in exactly this form.", PUT_RIGHT)
    if evidence.ours is not Probe.ACCEPTED:
        return skipped("it is only told to who knows the secret")
    return passed(evidence.connection.redirect_uri)


@catalogue.check("Service", "facts/rocketchat.md §2.2")
def service(evidence: Evidence) -> Result | None:
    """Its settings are there."""
    if evidence.connection is None:
        return None
    if isinstance(evidence.stored, Unknown):
        if isinstance(evidence.server, Unknown) or isinstance(evidence.account, Unknown):
            return skipped(evidence.stored.reason)
        if not isinstance(evidence.permissions, Unknown) and "view-privileged-setting" not in evidence.permissions:
            return skipped("the bot's account may not read settings")
        return unseen("it cannot be read", evidence.stored, "Give the bot's account the role admin in Rocket.Chat.")
    if evidence.stored is None:
        was = "It was removed since it was set up." if evidence.connection.current else "Setting up stopped before it."
        return failed("it is not there", was, PUT_RIGHT)
    return passed(f"`{evidence.connection.name.service}`")


@catalogue.check("Service's settings", "facts/rocketchat.md §2.2, §3.6")
def settings(evidence: Evidence) -> Result | None:
    """All are stored as set up, the client id included."""
    if evidence.connection is None:
        return None
    if not isinstance(evidence.stored, StoredService):
        return skipped("the service cannot be seen")
    changed = [suffix for suffix in drift(evidence.connection, evidence.stored) if suffix != "secret"]
    if changed:
        return failed(f"not as set up: {', '.join(changed)}", *_cause(evidence, changed))
    return passed(f"all {len(evidence.connection.settings) + 1} as set up")


@catalogue.check("Service's secret", "facts/rocketchat.md §0.7")
def secret(evidence: Evidence) -> Result | None:
    """Rocket.Chat holds the secret that we keep."""
    if evidence.connection is None:
        return None
    if not isinstance(evidence.stored, StoredService):
        return skipped("the service cannot be seen")
    if evidence.stored.secret not in (evidence.connection.current, evidence.connection.pending):
        why, mend = _cause(evidence, ["secret"])
        return failed("Rocket.Chat holds another one", why, f"{mend} {LEAKED}")
    return passed("Rocket.Chat holds it")


@catalogue.check("Service's switch", "facts/rocketchat.md §2.2")
def switch(evidence: Evidence) -> Result | None:
    """On or off, as wanted."""
    if evidence.connection is None:
        return None
    if not isinstance(evidence.stored, StoredService):
        return skipped("the service cannot be seen")
    wanted, there = evidence.connection.enabled, evidence.stored.enabled
    if wanted != there:
        word = "enable" if wanted else "disable"
        return failed(
            f"{'on' if there else 'off'}, but wanted {'on' if wanted else 'off'}",
            *_cause(evidence, [""], f"`/sso {word}` puts it right."),
        )
    return passed("on" if there else "off, as wanted")


@catalogue.check("Stored is live", "facts/rocketchat.md §2.5, §2.6")
def live(evidence: Evidence) -> Result | None:
    """What the settings say is what the login page uses."""
    if evidence.connection is None:
        return None
    if not isinstance(evidence.stored, StoredService):
        return skipped("the service cannot be seen")
    if isinstance(evidence.live, Unknown):
        return skipped(evidence.live.reason)
    if evidence.stored.enabled and evidence.live is None and licence_is_missing(evidence.server):
        return skipped("without its licence Rocket.Chat keeps it off")
    if evidence.stored.enabled != (evidence.live is not None):
        return failed(
            f"stored {'on' if evidence.stored.enabled else 'off'}, live {'on' if evidence.live else 'off'}",
            "Rocket.Chat did not carry the setting over: it lacks a licence, or needs a restart.",
            "If it stays so for a minute, restart Rocket.Chat, or switch the service off and on: "
            "`/sso disable`, `/sso enable`.",
        )
    stale = _stale(evidence.stored, evidence.live) if evidence.live else []
    if stale:
        return failed(
            f"not live as stored: {', '.join(stale)}",
            "Rocket.Chat did not carry the change over.",
            "If it stays so for a minute, restart Rocket.Chat.",
        )
    return passed("the login page uses what is stored" if evidence.live else "off on both")


@catalogue.check("Secret in use", "facts/rocketchat.md §3.1b")
def in_use(evidence: Evidence) -> Result | None:
    """Rocket.Chat itself exchanges codes with the secret that Encvoy ID accepts."""
    if evidence.connection is None or not isinstance(evidence.stored, StoredService):
        return None
    if not isinstance(evidence.live, LiveService):
        return skipped("Rocket.Chat only answers for a service that is on")
    if evidence.ours is not Probe.ACCEPTED:
        return skipped("what Encvoy ID says to our secret comes first")
    if evidence.stored.secret not in (evidence.connection.current, evidence.connection.pending):
        return skipped("Rocket.Chat holds another secret")
    if evidence.in_use is None or isinstance(evidence.in_use, Unknown):
        return skipped(evidence.in_use.reason if evidence.in_use else "it was not asked")
    said = evidence.in_use
    if said.use is Use.PROVED:
        return passed("Encvoy ID accepted what Rocket.Chat sent")
    if said.use is Use.OTHER:
        return failed(
            "Encvoy ID refused what Rocket.Chat sent",
            f"{said.words}. It uses another secret than the one that it stores.",
            "Restart Rocket.Chat's instances, or type `/sso rotate`.",
        )
    if said.use is Use.FAILED:
        return failed(
            "Rocket.Chat cannot ask Encvoy ID",
            f"{said.words}.",
            "Let Rocket.Chat's own server reach Encvoy ID: its DNS, its firewall, NODE_EXTRA_CA_CERTS for a private "
            "authority.",
        )
    return skipped(said.words)


@catalogue.check("Callback address answers", "facts/rocketchat.md §3.2, §3.3")
def callback(evidence: Evidence) -> Result | None:
    """Whoever comes back from Encvoy ID lands at Rocket.Chat."""
    if evidence.connection is None or evidence.callback is None:
        return None
    if isinstance(evidence.callback, Unknown):
        return skipped(evidence.callback.reason)
    if evidence.callback.is_rocketchat:
        return passed("Rocket.Chat answers there")
    if licence_is_missing(evidence.server):
        return skipped("without its licence Rocket.Chat keeps it off")
    if not isinstance(evidence.live, LiveService):
        return skipped("the service is off")
    return failed(
        f"{evidence.connection.redirect_uri} answers {evidence.callback.status}, and not as Rocket.Chat would",
        "A proxy, or another server, answers in its place.",
        "Let the proxy in front of Rocket.Chat pass everything below /_oauth/ on.",
    )


def _cause(evidence: Evidence, suffixes: Sequence[str], mend: str = PUT_RIGHT) -> tuple[str, str]:
    """Why these settings are not as they were written, and what puts them right."""
    connection, forced = evidence.connection, evidence.forced
    if connection is not None and isinstance(forced, Mapping):
        named = [suffix for suffix in suffixes if suffix in against_us(connection, forced)]
        if named:
            return forced_by(connection.name, named), ONLY_REMOVING
    return "Rocket.Chat holds other values than I wrote.", mend


def licence_is_missing(server: Server | Unknown) -> bool:
    """Whether the switch stays off for that reason."""
    if isinstance(server, Unknown):
        return False
    try:
        refuse_licence(server)
    except UserError:
        return True
    return False


def _stale(stored: StoredService, seen: LiveService) -> list[str]:
    return sorted(
        suffix
        for suffix, value in seen.settings.items()
        if suffix in stored.settings and meaning(suffix, stored.settings[suffix]) != meaning(suffix, value)
    )
