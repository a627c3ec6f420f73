"""The fix for each error of Rocket.Chat: the variable or the permission, in words for people."""

from __future__ import annotations

URL = "SSOBOT_ROCKETCHAT_URL"

NOT_ROCKETCHAT = f"Check that {URL} is the address of Rocket.Chat itself, with its sub-path if it has one."
ROUTE_ABSENT = f"This version of Rocket.Chat may not have it, or {URL} lacks a sub-path."
TOKEN = "Check SSOBOT_ROCKETCHAT_USER_ID and SSOBOT_ROCKETCHAT_TOKEN: a personal access token of the bot's own account."
FACTOR_NEEDED = (
    'Create the token again with "Ignore two factor authentication", or set SSOBOT_ROCKETCHAT_PASSWORD to the '
    "password of the bot's account."
)
FACTOR_WRONG = "Set SSOBOT_ROCKETCHAT_PASSWORD to the password of the bot's account: it is another one."
FACTOR_EXHAUSTED = (
    "Rocket.Chat accepts no more attempts for now; wait a few minutes, and check that SSOBOT_ROCKETCHAT_PASSWORD is "
    "the password of the bot's account."
)
SLOW_DOWN = (
    "Try again in a minute. Roles with the permission `api-bypass-rate-limit`, such as `bot`, allow more requests."
)
LATER = "Try again in a minute."
PROXY = "Check Rocket.Chat and the proxy in front of it; then try again."
RESTRICTED = "Let the workspace report its statistics to Rocket.Chat again, and then try again."
REFUSED = f"Check {URL}, and that Rocket.Chat is running and can be reached from here."

WEBSOCKET = (
    "Let the proxy in front of Rocket.Chat pass on websockets, to /websocket under "
    f"{URL}: HTTP/1.1, with the headers Upgrade and Connection."
)

_PERMISSIONS = (
    ("settings.addCustomOAuth", "add-oauth-service"),
    ("settings.removeCustomOAuth", "add-oauth-service"),
    ("settings.refreshOAuthServices", "add-oauth-service"),
    ("removeOAuthService", "add-oauth-service"),
    ("POST /api/v1/settings", "edit-privileged-setting"),
    ("GET /api/v1/settings", "view-privileged-setting"),
    ("users.info", "view-full-other-user-info"),
    ("permissions.listAll", "access-permissions"),
)
"""Part of the route -> the permission it takes (facts/rocketchat.md §2.7)."""


def forbidden(route: str) -> str:
    """Names the permission if the route is known; since 9.0, adding a service also needs the licence module (§0.2)."""
    if "licenses.info" in route:
        return "Give the bot's account the role admin, so that it may read the licence."
    permission = next((name for part, name in _PERMISSIONS if part in route), None)
    if permission is None:
        return "Check the roles of the bot's account and its membership of the room."
    fix = f"Give the bot's account a role that has the permission `{permission}`."
    if "addCustomOAuth" in route:
        fix += " Rocket.Chat 9 or later also asks for the licence module `oauth-enterprise`."
    return fix


def redirected(origin: str) -> str:
    """Names only the origin of the target: a path or a query could hold anything."""
    where = f" (it leads to {origin})" if origin else ""
    return f"Set {URL} to the address at which Rocket.Chat itself answers{where}."
