"""The sentences for each change: one when it is done, one when it is planned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from bot.chatops.registry import Progress
from bot.connection import changes
from bot.connection.changes import Change, Live
from bot.connection.confirm import Confirmed, Taken
from bot.connection.differences import APPLICATION, BUTTON, RULES_ASKED, SERVICE, SWITCH, Difference, differences
from bot.connection.in_use import BECAUSE_OFF, Use
from bot.connection.receipt import Outcome, Receipt
from bot.connection.state import EMAIL, LOGIN, Connection, Observed
from bot.errors import UserError
from bot.secret import Fingerprints
from bot.text import quoted

IF_LEAKED = "If it may have leaked, `/sso rotate` creates a new one."


def done(change: Change, desired: Connection, fingerprints: Fingerprints, *, seen: bool = True) -> str | None:
    """The line for a change that was applied; None for a change in the bot's database only. `seen`: see
    `Narrator.did`."""
    service = desired.name.service
    match change:
        case changes.CreateService() if desired.absent:
            return f"Settings of the service `{service}` created again, so that its button can be switched off"
        case changes.CreateService():
            return f"OAuth service `{service}` created, still off"
        case changes.CreateApplication():
            return f"Application `{desired.application_name}` created: `{desired.client_id}`"
        case changes.DeleteTwin(client_id=client_id):
            return f"A second application, left by a request that was never answered, removed: `{client_id}`"
        case changes.WriteApplication(fields=fields):
            return f"Application fixed: {', '.join(fields)}"
        case changes.WriteApplicationSecret() if desired.exchanging:
            return f"Encvoy ID switched to the secret {fingerprints.of(desired.secret)}"
        case changes.WriteApplicationSecret() if not desired.restoring:
            return f"Its secret replaced with 64 random characters (fingerprint {fingerprints.of(desired.secret)})"
        case changes.WriteApplicationSecret():
            return f"It has the previous secret ({fingerprints.of(desired.secret)}), not a new one. {IF_LEAKED}"
        case changes.AttachRules(fields=fields):
            return f"It will ask people once for their {_fields(fields)}"
        case changes.DetachRules(fields=fields):
            return f"It no longer asks people for their {_fields(fields)}"
        case changes.WriteService(settings=settings):
            said = f"{len(settings)} {'setting' if len(settings) == 1 else 'settings'} written in Rocket.Chat"
            old = "secret" in settings and desired.restoring
            return (
                f"{said}, including the previous secret ({fingerprints.of(desired.secret)}). {IF_LEAKED}"
                if old
                else said
            )
        case changes.WriteServiceSecret() if desired.restoring and not desired.exchanging:
            return f"Rocket.Chat saved the previous secret again ({fingerprints.of(desired.secret)}). {IF_LEAKED}"
        case changes.WriteServiceSecret():
            return f"Rocket.Chat saved the secret {fingerprints.of(desired.secret)}"
        case changes.SwitchService(on=on):
            return "Switched on" if on else "Switched off"
        case changes.AwaitLive(what=Live.MARKER) if not seen:
            return "Waited for it to become active, but could not see whether it did"
        case changes.AwaitLive(what=Live.MARKER) if desired.undoing:
            return "The old secret is active in Rocket.Chat again"
        case changes.AwaitLive(what=Live.MARKER) if desired.pending is None:
            return "The previous secret is active in Rocket.Chat again"
        case changes.AwaitLive(what=what):
            return _LIVE_DONE[what].format(label=quoted(desired.label))
        case changes.Prove():
            return "Verified: Encvoy ID accepts the secret and Rocket.Chat stored the same one"
        case changes.RemoveService():
            return f"OAuth service `{service}` removed"
        case changes.DeleteApplication():
            return f"Application `{desired.client_id}` deleted"
        case changes.RemoveCallback():
            return f"The callback address of this workspace removed from the application `{desired.client_id}`"
        case changes.RemoveFormerCallbacks():
            return f"The callback address from before Rocket.Chat moved removed from `{desired.client_id}`"
        case changes.ProveInUse() | changes.CommitSecret():
            return None
        case never:
            assert_never(never)


def planned(change: Change, desired: Connection) -> str | None:
    """The line for a change that would be applied."""
    match change:
        case changes.CreateService() if desired.absent:
            return f"create the settings of the service `{desired.name.service}` again, to switch its button off"
        case changes.CreateService():
            return f"create the OAuth service `{desired.name.service}` in Rocket.Chat, switched off"
        case changes.CreateApplication():
            return f"create the application `{desired.application_name}` at Encvoy ID"
        case changes.DeleteTwin(client_id=client_id):
            return f"remove the second application `{client_id}` at Encvoy ID"
        case changes.WriteApplication(fields=fields):
            return f"fix at the application: {', '.join(fields)}"
        case changes.WriteApplicationSecret():
            return "set the secret of the application"
        case changes.AttachRules(fields=fields):
            return f"make Encvoy ID ask people once for: {', '.join(fields)}"
        case changes.DetachRules(fields=fields):
            return f"stop Encvoy ID asking people for: {', '.join(fields)}"
        case changes.WriteService(settings=settings):
            return f"write in Rocket.Chat: {', '.join(settings)}"
        case changes.WriteServiceSecret():
            which = "previous secret" if desired.restoring else "new secret"
            return f"save the {which} and a settle marker in Rocket.Chat"
        case changes.SwitchService(on=on):
            return f"switch the service {'on' if on else 'off'}"
        case changes.AwaitLive(what=what):
            return _LIVE_PLANNED[what]
        case changes.Prove():
            return "verify the secret on both sides"
        case changes.ProveInUse(later=False):
            return "test it from Rocket.Chat's side, where that is possible without a person"
        case changes.RemoveService():
            return f"remove the OAuth service `{desired.name.service}` from Rocket.Chat"
        case changes.DeleteApplication():
            return f"delete the application `{desired.client_id}` at Encvoy ID"
        case changes.RemoveCallback():
            return f"remove the callback address of this workspace from the application `{desired.client_id}`"
        case changes.RemoveFormerCallbacks():
            return f"remove the callback address from before Rocket.Chat moved from `{desired.client_id}`"
        case changes.ProveInUse() | changes.CommitSecret():
            return None
        case never:
            assert_never(never)


def confirmation(confirmed: Confirmed, *, is_shown: bool = True, label: str = "") -> tuple[str, ...]:
    """The result for a connection that was set up, as Rocket.Chat confirms it. `is_shown`: whether its button is
    shown. `label`: the button's text, if people may have changed it."""
    said, label = confirmed.said, quoted(label or confirmed.connection.label)
    if not confirmed.works:
        what = {
            Taken.OFF: "Switched off again: Rocket.Chat cannot sign anybody in with it.",
            Taken.BACK: "Rocket.Chat cannot sign anybody in at the new address; the previous one is back.",
            Taken.NOTHING: "Rocket.Chat cannot sign anybody in with Encvoy ID now; it is left as it is.",
        }[confirmed.taken]
        fix = (
            "make sure that Rocket.Chat's server can reach Encvoy ID (check its DNS, its firewall, and "
            "NODE_EXTRA_CA_CERTS for a private certificate authority)"
            if said.use is Use.FAILED
            else "restart Rocket.Chat's other instances if there are any"
        )
        then = {Taken.OFF: "enable", Taken.BACK: "setup", Taken.NOTHING: "test"}[confirmed.taken]
        return (f"✗ {what}", f"Why: {said.words}.", f"Fix: {fix}, then type `/sso {then}`.")
    if said == BECAUSE_OFF:
        return ("✓ Off, as requested. Not verified from Rocket.Chat's side, because it is off.",)
    where = f"✓ On: the login page shows {label}" if is_shown else "✓ On, with its button hidden"
    if said.use is Use.PROVED:
        return (f"{where}, and Rocket.Chat itself uses the secret that Encvoy ID accepts.",)
    return (f"{where}. Not verified from Rocket.Chat's side, because: {said.words}.",)


