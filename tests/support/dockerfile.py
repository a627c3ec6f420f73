"""Reads `Dockerfile` and `.dockerignore`, and runs the build stage without a container engine.

The paths of the image that the build uses lie under a root folder instead; nothing else is different, so that what is
tested is what the Dockerfile says.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

PROJECT = Path(__file__).parent.parent.parent
IN_IMAGE = re.compile(r"(?<![\w./])/(?=(?:src|wheels|opt)\b)")
BUILT_WITHIN = 300.0
"""Seconds for the whole build, on a busy machine."""
CUSTOM_PIP = ("PIP_NO_CACHE_DIR",)
"""Build settings that do not affect the result, so this machine's cache may be used."""


@dataclass(frozen=True)
class Instruction:
    """One line of a Dockerfile, continuations joined."""

    name: str
    value: str
    stage: int
    """0 before the first FROM, then counted from 1."""

    @property
    def words(self) -> list[str]:
        """The value as a list: of JSON in exec form, of words otherwise."""
        if self.value.startswith("["):
            return [str(word) for word in json.loads(self.value)]
        return self.value.split()

    @property
    def pairs(self) -> dict[str, str]:
        """NAME=value, as ENV, ARG and LABEL have them."""
        return {name: text.strip('"') for name, text in re.findall(r'([\w.]+)=("[^"]*"|\S+)', self.value)}


@dataclass(frozen=True)
class Dockerfile:
    """All instructions, in order."""

    instructions: tuple[Instruction, ...]

    @property
    def last_stage(self) -> int:
        """The stage that becomes the image."""
        return max(instruction.stage for instruction in self.instructions)

    def all(self, name: str, stage: int | None = None) -> list[Instruction]:
        """The instructions of that name, of one stage if it is given."""
        return [i for i in self.instructions if i.name == name and stage in (None, i.stage)]

    def the(self, name: str) -> Instruction:
        """The only one of that name in the image itself."""
        [found] = self.all(name, self.last_stage)
        return found

    def copied(self) -> list[str]:
        """What is copied out of the project."""
        words = [i.words for i in self.all("COPY") if "--from" not in i.value]
        return [source for *sources, _ in words for source in sources]


def read(path: Path = PROJECT / "Dockerfile") -> Dockerfile:
    """Parses one."""
    text = re.sub(r"\\\n", " ", path.read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found: list[Instruction] = []
    stage = 0
    for line in lines:
        name, _, value = line.partition(" ")
        stage += name == "FROM"
        found.append(Instruction(name, " ".join(value.split()), stage))
    return Dockerfile(tuple(found))


@dataclass(frozen=True)
class Context:
    """What of the project is sent to the build."""

    patterns: tuple[str, ...]

    @classmethod
    def of(cls, project: Path = PROJECT) -> Context:
        """As `.dockerignore` says."""
        lines = (project / ".dockerignore").read_text().splitlines()
        return cls(tuple(line.strip() for line in lines if line.strip() and not line.startswith("#")))

    def has(self, path: str) -> bool:
        """Whether a file gets in. The last pattern that fits it, or a folder above it, decides."""
        pure = PurePosixPath(path)
        above = [str(folder) for folder in (pure, *pure.parents) if str(folder) != "."]
        included = True
        for pattern in self.patterns:
            wanted = pattern.startswith("!")
            if any(_fits(part, pattern.removeprefix("!")) for part in above):
                included = wanted
        return included

    def files(self, source: Path) -> Iterable[Path]:
        """The files at or under a path of the project that get in."""
        found = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
        return [path for path in found if self.has(path.relative_to(PROJECT).as_posix())]


def _fits(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatchcase(PurePosixPath(path).name, pattern.removeprefix("**/"))
    return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)


def build(root: Path, dockerfile: Dockerfile) -> None:
    """Carries out the first stage under `root`, in an environment that has nothing but pip, like its base image."""
    start = root / "start"
    subprocess.run([sys.executable, "-m", "venv", start], check=True, timeout=BUILT_WITHIN)
    env = {name: text for name, text in os.environ.items() if not name.startswith(("SSOBOT_", "PYTHON", "VIRTUAL_ENV"))}
    env["PATH"] = f"{start / 'bin'}:{env['PATH']}"
    context = Context.of()
    folder = root
    for instruction in dockerfile.instructions:
        if instruction.stage != 1:
            continue
        match instruction.name:
            case "ENV":
                env |= {name: text for name, text in instruction.pairs.items() if name not in CUSTOM_PIP}
            case "WORKDIR":
                folder = Path(under(root, instruction.value))
                folder.mkdir(parents=True)
            case "COPY":
                _copy(instruction.words, folder, context)
            case "RUN":
                _run(under(root, instruction.value), folder, env)


def under(root: Path, text: str) -> str:
    """A text in which the paths of the image lie under `root`."""
    return IN_IMAGE.sub(f"{root}/", text)


def _copy(words: list[str], folder: Path, context: Context) -> None:
    *sources, target = words
    for source in sources:
        for path in context.files(PROJECT / source):
            inside = path.relative_to(PROJECT / source) if (PROJECT / source).is_dir() else Path(path.name)
            goal = folder / target / inside
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, goal)


def _run(command: str, folder: Path, env: Mapping[str, str]) -> None:
    done = subprocess.run(
        command, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=BUILT_WITHIN
    )
    if done.returncode:
        raise RuntimeError(f"RUN {command}\n{done.stdout}\n{done.stderr}")
