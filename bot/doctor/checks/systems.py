"""Can the two systems be used at all. These checks apply with and without a connection."""

from __future__ import annotations

from collections.abc import Mapping

from bot.addresses import is_plain
from bot.connection.desired import relative_paths
from bot.connection.marker import meaning
from bot.connection.ports import ServerInfo
from bot.connection.preflight import refuse_licence, refuse_site_url
from bot.connection.profile import LICENCE_MODULE, Licence
from bot.connection.reachable import ENCVOY_MEND, Site, doubts, refuse_loopback, refuse_plain_http, refuse_site
from bot.connection.state import Connection
from bot.connection.unknown import Unknown
from bot.doctor.checks import Catalogue, Result, because, failed, noted, passed, skipped, unseen
from bot.doctor.evidence import Evidence
from bot.errors import UserError
from bot.text import code, defuse

catalogue = Catalogue()

NEEDED = {
    "add-oauth-service": "create a service",
    "api-bypass-rate-limit": "make more than ten calls a minute",
    "edit-privileged-setting": "write settings",
    "view-full-other-user-info": "see who is an administrator, so it treats nobody as one",
    "view-privileged-setting": "read settings",
}
"""Permission -> what the bot cannot do without it (facts/rocketchat.md §2.7, §1.6)."""

_ENDPOINTS = (
    ("token", "token", "token_path"),
    ("userinfo", "identity", "identity_path"),
    ("authorization", "authorize", "authorize_path"),
)
"""What the discovery document calls it, its path among the relative ones, and the setting that holds it."""


@catalogue.check("Rocket.Chat responds", "facts/rocketchat.md §3.1")
def answers(evidence: Evidence) -> Result:
    """Version and address can be read."""
    if isinstance(evidence.server, Unknown):
        return unseen("it does not", evidence.server, "Check SSOBOT_ROCKETCHAT_URL and that the server is up.")
    return passed(f"version {evidence.server.profile.text} at {code(evidence.address)}")


@catalogue.check("Bot's account in Rocket.Chat", "facts/rocketchat.md §2.7, §6")
def account(evidence: Evidence) -> Result:
    """It may do what the bot does."""
    if isinstance(evidence.account, Unknown):
        if isinstance(evidence.server, Unknown):
            return because(evidence.server, "Rocket.Chat does not respond")
        return unseen(
            "it cannot be read", evidence.account, "Check SSOBOT_ROCKETCHAT_USER_ID and SSOBOT_ROCKETCHAT_TOKEN."
        )
    if isinstance(evidence.permissions, Unknown) and evidence.permissions.busy:
        return skipped(evidence.permissions.reason)
    roles = defuse(", ".join(sorted(evidence.account.roles or ())) or "none")
    missing = sorted(NEEDED.keys() - _held(evidence))
    if missing:
        return failed(
            f"roles {roles}: it lacks {', '.join(f'`{name}`' for name in missing)}",
            "It cannot " + ", and it cannot ".join(NEEDED[name] for name in missing) + ".",
            "Give the account the roles admin and bot (or, with a licence, a custom role with these permissions).",
        )
    return passed(f"{code(evidence.account.username)}, roles {roles}")


def _held(evidence: Evidence) -> frozenset[str]:
    """The permissions of the bot's account; derived from its roles if Rocket.Chat does not list them."""
    if not isinstance(evidence.permissions, Unknown):
        return evidence.permissions
    roles = frozenset() if isinstance(evidence.account, Unknown) else evidence.account.roles or frozenset()
    return frozenset(NEEDED) if "admin" in roles else frozenset()


@catalogue.check("Admin room", "facts/rocketchat.md §5.4, §8 no. 13")
def room(evidence: Evidence) -> Result:
    """The bot is in it and can read it."""
    if isinstance(evidence.room, Unknown):
        return skipped(evidence.room.reason)
    if evidence.room is None and evidence.namesake is not None:
        return failed(
            f"the bot cannot see its room any more, and another room, {code(evidence.namesake.id)}, has that name now",
            "The room was deleted, or the bot's account was removed from it; another room has the name now.",
            "Invite the bot's account to the old room, or set SSOBOT_ADMIN_ROOM to the id of the new one.",
        )
    if evidence.room is None:
        return failed(
            "the bot cannot see it",
            "There is no such room, or the bot's account was not invited.",
            "Create the room of SSOBOT_ADMIN_ROOM and invite the bot's account.",
        )
    if evidence.room.encrypted:
        return failed(
            "it is end-to-end encrypted", "A bot cannot read it.", "Turn off encryption in the room's settings."
        )
    seen = f"{code(evidence.room.name)}, {evidence.room.members} members"
    if evidence.namesake is not None:
        return noted(
            f"{seen}; another room, {code(evidence.namesake.id)}, has the name in SSOBOT_ADMIN_ROOM now",
            "Set SSOBOT_ADMIN_ROOM to the id of the intended room.",
        )
    if evidence.room.type == "c":
        return noted(
            f"{seen}, public: everyone can join and read it",
            "Make it private, or set SSOBOT_ADMIN_ROOM to a private room.",
        )
    return passed(seen)


