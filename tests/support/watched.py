"""The watch of scheduled tests with a caller around it: its state is stored as JSON, its actions happen in a channel in
memory, and time is set by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import assert_never

from pydantic import TypeAdapter

from bot.doctor import watch
from bot.doctor.incident import Action, Decision, Edit, FullTest, LookAgain, Mute, Post, WatchState
from bot.doctor.sight import NOT_KNOWN, FailedCheck, SeenVersions, Sight

STATES = TypeAdapter(WatchState)
ACTIONS = TypeAdapter(tuple[Action, ...])
NIGHT = datetime(2026, 11, 28, 2, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (1, 60, 3600, 86400))


def failing(*ranks: int, versions: SeenVersions = NOT_KNOWN, unchecked: tuple[str, ...] = ()) -> Sight:
    """What an examination sees if the checks of these ranks fail."""
    failures = tuple(
        FailedCheck(f"Check {rank}", f"✗ failed: Check {rank}: no\n    Why: x\n    Fix: y", rank) for rank in ranks
    )
    return Sight(failures, unchecked, versions)


FINE = Sight()


class Watched:
    """The caller."""

    def __init__(self, *, edits_allowed: bool = True) -> None:
        self.state = WatchState()
        self.now = NIGHT
        self.edits_allowed = edits_allowed
        self.messages: dict[str, list[str]] = {}
        """Key -> each text that its message had."""
        self.looks: list[timedelta] = []
        """After what time another look was asked for, since the last call."""
        self.tests = 0
        self.done: tuple[Action, ...] = ()
        """The actions of the last call."""

    @property
    def posts(self) -> list[str]:
        """The keys of the messages."""
        return list(self.messages)

    @property
    def last(self) -> str:
        """The newest message as it is now."""
        return next(reversed(self.messages.values()))[-1]

    def later(self, by: timedelta) -> Watched:
        self.now += by
        return self

    def looked(self, sight: Sight) -> Watched:
        """One examination, without a second look."""
        return self.act(watch.saw(self.state, sight, self.now))

    def tested(self, sight: Sight) -> Watched:
        """A scheduled test, and every second look that it asks for sees the same."""
        self.looked(sight)
        while self.looks:
            self.later(max(self.looks)).looked(sight)
        return self

    def ticked(self) -> Watched:
        return self.act(watch.tick(self.state, self.now))

    def waited(self, until: datetime, sight: Sight) -> Watched:
        """Time passes as for a caller who sleeps until `due`."""
        while (due := watch.due(self.state)) is not None and due <= until:
            self.now = max(self.now, due)
            self.ticked()
            if self.looks:
                self.looked(sight)
        self.now = until
        return self

    def act(self, decision: Decision) -> Watched:
        """Carries it out, and saves it."""
        self.looks = []
        self.done = ACTIONS.validate_json(ACTIONS.dump_json(decision.actions))
        assert self.done == decision.actions
        refused = [action.key for action in self.done if not self._carried_out(action) and isinstance(action, Edit)]
        self.state = STATES.validate_json(STATES.dump_json(decision.state))
        assert self.state == decision.state
        for key in refused:
            looks = self.looks
            self.act(watch.edit_refused(self.state, key, self.now))
            self.looks += looks
        return self

    def _carried_out(self, action: Action) -> bool:
        match action:
            case Post(key, text):
                assert key not in self.messages, f"posted twice: {key}"
                self.messages[key] = [text]
            case Edit(key, text):
                assert self.messages[key][-1] != text, "an edit that changes nothing"
                if not self.edits_allowed:
                    return False
                self.messages[key].append(text)
            case LookAgain(after):
                self.looks.append(after)
            case FullTest():
                self.tests += 1
            case never:
                assert_never(never)
        return True


NEW, OLD = SeenVersions("8.9.1", "1.0.10"), SeenVersions("8.8.0", "1.0.10")


def stem(watched: Watched) -> str:
    """What the keys of its incident begin with."""
    assert watched.state.incident
    return watched.state.incident.key.rpartition(" ")[0]


def stem_of(key: str) -> str:
    """Of the key of a message."""
    return key.rpartition(" ")[0]


def flapped(watched: Watched) -> Watched:
    """Three changes: it fails, and the channel has heard of the flapping."""
    return watched.tested(failing(3)).later(MINUTE).tested(FINE).later(MINUTE).tested(failing(3))


def mute(watched: Watched, *, by: timedelta = 2 * HOUR) -> Watched:
    """Muted for so long."""
    return watched.act(watch.muted(watched.state, Mute(watched.now + by, "maintenance"), watched.now))
