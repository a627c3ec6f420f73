"""How often the loop tries again after a surprise, and for how long. A surprise is an error or an unexpected state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from bot.clock import Clock
from bot.connection import changes
from bot.connection.changes import Change
from bot.connection.proof import NotAccepted
from bot.errors import Busy, NoAnswer, RemoteError, System, UserError

TRIES = 5
"""Surprises in a row before an operation without a gap at stake gives up."""
SWITCH_TRIES = 3
SWITCH_WITHIN = 13.0
"""Once the new secret is live, Encvoy ID gets at most so many tries within so many seconds in all, hangs included. With
the last look it is decided within fifteen."""
LOOK_SECONDS = 2.0
"""For a look at Encvoy ID during an exchange."""
TRY_WITHIN = 5.0
"""Seconds for one of them."""
REWRITES = 1
"""How often a marker that never became live is written once more in another spelling."""
SHORT_PAUSE = 0.2
LONGEST_PAUSE = 120.0
SAME_PLANS = 4
"""How often the same plan may be carried out completely in a row."""


class RetryPolicy:
    """Counts the surprises of one run."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._surprises = 0
        self._switch_tries = 0
        self._switch_since: float | None = None
        self._last: UserError | None = None
        self._stuck = 0
        self._looked_again = False
        self._rewrites = 0
        self._under_way: tuple[Change, ...] = ()
        self._carried_out: list[tuple[Change, ...]] = []

    def made_progress(self) -> None:
        """A plan was carried out completely, or a new direction was taken: all counts start again."""
        if self._under_way:
            self._carried_out.append(self._under_way)
            self._under_way = ()
        self._surprises = 0
        self._switch_tries = 0
        self._switch_since = None
        self._last = None

    def about_to_try(self, plan: tuple[Change, ...]) -> None:
        """UserError if the same plan was carried out several times and its effect does not last. A plan that was not
        carried out completely does not count: perhaps nothing of it was written."""
        if self._carried_out[-1:] != [plan]:
            self._carried_out.clear()
        if len(self._carried_out) >= SAME_PLANS:
            raise _does_not_stay(plan)
        self._under_way = plan

    def trying_the_switch(self) -> float:
        """Encvoy ID is about to be asked to switch: the new secret is live by now. Returns for how many seconds.

        Raises the last surprise instead if the time is up.
        """
        now = self._clock.monotonic()
        if self._switch_since is None:
            self._switch_since = now
        left = self._switch_since + SWITCH_WITHIN - now
        if self._last is not None and left <= 0:
            raise self._last
        self._switch_tries += 1
        return min(TRY_WITHIN, left)

    @property
    def switch_until(self) -> float | None:
        """The moment by which it is decided; None before the first try."""
        return None if self._switch_since is None else self._switch_since + SWITCH_WITHIN

    def may_rewrite_the_marker(self) -> bool:
        """It was not seen live: perhaps another write restarted the timers. Allowed once."""
        self._under_way = ()
        self._rewrites += 1
        return self._rewrites <= REWRITES and self._switch_since is None

    async def may_try_again(self, surprise: UserError) -> bool:
        """During an exchange: whether the way forward is tried once more. A refusal is final; once the new secret is
        live the pauses are short."""
        self._under_way = ()
        self._surprises += 1
        self._last = surprise
        if not (isinstance(surprise, RemoteError) and surprise.transient):
            return False
        if self._switch_since is None:
            await self._clock.sleep(0.25 * 2**self._surprises)
            return self._surprises < TRIES
        if not surprise.effect_unknown:
            await self._clock.sleep(SHORT_PAUSE)
        elapsed = self._clock.monotonic() - self._switch_since
        return self._switch_tries < SWITCH_TRIES and elapsed + LOOK_SECONDS < SWITCH_WITHIN

    async def wait_or_raise(self, surprise: UserError) -> None:
        """Without a gap at stake: waits for a growing pause, or raises the surprise after the last try."""
        created = changes.CreateApplication() in self._under_way
        self._under_way = ()
        if created and isinstance(surprise, NotAccepted) and not self._looked_again:
            self._looked_again = True  # it may differ from what was requested: the next observation shows what to fix
            return
        self._surprises += 1
        final = not (isinstance(surprise, RemoteError) and surprise.transient)
        if final or self._surprises >= TRIES:
            raise surprise
        pause = 0.25 * 2**self._surprises
        if isinstance(surprise, Busy):
            pause = max(pause, surprise.retry_after)
        await self._clock.sleep(0.0 if isinstance(surprise, NoAnswer) else pause)

    def stuck_for_the_first_time(self) -> bool:
        """Whether the alarm is still to be posted."""
        return self._stuck == 0

    async def back_off(self) -> None:
        """Neither direction can be finished: pauses that grow to two minutes."""
        self._under_way = ()
        self._stuck += 1
        await self._clock.sleep(min(LONGEST_PAUSE, 2.0**self._stuck))


def _does_not_stay(plan: tuple[Change, ...]) -> UserError:
    """The error for a plan that was carried out each time and is still needed."""
    told = [(system, words) for change in plan if (system := change.side) and (words := _words(change))]
    sides = tuple(dict.fromkeys(system for system, _ in told))
    if not sides:
        return UserError(
            "What Rocket.Chat has saved is not what its login page shows.",
            why=f"{SAME_PLANS} times I saw it active, and each time the next check showed something else.",
            fix="`/sso test` checks each part of the connection.",
        )
    of_each = [", ".join(words for system, words in told if system == side) + f" {_AT[side]}" for side in sides]
    return UserError(
        f"My changes do not persist: {' and '.join(of_each)}.",
        why=f"{SAME_PLANS} times I wrote it, and each time it read back differently.",
        fix=f"Check for a program that writes {' and '.join(_WRITTEN[side] for side in sides)}; then type the command "
        "again.",
    )


_AT: Mapping[System, str] = {"Rocket.Chat": "in Rocket.Chat", "Encvoy ID": "at Encvoy ID"}
_WRITTEN: Mapping[System, str] = {
    "Rocket.Chat": "Rocket.Chat's settings",
    "Encvoy ID": "applications at Encvoy ID",
}
"""Who may reset a field while the bot runs. A variable of Rocket.Chat's server does so only at its start
(facts/rocketchat.md §8 no. 1)."""


def _words(change: Change) -> str:
    match change:
        case changes.WriteService(settings=names) | changes.WriteApplication(fields=names):
            return ", ".join(names)
        case changes.SwitchService():
            return "the switch"
        case changes.WriteServiceSecret() | changes.WriteApplicationSecret():
            return "the secret"
        case changes.AttachRules(fields=names) | changes.DetachRules(fields=names):
            return f"the rules for {' and '.join(names)}"
        case changes.CreateService():
            return "the service"
        case changes.CreateApplication():
            return "the application"
        case changes.DeleteTwin(client_id=client_id):
            return f"the removal of the application {client_id}"
        case changes.RemoveService():
            return "the removal of the service"
        case changes.DeleteApplication():
            return "the removal of the application"
        case changes.RemoveCallback() | changes.RemoveFormerCallbacks():
            return "the callback addresses"
        case changes.AwaitLive() | changes.Prove() | changes.ProveInUse() | changes.CommitSecret():
            return ""
        case never:
            assert_never(never)