def in_use_text(receipt: Receipt, connection: Connection, *, resumed: bool) -> str:
    """Whether Rocket.Chat itself was seen to use the secret that both sides hold, right after the switch and later."""
    found = [use for use in (receipt.in_use, receipt.in_use_later) if use is not None]
    wrong = next((use for use in found if use.use is Use.OTHER), None)
    if wrong is not None:
        return (
            f"✗ Rocket.Chat uses a different secret than the one it has saved. {wrong.words}. "
            "Fix: restart Rocket.Chat's other instances, then type `/sso rotate`."
        )
    if not found and connection.enabled and resumed:
        return "Not verified from Rocket.Chat's side, because an earlier attempt was interrupted."
    if not found:
        return f"Not verified from Rocket.Chat's side, because {BECAUSE_OFF.words}."
    unproved = next((use for use in found if use.use is not Use.PROVED), None)
    if unproved is not None:
        return f"Not verified from Rocket.Chat's side, because: {unproved.words}."
    times = "at once and once more later" if len(found) > 1 else "at once"
    which = "old" if receipt.outcome is Outcome.UNDONE else "new"
    return f"Rocket.Chat itself uses the {which} secret: Encvoy ID accepted it from there, {times}."


def also_differs(desired: Connection, seen: Observed | None) -> tuple[str, ...]:
    """What differs and the command left alone, because it is outside of its scope."""
    found = () if seen is None else differences(desired, seen)
    names = [_named(one) for one in found if one.what not in (SERVICE, APPLICATION, BUTTON)]
    return (f"✗ Also differs: {', '.join(names)}; `/sso setup` fixes it.",) if names else ()