@catalogue.check("Rocket.Chat's own address", "facts/rocketchat.md §3.2, facts/encvoy-id.md §4")
def site_url(evidence: Evidence) -> Result:
    """`Site_Url` leads people back, and Encvoy ID accepts it."""
    if isinstance(evidence.server, Unknown):
        return because(evidence.server, "Rocket.Chat does not respond")
    address = evidence.server.site_url
    refused = None if isinstance(evidence.site_url_refused, Unknown) else evidence.site_url_refused
    try:
        refuse_site_url(address, evidence.address, refused)
        if evidence.site is not None:
            refuse_site(address, evidence.site)
        refuse_plain_http(address, evidence.server.profile)
    except UserError as error:
        shown = code(address) if is_plain(address) else "not a plain address" if address else "empty"
        return failed(f"Site_Url is {shown}", error.why, error.fix)
    if evidence.connection is not None and evidence.connection.site_url != address:
        return failed(
            f"Site_Url is {code(address)}",
            f"The connection was made for {code(evidence.connection.site_url)}; its callback address has the old one.",
            "Set Site_Url back, or let `/sso setup` register the new callback address.",
        )
    if isinstance(evidence.site, Unknown):
        return noted(
            f"Site_Url is {code(address)}; "
            f"whether people reach Rocket.Chat there is not checked: {evidence.site.reason}"
        )
    return passed(f"Site_Url is {code(address)}")


@catalogue.check("Licence for Custom OAuth", "facts/rocketchat.md §0.2")
def licence(evidence: Evidence) -> Result:
    """From 9.0 on it needs a licence module."""
    if isinstance(evidence.server, Unknown):
        return because(evidence.server, "Rocket.Chat does not respond")
    found = evidence.server.profile.licence
    if isinstance(found, Unknown) and found.busy:
        return skipped(found.reason)
    try:
        refuse_licence(evidence.server)
    except UserError as error:
        return failed(error.what, error.why, error.fix)
    if found is Licence.NOT_NEEDED:
        return passed("not needed before Rocket.Chat 9.0")
    return passed(f"{LICENCE_MODULE} is active")


@catalogue.check("Encvoy ID's discovery document", "facts/encvoy-id.md §1")
def discovery(evidence: Evidence) -> Result:
    """It can be read, and its endpoints can be used by Rocket.Chat."""
    if isinstance(evidence.provider, Unknown):
        return unseen("it cannot be read", evidence.provider, "Check SSOBOT_ENCVOY_URL.")
    base, paths = relative_paths(evidence.provider)
    used = evidence.connection
    if used is not None and (moved := _moved(used, base, paths)):
        return failed(
            ", ".join(f"the {name} endpoint is {code(now)}" for name, _, now in moved),
            f"The connection was made for {', '.join(code(before) for _, before, _ in moved)}.",
            "Fix Encvoy ID's proxy, or let `/sso setup` write the new address to Rocket.Chat.",
        )
    # An address that changed since the connection was set up has a check of its own.
    server = "" if isinstance(evidence.server, Unknown) else evidence.server.site_url
    if site_url := used.site_url if used else server:
        issuer = evidence.provider.issuer
        try:
            refuse_loopback(site_url, issuer)
        except UserError as error:
            return failed(f"issuer {code(issuer)}", error.why, error.fix)
        if doubt := doubts(site_url, issuer, Site.OURS):
            return noted(" ".join(doubt), ENCVOY_MEND)
    return passed(f"issuer {code(evidence.provider.issuer)}, endpoints at {code(base)}")


def _moved(used: Connection, base: str, paths: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Endpoints that have moved since Rocket.Chat was configured: name, address before, address now."""
    found = []
    for name, key, suffix in _ENDPOINTS:
        before = f"{used.settings.get('url', '')}{meaning(suffix, used.settings.get(suffix, ''))}"
        if before != (now := f"{base}{paths[key]}"):
            found.append((name, before, now))
    return found


@catalogue.check("Encvoy ID's signing keys", "facts/encvoy-id.md §1")
def keys(evidence: Evidence) -> Result:
    """There is at least one key for RS256."""
    if isinstance(evidence.keys, Unknown):
        if isinstance(evidence.provider, Unknown):
            return because(evidence.provider, "the discovery document cannot be read")
        return unseen("they cannot be read", evidence.keys, "Check the OIDC process of Encvoy ID.")
    if "RS256" not in evidence.keys.algorithms:
        return failed(
            f"{evidence.keys.count} published, none for RS256",
            "Encvoy ID signs with RS256 only.",
            "Check the key file of Encvoy ID's OIDC process; it creates a new one when the file is missing.",
        )
    return passed(f"{evidence.keys.count} published, {', '.join(sorted(evidence.keys.algorithms))}")


@catalogue.check("Bot's user at Encvoy ID", "facts/encvoy-id.md §6")
def login(evidence: Evidence) -> Result:
    """It can log in and manage applications."""
    if isinstance(evidence.login, Unknown) and isinstance(evidence.provider, Unknown):
        return because(evidence.provider, "the discovery document cannot be read")
    if isinstance(evidence.login, Unknown):
        return unseen(
            "it cannot log in or manage applications", evidence.login, "Check SSOBOT_ENCVOY_LOGIN and its password."
        )
    return passed("it logs in")


def licence_is_missing(server: ServerInfo | Unknown) -> bool:
    """Whether this is the reason why the service stays off."""
    if isinstance(server, Unknown):
        return False
    try:
        refuse_licence(server)
    except UserError:
        return True
    return False
