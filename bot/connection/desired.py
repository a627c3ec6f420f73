"""The use cases: what each command changes in the desired state. Pure.

A command of the chat, a schedule and a recovery ask for the same changes; `bot.connection.undertake` carries them out.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from bot.addresses import plain
from bot.connection.admission import MATCHING
from bot.connection.marker import engine_of, next_marker
from bot.connection.plan import in_use
from bot.connection.ports import ProviderMetadata, ServerInfo
from bot.connection.profile import Engine
from bot.connection.state import EMAIL, LABEL, RULES, Connection, LiveService, Observed, ServiceName, SettingValue
from bot.errors import UserError
from bot.secret import Secret
from bot.text import has_invisible

DEFAULT_NAME = "Encvoy ID"
"""Of a connection for which nobody typed one."""
APPLICATION_NAME_LENGTH = 50
"""Characters that Encvoy ID accepts for a name (facts/encvoy-id.md §4)."""


def desire(
    name: ServiceName,
    server: ServerInfo,
    provider: ProviderMetadata,
    *,
    secret: Secret,
    enabled: bool,
    with_email: bool = True,
    label: str | None = None,
) -> Connection:
    """What `setup` desires if there is no connection: a new one, with an id of its own. `label`: the button's text, in
    any script; None: one that follows from the name."""
    return Connection(
        id=secrets.token_hex(4),
        name=name,
        site_url=server.site_url,
        application_name=f"Rocket.Chat ({_host(server.site_url)})"[:APPLICATION_NAME_LENGTH],
        settings=service_settings(provider, with_email=with_email),
        rules=rules(with_email=with_email),
        enabled=enabled,
        pending=secret,
        label=label or f"Sign in with {name.typed}",
    )


def renewed(
    there: Connection,
    server: ServerInfo,
    provider: ProviderMetadata,
    *,
    with_email: bool,
    enabled: bool,
    resumed: bool = False,
) -> Connection:
    """What `setup` desires of an existing connection: it follows both systems if their addresses changed.

    `enabled` counts only until setting up was finished once, and if a removal was begun. An interrupted exchange is
    continued only if it is `resumed`; otherwise somebody may have changed a side since, and the last desired secret is
    written to both sides. A removal that was not finished is not wanted any more.
    """
    was_absent, there = there.absent, replace(there, absent=False)
    desired = replace(
        there,
        site_url=server.site_url,
        settings={**service_settings(provider, with_email=with_email), **there.kept},
        rules=rules(with_email=with_email),
    )
    if desired.redirect_uri != there.redirect_uri and there.client_id is not None:
        before = dict.fromkeys((*there.former, there.redirect_uri))
        desired = replace(desired, former=tuple(uri for uri in before if uri != desired.redirect_uri))
    if there.current is None:
        return replace(desired, enabled=enabled)
    if was_absent and not enabled:
        desired = replace(desired, enabled=False)
    return replace(desired, current=None) if there.exchanging and not resumed else desired


LONGEST_LABEL = 60
"""Characters on the button; Rocket.Chat itself has no limit."""


def button_label(typed: str) -> str:
    """The label as it is written, in any script. UserError if it cannot be one."""
    label = " ".join(typed.split())
    if not label or len(label) > LONGEST_LABEL or has_invisible(label):
        raise UserError(
            f"A button's text has 1 to {LONGEST_LABEL} characters, all of them visible.",
            fix='For example: `/sso rename --label "Войти через Encvoy ID"`.',
        )
    return label


def labelled(there: Connection, observed: Observed) -> Connection:
    """With the label that people chose since, so that it is written again if the service has to be created anew."""
    shown = "" if observed.stored is None else observed.stored.settings.get(LABEL, "")
    chosen = there.current is not None and isinstance(shown, str) and shown
    return replace(there, label=str(shown)) if chosen else there


def renamed(there: Connection, label: str) -> Connection:
    """What `rename` desires."""
    return replace(there, label=label)


def switched(there: Connection, *, on: bool) -> Connection:
    """What `enable` and `disable` desire."""
    return replace(there, enabled=on)


def removed(there: Connection) -> Connection:
    """What `remove` desires. Everything else stays as it was: it says what is to be taken away, and `setup` brings that
    back if the removal cannot be finished."""
    return replace(there, absent=True)


def rotated(there: Connection, held: Secret, new: Secret, observed: Observed, engine: Engine) -> Connection:
    """What `rotate` desires: `new` in place of the secret that both sides were seen to hold. UserError if people sign
    in through a service that has no setting for a marker."""
    return marked(replace(there, current=held, pending=new), observed, engine)


def reversed_exchange(desired: Connection, observed: Observed) -> Connection:
    """The way back of an exchange: the same with the two secrets exchanged."""
    return marked_anew(replace(desired, current=desired.pending, pending=desired.current, undoing=True), observed)


def marked(desired: Connection, observed: Observed, engine: Engine) -> Connection:
    """With the next marker, if people sign in through the service; otherwise unchanged. UserError if the service has no
    setting for one."""
    if observed.stored is None or not in_use(observed):
        return desired
    live = observed.live if isinstance(observed.live, LiveService) else None
    return replace(desired, marker=next_marker(observed.stored, live, desired.marker, engine))


def marked_anew(desired: Connection, observed: Observed) -> Connection:
    """With another marker of the same engine, if it has one."""
    return desired if desired.marker is None else marked(desired, observed, engine_of(desired.marker))


def rules(*, with_email: bool) -> frozenset[str]:
    """What the application makes Encvoy ID ask people for; without login name nobody would have a user name."""
    return RULES if with_email else RULES - {EMAIL}


def service_settings(provider: ProviderMetadata, *, with_email: bool) -> dict[str, SettingValue]:
    """What the service must hold, without id, secret and label; works with both login engines (facts/rocketchat.md
    §3.4, end).

    People keep their account after a rename on either side, and nobody gets into an account by its user name
    (facts/rocketchat.md §3.6). On the legacy engine an e-mail address leads into an account, with any settings; only a
    scope without e-mail prevents that. No e-mail field: a configured field whose claim is missing fails the whole
    sign-in, and a plain `email` claim is used anyway.
    """
    base, paths = relative_paths(provider)
    return {
        "url": base,
        "token_path": paths["token"],
        "identity_path": paths["identity"],
        "authorize_path": paths["authorize"],
        "scope": "openid profile email" if with_email else "openid profile",
        "token_sent_via": "payload",
        "identity_token_sent_via": "header",
        "login_style": "redirect",
        "key_field": MATCHING["key_field"],
        "username_field": "login",
        "name_field": "nickname",
        "email_field": "",
        "merge_users": MATCHING["merge_users"],
        "merge_users_distinct_services": MATCHING["merge_users_distinct_services"],
        "show_button": True,
    }


def relative_paths(provider: ProviderMetadata) -> tuple[str, dict[str, str]]:
    """The common address of the endpoints without trailing slash, and their paths below it.

    Rocket.Chat's modern engine joins address and path as text, so absolute endpoints break it.
    """
    urls = {"token": provider.token_url, "identity": provider.identity_url, "authorize": provider.authorize_url}
    return plain(provider.token_url).base, {name: plain(url).path for name, url in urls.items()}


def _host(site_url: str) -> str:
    """With its port, if it is not the scheme's default. NotPlain if it is no plain address."""
    return plain(site_url).base.partition("://")[2]
