"""A receipt in words, as `history` shows it. One of another version may lack a part, or have a different form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.connection.changes import CommitSecret, WriteServiceSecret
from bot.connection.in_use import InUse, Use
from bot.connection.receipt import Outcome, Receipt
from bot.text import code, defuse

CHANGES: Mapping[str, str] = {
    "CreateService": "service created",
    "CreateApplication": "application created",
    "RemoveService": "service removed",
    "DeleteApplication": "application deleted",
    "RemoveCallback": "callback address removed",
    "RemoveFormerCallbacks": "former callback address removed",
    "DeleteTwin": "second application deleted",
    "WriteApplication": "application fixed",
    "WriteApplicationSecret": "secret written at Encvoy ID",
    "AttachRules": "fields asked for",
    "DetachRules": "fields no longer asked for",
    "WriteService": "settings written in Rocket.Chat",
    "WriteServiceSecret": "secret written in Rocket.Chat",
    "SwitchService": "switched on or off",
    "AwaitLive": "waited until active",
    "Prove": "secret verified",
    "ProveInUse": "asked what Rocket.Chat uses",
    "CommitSecret": "secret saved by the bot",
    "Settle": "secret saved by the bot",  # as 0.1 called it
}
"""By the name of each change, which is what a receipt holds."""
_COMMITTED = frozenset({CommitSecret.__name__, "Settle"})
_SEEN_BY = {
    "publication": "Rocket.Chat published it",
    "poll": "found by asking Rocket.Chat",
    "proof": "found by what Rocket.Chat uses",
}
_USES = {
    Use.PROVED: "the secret that both sides have",
    Use.OTHER: "another secret",
    Use.FAILED: "unknown, because it could not reach Encvoy ID",
    Use.SILENT: "unknown",
    Use.UNKNOWN: "unknown",
}
_OUTCOMES = {Outcome.DONE: "done", Outcome.UNCHANGED: "nothing had to be done", Outcome.UNDONE: "undone"}


def read_receipt(row: Mapping[str, object] | None) -> Receipt | None:
    """None if there is none, or this version cannot read it."""
    if row is None:
        return None
    try:
        return Receipt.from_dict(dict(row))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def measured(receipt: Receipt) -> str | None:
    """`gap 84 ms at most`; None if none was measured."""
    return None if receipt.gap is None else f"gap {receipt.gap * 1000:.0f} ms at most"


def fingerprints(receipt: Receipt, *, comparable: bool = True) -> str | None:
    """`fingerprint 1b37 → 9c1f`; None if no secret was exchanged. `comparable`: with those that the bot shows now."""
    before, after = receipt.fingerprint_before, receipt.fingerprint_after
    if _COMMITTED.isdisjoint(receipt.changes):
        return None
    if after is None:  # ssobot 0.1 kept none
        return "fingerprint unknown"
    if not comparable:
        return "fingerprint unknown, because the key of the fingerprints was lost after it"
    if before is None:
        return f"fingerprint {after}"
    return f"fingerprint {before}, as before" if before == after else f"fingerprint {before} → {after}"


def receipt_lines(receipt: Receipt, *, comparable: bool = True) -> Iterator[str]:
    """One line for each thing that it says. `comparable`: see `fingerprints`."""
    why = f": {defuse(receipt.reason, 300)}" if receipt.reason else ""
    yield f"• Outcome: {_OUTCOMES[receipt.outcome]}{why}"
    if receipt.changes:
        yield f"• Changes, in order: {', '.join(CHANGES.get(name) or code(name) for name in receipt.changes)}"
    if (secret := fingerprints(receipt, comparable=comparable)) is not None:
        yield f"• Secret: {secret}"
    yield from _gap(receipt)
    if receipt.proof is not None:
        yield f"• Verified: Encvoy ID accepts the secret, {_refused(receipt)}"
    for sentence in receipt.left:
        yield f"• Left: {defuse(sentence, 300)}"
    for moment, found in (("right after the switch", receipt.in_use), ("later", receipt.in_use_later)):
        if found is not None:
            yield f"• Used by Rocket.Chat {moment}: {_used(found)}"


def _gap(receipt: Receipt) -> Iterator[str]:
    if (gap := measured(receipt)) is not None:
        several = receipt.instances > 1
        first = f", at the first of {receipt.instances} instances of Rocket.Chat" if several else ""
        yield f"• Sign-ins: {gap}{first}"
    elif WriteServiceSecret.__name__ in receipt.changes:
        yield "• Sign-ins: gap unknown"
    if receipt.seen_by is not None:
        yield f"• Seen to be active: {_SEEN_BY.get(receipt.seen_by) or code(receipt.seen_by)}"


def _refused(receipt: Receipt) -> str:
    proof = receipt.proof
    if proof is None or not proof.random_refused:
        return "but a random one as well, so this proves nothing"
    match proof.previous_refused:
        case None:
            return "and refuses a random one"
        case True:
            return "and refuses the previous one and a random one"
        case False:
            return "refuses a random one, and still accepts the previous one"


def _used(found: InUse) -> str:
    words = f" ({found.words.rstrip('.')})" if found.words else ""
    return f"{_USES[found.use]}{words}"
