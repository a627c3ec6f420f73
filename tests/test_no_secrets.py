"""No secret in clear in anything that the suite produces.

The search itself goes along with every test (`tests/support/secrets_watch.py`) and fails the one that leaks. Here is
shown that it finds what it has to find, and what no other test looks at: the demo's output.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.secret import Secret
from tests.support import secrets_watch
from tests.support.secrets_watch import CODE, Surface, Watch

SECRET = "planted-" + "x7" * 12
PLACES = {
    "test_chat": "token of Rocket.Chat in the chat",
    "test_edited": "secret of the bot in the chat",
    "test_address": "token of Rocket.Chat in an address asked of Encvoy ID",
    "test_structured_log": "secret of the bot in captured stdout call",
    "test_library_log": "secret of the bot in captured log call",
    "test_standard_output": "secret of the bot in captured stdout call",
    "test_standard_error": "secret of the bot in captured stderr call",
    "test_logged_traceback": "secret of the bot in captured log call",
    "test_log_of_a_process": "secret of the bot in the file bot.log",
    "test_database": "secret of the bot in the file x.sqlite",
    "test_database_of_a_server": "secret of the bot in the database in PostgreSQL",
    "test_journal_of_the_database": "secret of the bot in the file x.sqlite-wal",
    "test_overheard": "secret of the bot in /healthz",
    "test_arguments": "secret of the bot in the arguments of a process",
    "test_code_in_the_chat": "authorization code in the chat",
    "test_rotated_client_secret": "secret of the bot in the chat",
}
"""The planted leaks, and what has to be said of each."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    """A run of `tests/support/planted_leaks.py`: what pytest printed, and the secrets that leaked."""
    leaked = tmp_path_factory.mktemp("planted") / "leaked"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-pno:cacheprovider", "-pno:xdist", "tests/support/planted_leaks.py"],
        env={**os.environ, "SSOBOT_TEST_LEAKED": str(leaked)},
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr, leaked.read_text().split()


@pytest.mark.parametrize(("test", "said"), PLACES.items(), ids=PLACES)
def test_a_planted_leak_is_found_where_it_is(planted: tuple[str, list[str]], test: str, said: str) -> None:
    found = re.search(rf"ERROR at teardown of {test} _+\nA secret stands in clear:\n((?:  .+\n)+)", planted[0])
    assert found, "nothing was found"
    assert f"  {said}\n" in found[1]


def test_nothing_is_found_where_nothing_leaks(planted: tuple[str, list[str]]) -> None:
    assert "ERROR at teardown of test_nothing " not in planted[0]
    assert re.search(r"^PASSED \S+::test_nothing$", planted[0], re.MULTILINE)


def test_the_report_itself_shows_no_secret(planted: tuple[str, list[str]]) -> None:
    out, leaked = planted
    assert len(leaked) == len(PLACES) + 2
    assert "AssertionError" in out
    assert not [secret for secret in leaked if secret in out]


class TestWatch:
    @pytest.fixture
    def watch(self) -> Watch:
        watch = Watch()
        watch.learn(SECRET, "token")
        return watch

    @pytest.mark.parametrize("text", [SECRET, f"x{SECRET}y", f'{{"it": "{SECRET}"}}'])
    def test_it_is_found_wherever_it_stands(self, watch: Watch, text: str) -> None:
        assert watch.leaks([Surface("the chat", text.encode())]) == ["token in the chat"]

    @pytest.mark.parametrize("text", ["", SECRET[:-1], SECRET.upper(), "fingerprint 9c1f"])
    def test_nothing_else_is(self, watch: Watch, text: str) -> None:
        assert watch.leaks([Surface("the chat", text.encode())]) == []

    def test_it_is_found_as_an_address_would_hold_it(self, watch: Watch) -> None:
        watch.learn("a/b+c=" * 4, "key")
        assert watch.leaks([Surface("an address", b"?x=" + b"a%2Fb%2Bc%3D" * 4)]) == ["key in an address"]

    def test_a_code_may_stand_in_an_address_and_nowhere_else(self) -> None:
        watch = Watch()
        watch.learn(SECRET, CODE)
        watch.learn(SECRET, "secret of the bot")
        here = Surface("an address", SECRET.encode(), takes_codes=True)
        assert watch.leaks([here, Surface("the chat", SECRET.encode())]) == ["authorization code in the chat"]

    def test_a_word_that_a_test_made_up_is_not_looked_for(self) -> None:
        watch = Watch()
        watch.learn("secret", "token")
        assert watch.leaks([Surface("the chat", b"the secret is safe")]) == []


def test_this_very_test_is_watched() -> None:
    before = set(secrets_watch.current.secrets)
    Secret(SECRET)
    assert set(secrets_watch.current.secrets) - before == {SECRET}


RECORDED = """
import pathlib, sys
from bot.secret import Secret
from tests.support import secrets_watch
plugin = secrets_watch.install()
from bot.__main__ import main
from tests.support.quick import quick_demo
sys.argv = ["ssobot", "demo"]
try:
    with quick_demo():
        main()
finally:
    secrets_watch.harvest(secrets_watch.current)
    pathlib.Path("learnt").write_text("\\n".join(secrets_watch.current.secrets))
"""


def test_the_demo_shows_none_of_the_secrets_that_it_used(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RECORDED],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    learnt = (tmp_path / "learnt").read_text().split()
    assert done.returncode == 0
    assert len(learnt) > 20
    assert not [secret for secret in learnt if secret in done.stdout + done.stderr]
