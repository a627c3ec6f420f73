"""Can the bot itself work: what it needs besides two systems that answer. These checks apply with and without a
connection."""

from __future__ import annotations

from bot.connection.state import Application
from bot.connection.unknown import Unknown
from bot.doctor.checks import Catalogue, Result, because, failed, noted, passed, skipped, unseen
from bot.doctor.evidence import Evidence

catalogue = Catalogue()

_NO_LOGIN = "the bot's user does not log in"


@catalogue.check("Websocket to Rocket.Chat", "facts/rocketchat.md §5.1, §5.2, §5.3")
def websocket(evidence: Evidence) -> Result:
    """It opens, the bot logs in over it, and messages are pushed."""
    if evidence.own.websocket is None:
        return _without_account(evidence)
    if isinstance(evidence.own.websocket, Unknown):
        return unseen(
            "commands would not arrive",
            evidence.own.websocket,
            "Check Rocket.Chat and the proxy in front of it; then try again.",
        )
    return passed("opened, logged in, subscribed to messages")


@catalogue.check("Second factor in Rocket.Chat", "facts/rocketchat.md §1.4")
def second_factor(evidence: Evidence) -> Result | None:
    """If Rocket.Chat asks the bot for one, the bot has it; tested from the terminal only."""
    if evidence.place is None:
        return None
    guarded = evidence.own.guarded
    if guarded is None:
        return _without_account(evidence)
    if isinstance(guarded, Unknown):
        return skipped(guarded.reason)
    if guarded.barred:
        return failed("settings cannot be written", guarded.barred, guarded.fix)
    return passed("a write that requires one was allowed; it changed nothing")


@catalogue.check("Administrators", "facts/rocketchat.md §6")
def administrators(evidence: Evidence) -> Result:
    """Somebody has a role of SSOBOT_ADMIN_ROLES, and may give the bot commands."""
    found = evidence.own.administrators
    if found is None:
        return _without_account(evidence)
    if isinstance(found, Unknown):
        return skipped(found.reason)
    if found.absent:
        return failed(
            f"Rocket.Chat has no role {_named(found.absent)}",
            "SSOBOT_ADMIN_ROLES names roles by their name or id, and is case-sensitive.",
            "Correct SSOBOT_ADMIN_ROLES: Rocket.Chat's admin panel lists the roles under Permissions.",
        )
    if found.able is not None:
        if not found.unheld:
            return passed(f"`{found.able}` may use the bot, for example")
        return noted(
            f"`{found.able}` may use the bot, for example; nobody has {_named(found.unheld)}",
            "Give somebody this role, or remove it from SSOBOT_ADMIN_ROLES.",
        )
    if found.more:
        return skipped(f"the first {found.unfit} accounts with these roles may not use the bot; there are more")
    if found.unfit:
        return failed(
            f"of the {found.unfit} accounts that have these roles, none may use the bot",
            "They are deactivated, or do not belong to people.",
            "Give somebody who is active a role from SSOBOT_ADMIN_ROLES, in Rocket.Chat's admin panel under Users.",
        )
    return failed(
        f"nobody except the bot's own account has {_named(found.unheld)}",
        "Only accounts with a role in SSOBOT_ADMIN_ROLES may use the bot.",
        "Give somebody such a role, in Rocket.Chat's admin panel under Users, or name another in SSOBOT_ADMIN_ROLES.",
    )


@catalogue.check("Separate account", "facts/rocketchat.md §5.3, §5.4")
def account_of_its_own(evidence: Evidence) -> Result:
    """Nobody types commands with the bot's own account: the bot takes them for its own messages."""
    typed = evidence.own.typed
    if isinstance(evidence.account, Unknown):
        return _without_account(evidence)
    if typed is None:
        return skipped("the admin room cannot be read")
    if isinstance(typed, Unknown):
        return skipped(typed.reason)
    if typed.commands:
        last = f", the last on {typed.last:%Y-%m-%d}" if typed.last else ""
        return failed(
            f"the bot's own account wrote messages in the admin room that look like commands: {typed.commands} of "
            f"the newest {typed.looked}{last}",
            "The bot never responds to its own account: commands sent from it are ignored.",
            "Create a separate account for the bot, with the role `bot`, and set SSOBOT_ROCKETCHAT_USER_ID and "
            "SSOBOT_ROCKETCHAT_TOKEN to its id and its token.",
        )
    seen = "it wrote no command among the newest messages in the admin room"
    if "bot" not in (evidence.account.roles or ()):
        return noted(
            f"it does not have the role `bot`, like an account of a person; {seen}",
            "Give it the role `bot`; if it belongs to a person, create a separate account for the bot.",
        )
    return passed(f"it has the role `bot`; {seen}")


@catalogue.check("Role at Encvoy ID", "facts/encvoy-id.md §4, §6")
def standing(evidence: Evidence) -> Result:
    """The bot's user there may create applications."""
    found = evidence.own.standing
    if found is None:
        return because(evidence.login, _NO_LOGIN) if isinstance(evidence.login, Unknown) else skipped(_NO_LOGIN)
    if isinstance(found, Unknown):
        return skipped(found.reason)
    if found.may_create:
        return passed("the bot's user may create applications")
    seen = "the bot's user sees nothing at Encvoy ID that it owns and could create an application under"
    fix = (
        "In Encvoy ID's dashboard, give the user of SSOBOT_ENCVOY_LOGIN the role ADMIN (“manager”) in the main client, "
        "or set SSOBOT_ENCVOY_LOGIN to another user who has it."
    )
    if isinstance(evidence.application, Application):
        return noted(f"{seen}; it may manage the application of this connection", fix)
    return failed(
        seen,
        "Users with the role ADMIN (“manager”) create applications, and they see their organisation.",
        fix,
    )


def _without_account(evidence: Evidence) -> Result:
    unread = "the bot's account cannot be read"
    return because(evidence.account, unread) if isinstance(evidence.account, Unknown) else skipped(unread)


def _named(words: frozenset[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))
