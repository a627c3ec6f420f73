"""`ssobot demo` as a newcomer starts it, and that it fails where a stand-in is made wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from sandbox.demo import SCENES, UNATTENDED
from tools.docs import ROOT, sections
from tools.even import Implausible, even

QUICK = "from tests.support.quick import quick_demo; quick = quick_demo(); quick.__enter__()"
PLAY = "import sys; from bot.__main__ import main; sys.argv = ['ssobot', 'demo']; main()"

TWO_APPLICATIONS = """
from sandbox.encvoy.clients import Clients
create = Clients.create
def twice(self, created_at, columns):
    if any("/_oauth/" in uri for uri in columns.get("redirect_uris", ())):
        create(self, created_at, dict(columns))
    return create(self, created_at, columns)
Clients.create = twice
"""
ANOTHER_SECRET_STORED = """
from sandbox.rocketchat.settings import Settings
store = Settings.store
Settings.store = lambda self, name, value: store(self, name, value[::-1] if name.endswith("-secret") else value)
"""
ANOTHER_SECRET_LIVE = """
from sandbox.rocketchat import login_services
fields = login_services.live_fields
def another_secret(settings, name):
    found = fields(settings, name)
    return found | {"secret": found["secret"][::-1]}
login_services.live_fields = another_secret
"""
NOBODY_COMES_IN = """
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.oauth import signin
def refuse(*_):
    raise MeteorError("error-planted", "Nobody comes in")
signin.resolve = refuse
"""


@dataclass(frozen=True)
class Played:
    """One run of the demo."""

    status: int
    out: str
    err: str
    seconds: float


def play(folder: Path, *code: str) -> Played:
    """Runs the demo in a process of its own, after the given lines of Python."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*code, PLAY])],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=folder,
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    return Played(done.returncode, done.stdout, done.stderr, time.monotonic() - began)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Played:
    """The demo as it is, with Rocket.Chat's own two and a half seconds: played once, for all workers."""
    base = tmp_path_factory.getbasetemp()
    kept = (base if worker_id == "master" else base.parent) / "demo.json"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            kept.write_text(json.dumps(asdict(play(tmp_path_factory.mktemp("demo")))))
        return Played(**json.loads(kept.read_text()))


def test_it_ends_well_within_a_minute(played: Played) -> None:
    assert played.status == 0, played.err
    assert played.seconds < 60


def test_it_says_nothing_on_standard_error(played: Played) -> None:
    assert played.err == ""


def test_it_prints_every_line_that_is_typed_and_an_answer_below_it(played: Played) -> None:
    typed = re.findall(r"^admin> (.*)\n {7}\S", played.out, re.MULTILINE)
    assert typed == ["/sso setup", "!sso slash on", *(line for line, _ in SCENES), *UNATTENDED]


def test_it_shows_what_the_channel_hears_when_nobody_types(played: Played) -> None:
    _, _, unattended = played.out.partition("An hour before the rotation, in the channel:")
    heard = ["as scheduled.", "✓ Rotated: ", "This was scheduled", "✗ failed: ", "✓ Recovered: "]
    places = [unattended.find(words) for words in heard]
    assert -1 not in places
    assert places == sorted(places)


def test_it_shows_what_rotation_proved_and_who_came_in(played: Played) -> None:
    assert "Verified: the new secret is accepted, the previous one and a random one are refused." in played.out
    assert "and is `plain1` in Rocket.Chat" in played.out
    assert "Everything was right on both sides after every answer." in played.out


def test_the_readme_shows_what_it_prints(played: Played, tmp_path: Path) -> None:
    shown = sections((ROOT / "README.md").read_text())["transcript"]
    try:
        text = even(played.out)
    except Implausible:  # once more: a busy machine holds up a step, but not each time
        text = even(play(tmp_path).out)
    assert shown == f"```\n{text}\n```", "run `make docs`"


@pytest.mark.slow  # a demo of its own
def test_it_leaves_nothing_in_the_folder_it_was_started_in(tmp_path: Path) -> None:
    assert play(tmp_path, QUICK).status == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (TWO_APPLICATIONS, "after `/sso setup` a stand-in is not as it should be"),
        (ANOTHER_SECRET_STORED, "after `/sso setup` a stand-in is not as it should be"),
        (ANOTHER_SECRET_LIVE, "after `/sso setup` a stand-in is not as it should be"),
        (NOBODY_COMES_IN, "The sign-in stopped at"),
    ],
    ids=["two applications", "another secret stored", "another secret live", "nobody comes in"],
)
def test_it_fails_where_a_stand_in_is_wrong(tmp_path: Path, plant: str, said: str) -> None:
    done = play(tmp_path, QUICK, plant)
    assert done.status == 1
    assert said in done.err
    assert "Everything was right" not in done.out
