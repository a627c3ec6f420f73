"""A workspace as it is found: its settings, accounts and rooms, some weeks old (facts/rocketchat.md §11)."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from sandbox.rocketchat.ddp.sockets import Publication
from sandbox.rocketchat.instances import Sticky
from sandbox.rocketchat.people import People, User
from sandbox.rocketchat.second_factor import enrol_totp
from sandbox.rocketchat.workspace import Workspace
from sandbox.rocketchat.workspace_settings import seed, workspace_settings

ADMIN_ROOM = "sso-admins"
_LONG_AGO = timedelta(days=30)
"""How old the seeded accounts are: past the time in which a new one isn't asked for a second factor."""


@dataclass(frozen=True)
class Switches:
    """How the workspace was set up (facts/rocketchat.md §11)."""

    modules: Collection[str] = ()
    """Licence modules; `oauth-enterprise` is what 9.0 wants."""
    twofa: Literal["off", "password", "totp"] = "password"
    """The second factor: none, the password as a fallback, or TOTP for the bot and the administrators."""
    honour_pat_bypass: bool = True
    """Off is the regression of 8.5."""
    pat_bypass: bool = True
    """Whether the bot's token was made with `bypassTwoFactor`."""
    rate_limit: bool = True
    open_routes_know_user: bool | None = None
    """Whether `api-bypass-rate-limit` holds on routes that need no login (facts/rocketchat.md §1.6). None: as the
    version does it: from 8.0 on, where every route is behind the middleware that resolves the user (read in newer
    source); servers before don't look [X]."""
    overwritten: Mapping[str, Any] = field(default_factory=dict)
    """Settings that the environment forces at each start (`OVERWRITE_SETTING_<id>`)."""
    restricted: bool = False
    """On is an air-gapped workspace past its grace period (`Settings.restricted`)."""
    value_rules: Mapping[str, str] = field(default_factory=dict)
    """Patterns that values must have, by id (`Settings.rules`)."""
    whole_documents: bool = False
    """Whether `GET settings` shows whole documents; every known version shows a few fields only."""
    publication: Publication | None = None
    """How the login services are published; None: as the version does it."""
    jitter: tuple[float, float] = (0.005, 0.020)
    """Seconds between which each run of the settings comes later than `settle` says."""
    instances: int = 1
    """Server processes behind the one address."""
    sticky: Sticky = Sticky.NOTHING
    """What of a client's requests the balancer keeps at one instance."""
    broadcasts: bool = True
    """Whether the instances hear of each other's writes."""
    remembers_removals: bool = True
    """Whether a setting that was removed comes back without a value, until a restart, as in every known version."""
    instance_header: bool = True
    """Whether answers carry `X-Instance-ID`."""
    allow_unrecognised_slash: bool = False
    stale_scope: bool = False
    """On is a version whose modern engine keeps the scope of the first route (facts/rocketchat.md §3.1b)."""


@dataclass(frozen=True)
class Seeded:
    """Somebody who was there from the start."""

    user: User
    password: str = field(repr=False)
    token: str = field(repr=False)


def seed_workspace(workspace: Workspace, switches: Switches) -> dict[str, Seeded]:
    """Fills an empty workspace; who is there now, by role: admin, admin2, bot, member."""
    _set_up(workspace, switches)
    made = workspace.clock.now() - _LONG_AGO
    add = partial(_account, workspace.people, made)
    seeded = {
        "admin": add("admin", "Administrator", "admin", "user"),
        "admin2": add("admin2", "Second Administrator", "admin", "user"),
        "bot": add("ssobot", "Single sign-on", "bot", "admin", "user", bot=True, bypass=switches.pat_bypass),
        "member": add("member", "Plain Member", "user"),
    }
    if switches.twofa == "totp":
        for role in ("admin", "admin2", "bot"):
            enrol_totp(seeded[role].user)
    cat = "rocket.cat"  # the server's own account, whose id is its name
    workspace.people.add(cat, user_id=cat, name="Rocket.Cat", roles=["bot"], kind="bot", created_at=made)
    admin, *others = (one.user.id for one in seeded.values())
    workspace.chat.create_room(admin, "general", "c", others)
    workspace.chat.create_room(admin, ADMIN_ROOM, "p", others)
    return seeded


def _set_up(workspace: Workspace, switches: Switches) -> None:
    """The settings; `Site_Url` stays empty until the port is known."""
    modern_flow = (8, 7) <= workspace.version < (9, 0)
    workspace.settings.overwritten.update(switches.overwritten)
    workspace.settings.restricted = switches.restricted
    workspace.settings.rules.update(switches.value_rules)
    seed(workspace.settings, workspace_settings("", secrets.token_hex(8), modern_flow=modern_flow))
    for name, value in {
        "API_Enable_Rate_Limiter": switches.rate_limit,
        "Accounts_TwoFactorAuthentication_Enabled": switches.twofa != "off",
        "Message_AllowUnrecognizedSlashCommand": switches.allow_unrecognised_slash,
    }.items():
        row = workspace.settings.find(name)
        assert row is not None
        row.value = value
    workspace.second_factor.honour_bypass = switches.honour_pat_bypass


def _account(
    people: People, made: datetime, username: str, name: str, *roles: str, bot: bool = False, bypass: bool = False
) -> Seeded:
    """Somebody who is logged in; a bot has a personal access token instead, with `bypassTwoFactor` or without."""
    password = secrets.token_urlsafe(15)
    user = people.add(
        username,
        name=name,
        password=password,
        roles=roles,
        emails=[{"address": f"{username}@workspace.example", "verified": True}],
        kind="bot" if bot else "user",
        created_at=made,
    )
    token = people.personal_token(user, username, bypass_two_factor=bypass) if bot else people.log_in(user)
    return Seeded(user, password, token)
