"""Watches the whole suite for secrets in clear: a pytest plugin, registered in `tests/conftest.py`.

While a test runs it learns every secret that comes into being: what the stand-ins are seeded with, every login and
access token they give out, every client secret, every `Secret` that the bot makes or reads, every key. When the test
is over it looks for them in all output and in what was left behind (`_surfaces`), and a leak fails that test. It names
the place and the kind, never the secret itself. Every worker of a parallel run watches its own tests.

What may hold secrets by design is left out: the first line of a sandbox, request bodies, and the environment. Message
ids, client ids and fingerprints are no secrets. An authorization code travels in addresses, but nowhere else.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from bot.secret import Secret
from tests.support.late import when_imported

if TYPE_CHECKING:
    from sandbox.encvoy.standin import EncvoyStandIn
    from sandbox.rocketchat.standin import RocketChatStandIn

    StandIn = RocketChatStandIn | EncvoyStandIn

SHORTEST = 16
"""Shorter values are made up by tests, and would be found by chance."""
LEFT_BEHIND = (".log", ".sqlite", ".sqlite-wal", ".sqlite-shm", ".sqlite-journal", ".db", ".out")
CODE = "authorization code"
EXEMPT = "logs_secrets"
"""The mark of a test of the log's masking: what it gives the log is a secret, and pytest shows it unmasked."""


@dataclass(frozen=True)
class Surface:
    """One place that people or programs may read."""

    name: str
    content: bytes
    takes_codes: bool = False


@dataclass
class Watch:
    """The secrets and the output of one test."""

    secrets: dict[str, str] = field(default_factory=dict)
    """The kind of each, by its text."""
    stand_ins: list[tuple[str, StandIn]] = field(default_factory=list)
    """Each with the name of what it stands for."""
    commands: list[str] = field(default_factory=list)
    """Arguments of every process that was started."""
    said: list[tuple[str, str]] = field(default_factory=list)
    """Output that only the test receives: the place and the text."""

    def learn(self, text: str, kind: str) -> None:
        """From now on it is looked for; an authorization code stays one, whoever else holds it."""
        if len(text) >= SHORTEST:
            self.secrets.setdefault(text, kind)

    def leaks(self, surfaces: Iterable[Surface]) -> list[str]:
        """Where a secret stands in clear: the place and the kind."""
        wanted = [(form, kind) for text, kind in self.secrets.items() for form in _forms(text)]
        found = {
            f"{kind} in {surface.name}"
            for surface in surfaces
            for form, kind in wanted
            if form in surface.content and not (surface.takes_codes and kind == CODE)
        }
        return sorted(found)

    def masked(self, text: str) -> str:
        """The text without what was learnt."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "…")
        return text


def _forms(text: str) -> set[bytes]:
    """As it is, and as an address would hold it."""
    return {text.encode(), quote(text, safe="").encode()}


current = Watch()
"""Of the test that is running."""


def heard(place: str, text: str) -> None:
    """Records output that only the test receives."""
    current.said.append((place, text))


def learn_introduction(told: Any) -> None:
    """The seeds on the first line of a sandbox in another process."""
    for account in told["accounts"]:
        current.learn(account["password"], "password")
        current.learn(account["token"], "token")
    for name, value in told["env"].items():
        if name.endswith(("_TOKEN", "_PASSWORD", "_KEYS")):
            current.learn(value, name)


def _surfaces(watch: Watch, folder: Path | None, said: Iterable[tuple[str, str]]) -> Iterator[Surface]:
    """All output of the test, and everything that it left behind."""
    for title, text in said:
        yield Surface(title, text.encode())
    yield Surface("the arguments of a process", "\n".join(watch.commands).encode())
    for name, stand_in in watch.stand_ins:
        yield from _of_stand_in(name, stand_in)
    for path in sorted(folder.rglob("*")) if folder else ():
        if path.is_file() and path.suffix in LEFT_BEHIND:
            yield Surface(f"the file {path.name}", _without_introduction(path.read_bytes()))


def _of_stand_in(name: str, stand_in: StandIn) -> Iterator[Surface]:
    spoken = "\n".join(entry.body["text"] for entry in stand_in.ledger.of("message"))
    addresses = "\n".join(f"{entry.path}?{entry.query}" for entry in stand_in.ledger.requests())
    yield Surface("the chat", spoken.encode())
    yield Surface(f"an address asked of {name}", addresses.encode(), takes_codes=True)


def _without_introduction(content: bytes) -> bytes:
    """The first line of a sandbox is the one place where seeds are printed."""
    first, _, rest = content.partition(b"\n")
    try:
        told = json.loads(first)
    except ValueError:
        return content
    return rest if isinstance(told, dict) and set(told) == {"url", "env", "accounts"} else content


class SecretsWatch:
    """The plugin."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Each test has its own watch. What a fixture of a wider scope makes is known to the test that made it."""
        global current
        current = Watch()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """After the last fixture is gone: the search. A report of whatever happened before is masked."""
        report = yield
        harvest(current)
        if report.longrepr is not None and (text := str(report.longrepr)) != (masked := current.masked(text)):
            report.longrepr = masked
        if report.when == "teardown":
            exempt = item.get_closest_marker(EXEMPT) is not None
            said = [] if exempt else [(title.lower(), text) for title, text in report.sections]
            said += current.said
            folder = getattr(item, "funcargs", {}).get("tmp_path")
            if leaks := current.leaks(_surfaces(current, folder, said)):
                report.outcome = "failed"
                report.longrepr = "A secret stands in clear:\n" + "\n".join(f"  {leak}" for leak in leaks)
        report.sections = [(title, current.masked(text)) for title, text in report.sections]
        return report


