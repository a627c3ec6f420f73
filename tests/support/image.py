"""The image without a container engine: what its build stage makes, run by the user `nobody`, from a read-only folder.

It is built once for a run of the suite, in a folder of its own that every user may enter.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support import dockerfile
from tests.support.dockerfile import Dockerfile
from tests.support.subprocesses import Program, running

NOBODY = 10001
DONE_WITHIN = 120.0


@dataclass(frozen=True)
class Done:
    """A program that has ended."""

    status: int
    printed: str


@dataclass(frozen=True)
class Image:
    """What was built, and a folder in which it may write."""

    root: Path
    data: Path
    dockerfile: Dockerfile

    @property
    def installed(self) -> Path:
        """Where /opt/ssobot of the image is."""
        return self.root / "opt" / "ssobot"

    @property
    def env(self) -> dict[str, str]:
        """The environment of the container, and no other variable: there is no HOME."""
        given: dict[str, str] = {}
        for instruction in self.dockerfile.all("ENV", self.dockerfile.last_stage):
            given |= instruction.pairs
        given = {name: dockerfile.under(self.root, text) for name, text in given.items()}
        given["PATH"] = given["PATH"].replace("$PATH", os.defpath)
        database = f"sqlite:///{self.data / 'ssobot.sqlite'}"
        return given | {"SSOBOT_LISTEN": "127.0.0.1:0", "SSOBOT_DATABASE_URL": database}

    async def run(self, *words: str, **variables: str) -> Done:
        """`docker run image <words>`, as nobody and from `/`."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *as_nobody(), self.installed / "bin" / "ssobot", *words,
            cwd="/", env=self.env | variables, stdout=pipe, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        async with asyncio.timeout(DONE_WITHIN):
            printed, _ = await process.communicate()
        assert process.returncode is not None
        return Done(process.returncode, printed.decode())

    @contextlib.asynccontextmanager
    async def start(self, log: Path, *words: str, **variables: str) -> AsyncIterator[Program]:
        """The same, while the block runs."""
        command = (*as_nobody(), str(self.installed / "bin" / "ssobot"), *words)
        async with running(command, log, cwd=Path("/"), env=self.env | variables) as program:
            yield program


def as_nobody() -> tuple[str, ...]:
    """The words before a command by which it runs as nobody; none where the suite itself is an ordinary user's.

    An interpreter in root's own home can be read by root alone, other than that of an image: then nobody may read
    everything, and still write nothing.
    """
    if os.geteuid() != 0:
        return ()
    hidden = not all(folder.stat().st_mode & stat.S_IXOTH for folder in Path(sys.executable).resolve().parents)
    capabilities = "-all,+dac_read_search" if hidden else "-all"
    who = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs")
    return ("setpriv", *who, f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}")


@contextlib.contextmanager
def built() -> Iterator[Path]:
    """The root folder of the build, shared by all workers of this run; the last one removes it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
    root = Path(tempfile.gettempdir()) / f"ssobot-image-{run}"
    with _locked(root):
        if not (root / "users").exists():
            root.mkdir(mode=0o755, exist_ok=True)
            dockerfile.build(root, dockerfile.read())
            _forbid_writing(root / "opt")
        _count(root, 1)
    try:
        yield root
    finally:
        with _locked(root):
            if _count(root, -1) == 0:
                subprocess.run(["chmod", "-R", "u+w", root], check=True)
                shutil.rmtree(root)
                root.with_suffix(".lock").unlink()


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _count(root: Path, change: int) -> int:
    users = root / "users"
    count = (int(users.read_text()) if users.exists() else 0) + change
    users.write_text(str(count))
    return count


def _forbid_writing(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)


def writable(parent: Path) -> Path:
    """A new folder that belongs to nobody, as /data does."""
    folder = Path(tempfile.mkdtemp(dir=parent))
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    return folder
