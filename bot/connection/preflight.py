"""What `setup` checks before its first write, and why it may stop there. Pure; only `look` sends requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.addresses import NotPlain, is_plain, plain
from bot.connection.leads_to import leads_to
from bot.connection.ports import EncvoyId, Listed, ProviderMetadata, Registered, RocketChat, ServerInfo
from bot.connection.profile import LICENCE_MODULE, Licence
from bot.connection.reachable import Site, refuse_unreachable
from bot.connection.state import Connection, ServiceName
from bot.connection.unknown import Unknown
from bot.errors import UserError
from bot.text import code


@dataclass(frozen=True)
class Ground:
    """Both systems before the first write."""

    server: ServerInfo
    provider: ProviderMetadata
    listed: Listed
    registered: Registered
    """Those with the redirect URI that a new connection needs, as far as the bot can see."""
    address_refused: str | None
    """Why Encvoy ID would not take the address of Rocket.Chat."""
    site: Site | Unknown
    """Who answers at the address of Rocket.Chat."""


async def look(name: ServiceName, rocketchat: RocketChat, encvoy: EncvoyId, *, new: bool = True) -> Ground:
    """Reads both systems at the same time. RemoteError if one cannot be read. Conflicting applications are only looked
    for if the connection is `new`, because up to two hundred are read for that."""
    edition, listed, provider = await asyncio.gather(rocketchat.edition(), rocketchat.listed(), encvoy.provider())
    server = listed.server(edition)
    redirect_uri = f"{server.site_url}/_oauth/{name.service}"
    site = rocketchat.site(server.site_url)
    if new:
        registered, answers = await asyncio.gather(encvoy.registered(redirect_uri), site)
    else:
        registered, answers = Registered(()), await site
    return Ground(
        server=server,
        provider=provider,
        listed=listed,
        registered=registered,
        address_refused=encvoy.why_refused(redirect_uri),
        site=answers,
    )


def refuse_unready(ground: Ground, address: str) -> None:
    """UserError if the connection could never work: `address` is where the bot itself reaches Rocket.Chat."""
    refuse_site_url(ground.server.site_url, address, ground.address_refused)
    refuse_licence(ground.server)
    server = ground.server
    refuse_unreachable(server.site_url, ground.provider.issuer, server.profile, ground.site)


def refuse_site_url(site_url: str, address: str, refused: str | None) -> None:
    """People are sent back to `Site_Url` after they signed in: it must lead to Rocket.Chat for them, too."""
    fix = "In Rocket.Chat, set Administration → Settings → General → Site URL to the address that people use."
    if not site_url:
        raise UserError("Rocket.Chat has no address configured.", why="Its setting Site_Url is empty.", fix=fix)
    try:
        plain(site_url)
    except NotPlain as not_plain:
        raise UserError(
            "Rocket.Chat's own address is ambiguous or invalid.",
            why=f"Its setting Site_Url {not_plain}.",
            fix=fix,
        ) from None
    if is_loopback(site_url) and not is_loopback(address):
        raise UserError(
            "People could not return from Encvoy ID.",
            why=f"Rocket.Chat's Site_Url is {code(site_url)}, which points to each person's own computer.",
            fix=fix,
        )
    if refused is not None:
        raise UserError(
            "Encvoy ID would refuse the address of Rocket.Chat.",
            why=f"Site_Url is {code(site_url)}: {refused}",
            fix=fix,
        )


def refuse_licence(server: ServerInfo) -> None:
    """From 9.0 on Custom OAuth is a paid feature (facts/rocketchat.md §0.2)."""
    licence, version = server.profile.licence, server.profile.text
    if isinstance(licence, Unknown):
        raise UserError(
            f"Rocket.Chat {version} requires a licence for signing in with Custom OAuth, and I cannot see yours.",
            why=licence.reason,
            fix=licence.fix or "Make Rocket.Chat respond to GET /api/v1/licenses.info, then try again.",
        )
    if licence is Licence.MISSING:
        raise UserError(
            f"Rocket.Chat {version} requires a licence for signing in with Custom OAuth, and this one has none.",
            why=f"The licence module {LICENCE_MODULE} is not active; since 9.0, the service stays off without it.",
            fix="Add a licence with that module under Administration → Subscription, or stay on Rocket.Chat 8.",
        )


def refuse_what_is_there(ground: Ground, name: ServiceName) -> None:
    """UserError that names a service or an application that would conflict: what existed before is not the bot's."""
    for service in ground.listed.services:
        same_name = service.key.lower() == name.service
        leads = leads_to(service.settings, ground.provider)
        if same_name or leads:
            state = "on" if service.enabled else "off"
            why = "it has this name" if same_name else "it points at this Encvoy ID"
            raise UserError(
                f"Rocket.Chat already has a Custom OAuth service {service.key} ({state}), which is not mine as far as "
                "I know.",
                why=f"Setup would overwrite or duplicate it: {why}. I wrote nothing.",
                fix=(f"`/sso adopt {service.key.lower()}` takes it over. " if leads else "")
                + "Remove it in Administration → Settings → OAuth if it is not used"
                + (', or choose another name: `/sso setup --name "…"`.' if same_name else "."),
            )
    for application in ground.registered.applications:
        as_ours = f"{ground.server.site_url}/_oauth/{name.service}" in application.redirect_uris
        spelled = "" if as_ours else " (in a different spelling that Encvoy ID treats as the same)"
        raise UserError(
            f"Encvoy ID already has an application with this callback address{spelled}: {application.client_id}.",
            why="It is not mine as far as I know, and two applications for one Rocket.Chat would confuse people. I "
            "wrote nothing.",
            fix='Delete it at Encvoy ID if it is not used, or choose another name: `/sso setup --name "…"`.',
        )


def none_has_our_callback(ground: Ground) -> str:
    """What to say if `refuse_what_is_there` found no application."""
    found = ground.registered
    if not found.unread:
        return "no conflicting application found"
    return (
        f"no conflicting application found among the newest {found.looked_at}; none of the other {found.unread} has "
        "exactly our callback address"
    )


def refuse_another(there: Connection, desired: Connection) -> None:
    """For a connection whose application is gone: UserError if Encvoy ID has another address than before, because it
    may be another installation. Rocket.Chat identifies people by their number at Encvoy ID, which begins at 1 in every
    installation, so people would get into each other's accounts (facts/encvoy-id.md §2)."""
    before, now = (str(connection.settings.get("url", "")) for connection in (there, desired))
    if before == now:
        return
    raise UserError(
        f"The connection was made with Encvoy ID at {before}. Now it is at {now}, where the application "
        f"{there.client_id} is not.",
        why="This may be a different Encvoy ID, which numbers its users independently. Rocket.Chat identifies people "
        "by their number at Encvoy ID: they would get into each other's accounts. I wrote nothing.",
        fix=f"If {now} is wrong, correct SSOBOT_ENCVOY_URL. Otherwise type `/sso disable`, give the bot an empty "
        'database (SSOBOT_DATABASE_URL), and type `/sso setup --name "…"` there, with a name that was never used. Only '
        "if it is the same Encvoy ID at a new address, use the previous name, after you have removed the service in "
        "Administration → Settings → OAuth: then everybody keeps their account.",
    )


def is_loopback(url: str) -> bool:
    """Whether an address leads to the computer of whoever opens it."""
    return is_plain(url) and plain(url).is_loopback
