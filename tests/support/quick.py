"""A Rocket.Chat that settles quicker than any real one, and a bot that expects it, so that tests need not wait as
long as with a real server.

A quick server is one whose whole time runs quicker. So does what the bot takes for usual of a server that it has not
measured; else it would wait for seconds for what is there after a tenth of one.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

import pytest

from bot.connection import proof
from bot.rocketchat import callback
from bot.store.lease import Terms
from sandbox.rocketchat.instance import Timing
from sandbox.stage import stage

REAL_SETTLE = Timing().settle
"""Seconds, of a Rocket.Chat that no test hurries."""
QUICK_SETTLE = 0.1
"""Seconds, of one that has only to answer."""
QUICK_TERMS = Terms(ttl=4.0, renew=0.5, attempt=0.1)
"""Of the lease: so that what was killed is not waited for as long as in earnest."""


@contextlib.contextmanager
def as_quick(settle: float) -> Iterator[None]:
    """The bot in this process takes `settle` for the usual time, where that is quicker than a real server."""
    with pytest.MonkeyPatch.context() as patch:
        if settle < REAL_SETTLE:
            patch.setattr("bot.rocketchat.settle.EXPECTED", settle)
            patch.setattr("bot.connection.context.SETTLE", settle)
            patch.setattr("bot.connection.proof.LAG", proof.LAG * settle / REAL_SETTLE)
            patch.setattr("bot.rocketchat.callback.WITHIN", callback.WITHIN * settle / REAL_SETTLE)
        yield


@contextlib.contextmanager
def led_briefly(settle: float) -> Iterator[None]:
    """A bot in a process that may be killed holds its lease for a short time, at such a quick server."""
    with pytest.MonkeyPatch.context() as patch:
        if settle < REAL_SETTLE:
            patch.setattr("bot.app.TERMS", QUICK_TERMS)
        yield


@contextlib.contextmanager
def quick_demo() -> Iterator[None]:
    """`ssobot demo` in this process: stand-ins and bot."""
    with as_quick(QUICK_SETTLE), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sandbox.demo.stage", functools.partial(stage, settle=QUICK_SETTLE))
        yield