def _named(one: Difference) -> str:
    if one.what == SWITCH:
        return "the switch"
    if one.what == RULES_ASKED:
        return "what people are asked for"
    if one.side == "Encvoy ID":
        return "the secret at Encvoy ID" if one.what == "secret" else f"`{one.what}` of the application"
    return f"`{one.what}` of the service"


def plan_text(plan: Sequence[Change], desired: Connection) -> str:
    """The plan as a numbered list."""
    lines = [line for change in plan if (line := planned(change, desired)) is not None]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def _fields(names: Sequence[str]) -> str:
    """Login name first, which people know best."""
    return " and ".join(words for name, words in ((LOGIN, "login name"), (EMAIL, "e-mail")) if name in names)


_LIVE_DONE = {
    Live.ON: "The login page shows {label}",
    Live.SHOWN: "It is active",
    Live.OFF: "The login page no longer shows the button",
    Live.LABEL: "The login page shows {label}",
    Live.MARKER: "The new secret is active in Rocket.Chat",
}
_LIVE_PLANNED = {
    Live.ON: "wait until the login page shows the button",
    Live.SHOWN: "wait until it is active",
    Live.OFF: "wait until the button is gone from the login page",
    Live.LABEL: "wait until the login page shows the new text",
    Live.MARKER: "wait until that secret is active",
}


class Narration:
    """Reports the loop's progress to the author of the command."""

    def __init__(self, progress: Progress, fingerprints: Fingerprints) -> None:
        self._progress = progress
        self._fingerprints = fingerprints

    def did(self, change: Change, desired: Connection, seconds: float, *, seen: bool = True) -> None:
        """See `bot.connection.reconcile.Narrator`."""
        line = done(change, desired, self._fingerprints, seen=seen)
        if line is not None:
            self._progress.did(line, seconds)

    def alarm(self, why: str) -> None:
        """See `bot.connection.reconcile.Narrator`."""
        self._progress.alarm(f"ALARM: people may be unable to sign in with Encvoy ID now. {why}")

    def undoing(self, why: str) -> None:
        """See `bot.connection.reconcile.Narrator`."""
        self._progress.remark(f"The rotation is being rolled back: Rocket.Chat gets the old secret again. {why}")

    def stuck(self, surprise: UserError) -> None:
        """See `bot.connection.reconcile.Narrator`."""
        why = f"{surprise.what} {surprise.why}".strip()
        lines = [
            "ALARM: people may be unable to sign in with Encvoy ID now, and I keep trying to fix it.",
            f"Why: {why}",
        ]
        if surprise.fix:
            lines.append(f"Fix: {surprise.fix}")
        self._progress.alarm("\n".join(lines))
