"""`ssobot` in a process of its own, whose Rocket.Chat stand-in is recorded too.

    python -m tests.judges.rocketchat.program sandbox rocketchat --port 0

The record is written into the working folder, exchange by exchange: tests kill such a process. There the watch for
secrets looks through it, and the suite's plugin fetches it.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import secrets_watch

if TYPE_CHECKING:
    from tests.judges.rocketchat import recording

RECORD = "rocketchat-record.log"


def main() -> None:
    """Records, and does what `python -m bot` does."""
    from tests.judges.rocketchat import recording

    secrets_watch.install()
    with Path(RECORD).open("a", buffering=1) as record:

        def write(exchange: recording.Exchange) -> None:
            secrets_watch.harvest(secrets_watch.current)
            record.write(recording.lines([exchange], secrets_watch.current.secrets, "a program"))

        recording.install(write)
        runpy.run_module("bot", run_name="__main__", alter_sys=True)


def records_in(folder: Path) -> str:
    """What such processes wrote in this folder, without a line that one did not finish."""
    lines = (line for record in folder.rglob(RECORD) for line in record.read_text().splitlines(keepends=True))
    return "".join(line for line in lines if line.endswith("\n"))


if __name__ == "__main__":
    main()