def harvest(watch: Watch) -> None:
    """The secrets that the stand-ins got while they ran."""
    for _, stand_in in watch.stand_ins:
        learn_accounts(stand_in)
        for kind in ("live", "switched"):
            for entry in stand_in.ledger.of(kind):
                watch.learn(entry.body["secret"] or "", "client secret")
        for entry in stand_in.ledger.of("stored"):
            if entry.body["_id"].endswith("-secret") and isinstance(entry.body.get("value"), str):
                watch.learn(entry.body["value"], "client secret")


def learn_accounts(stand_in: StandIn) -> None:
    """The seeds, and the digest of a password, which is as good as the password (facts/rocketchat.md §1.4)."""
    for account in stand_in.introduction.accounts:
        current.learn(account.password, "password")
        current.learn(hashlib.sha256(account.password.encode()).hexdigest(), "digest of a password")
        current.learn(account.token, "token")


def _after(owner: Any, name: str, note: Callable[..., None]) -> None:
    """Calls `note` with the result and the arguments of every call of a function."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def noted(*args: Any, **options: Any) -> Any:
        result = original(*args, **options)
        note(result, *args)
        return result

    setattr(owner, name, noted)


def _on_audit(event: str, values: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen":
        current.commands.append(" ".join(map(str, values[1])))


def _learn_from(module: str, owner: str, name: str, note: Callable[..., None]) -> None:
    """The same for a class of a module, as soon as somebody imports that: most tests do without."""

    def follow(imported: ModuleType) -> None:
        _after(getattr(imported, owner), name, note)

    when_imported(module, follow)


def _note_as(name: str) -> Callable[..., None]:
    return lambda _, made, *_rest: current.stand_ins.append((name, made))


def _token_of_rocketchat(token: str, *_: Any) -> None:
    current.learn(token, "token of Rocket.Chat")


def _held(held: Any, *_: Any) -> None:
    current.learn(held.value, CODE if held.kind == "code" else "token")


def install() -> SecretsWatch:
    """Begins to learn; once for a process."""
    _after(Secret, "__init__", lambda _, _self, text: current.learn(text, "secret of the bot"))
    _learn_from("cryptography.fernet", "Fernet", "generate_key", lambda key, *_: current.learn(key.decode(), "key"))
    _learn_from("sandbox.rocketchat.people", "People", "log_in", _token_of_rocketchat)
    _learn_from("sandbox.rocketchat.people", "People", "personal_token", _token_of_rocketchat)
    _learn_from("sandbox.rocketchat.standin", "RocketChatStandIn", "__init__", _note_as("Rocket.Chat"))
    _learn_from("sandbox.encvoy.standin", "EncvoyStandIn", "__init__", _note_as("Encvoy ID"))
    _learn_from("sandbox.encvoy.grants", "GrantStore", "keep", _held)
    _learn_from(
        "sandbox.encvoy.clients",
        "Clients",
        "create",
        lambda row, *_: current.learn(row["client_secret"], "client secret"),
    )
    _learn_from("sandbox.encvoy.people", "People", "add", lambda person, *_: current.learn(person.password, "password"))
    sys.addaudithook(_on_audit)
    return SecretsWatch()
