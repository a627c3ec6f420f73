"""What is kept of a play: the bot's database, and beside it what the two systems and the admin room held."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
KEY = base64.urlsafe_b64encode(b"no secret: encrypts test secrets").decode()
"""`SSOBOT_KEYS` of all of them."""
SUFFIX = {"sqlite": "sqlite3", "postgresql": "sql"}
"""Of a database: a file as it is, or a dump in SQL."""


@dataclass(frozen=True)
class Service:
    """A Custom OAuth service, as Rocket.Chat stored it."""

    name: str
    """As typed."""
    key: str
    """As in the ids of the settings."""
    enabled: bool
    settings: Mapping[str, Any]
    """All by suffix, the secret excepted."""
    secret: str | None
    """The column of `connections` that holds the same secret; None: none of them."""


@dataclass(frozen=True)
class Application:
    """A client at Encvoy ID."""

    columns: Mapping[str, Any]
    """Those that differ from a new one, `client_id` among them."""
    rules: tuple[str, ...]
    """Names of the fields that it asks for."""
    secret: str | None
    """As of `Service`."""


@dataclass(frozen=True)
class Said:
    """A message of the admin room."""

    id: str
    by: str
    """Role: admin or bot."""
    thread: str | None
    text: str


@dataclass(frozen=True)
class Kept:
    """Everything but the database itself. No secret stands here."""

    rocketchat: str
    """The address, as of all addresses here and in the database."""
    encvoy: str
    room_id: str
    user_id: str
    """Of the administrator."""
    message_id: str | None
    """The command whose answer was not given."""
    service: Service
    application: Application
    said: tuple[Said, ...]

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"


@dataclass(frozen=True)
class Database:
    """One database of one scene."""

    revision: str
    """The schema that it was written with."""
    kind: str
    scene: str

    @property
    def file(self) -> Path:
        """Where it lies."""
        return FOLDER / self.revision / f"{self.scene}.{SUFFIX[self.kind]}"

    @property
    def kept(self) -> Kept:
        """What lies beside it."""
        read = json.loads(self.file.with_suffix(f".{self.kind}.json").read_text())
        application = read["application"] | {"rules": tuple(read["application"]["rules"])}
        return Kept(
            **read
            | {
                "service": Service(**read["service"]),
                "application": Application(**application),
                "said": tuple(Said(**said) for said in read["said"]),
            }
        )


def tried(found: Iterable[Database]) -> list[Any]:
    """As values of a parameter. Those of a schema that was never released run with the slow tests: people have the
    oldest, and the newest shows what a migration to come may break."""
    every = list(found)
    ends = {every[0].revision, every[-1].revision}
    return [one if one.revision in ends else pytest.param(one, marks=pytest.mark.slow) for one in every]


def databases() -> tuple[Database, ...]:
    """All that there are."""
    return tuple(
        Database(folder.name, kind, path.stem)
        for folder in sorted(FOLDER.glob("[0-9]*"))
        for kind, suffix in SUFFIX.items()
        for path in sorted(folder.glob(f"*.{suffix}"))
    )
