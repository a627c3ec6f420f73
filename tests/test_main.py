"""The command line, as another program calls it."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from bot import __main__ as command_line
from bot.errors import UserError
from bot.values import LogLevel
from tests.support.subprocesses import ROOT
from tests.support.subprocesses import ssobot as running_ssobot
from tests.test_config import GOOD

LISTEN_NOWHERE = {"SSOBOT_LISTEN": "127.0.0.1:1"}


def plain_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """With these variables of ours and no others."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SSOBOT_")} | dict(variables)


def unmeasured(variables: Mapping[str, str]) -> dict[str, str]:
    """The same, for what is not to be slowed down by `make coverage`."""
    return {name: value for name, value in plain_environment(variables).items() if not name.startswith("COVERAGE_")}


def ssobot(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        env=plain_environment(variables),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_new_key_is_printed_and_nothing_else(tmp_path: Path) -> None:
    done = ssobot(tmp_path, "keys", "new")
    assert (done.returncode, done.stderr) == (0, "")
    Fernet(done.stdout.strip())
    assert len(done.stdout.splitlines()) == 1


def test_migrate_works_from_any_folder_and_again(tmp_path: Path) -> None:
    first, second = (ssobot(tmp_path, "migrate") for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert second.stdout == first.stdout.replace(".", " already.")
    assert (tmp_path / "ssobot.sqlite").exists()


def test_a_database_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    done = ssobot(tmp_path, "migrate", SSOBOT_DATABASE_URL="sqlite:///nowhere/x.sqlite")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "SSOBOT_DATABASE_URL names a database that cannot be used: unable to open database file.\n"


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Buy milk." * 200)
    done = ssobot(tmp_path, "migrate", SSOBOT_DATABASE_URL="sqlite:///notes.txt")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "SSOBOT_DATABASE_URL names a database that cannot be used: file is not a database.\n"
    assert (tmp_path / "notes.txt").read_text() == "Buy milk." * 200


@pytest.mark.parametrize("command", ["run", "doctor"])
def test_missing_variables_are_named_without_traceback(command: str, tmp_path: Path) -> None:
    done = ssobot(tmp_path, command)
    assert (done.returncode, done.stdout) == (2, "")
    assert "SSOBOT_ROCKETCHAT_URL is missing." in done.stderr.splitlines()
    assert all(line.endswith(" is missing.") for line in done.stderr.splitlines())


def test_a_misspelt_variable_is_pointed_out(tmp_path: Path) -> None:
    done = ssobot(tmp_path, "run", SSOBOT_ADMIN_ROM="x")
    assert done.stderr.splitlines()[0] == (
        "Warning: SSOBOT_ADMIN_ROM is not a variable of ssobot; the closest one is SSOBOT_ADMIN_ROOM."
    )


@pytest.mark.parametrize("words", [["bogus"], ["sandbox", "rocketchat", "--port", "x"], ["sandbox", "bogus"]])
def test_a_wrong_command_line_ends_with_2(words: list[str], tmp_path: Path) -> None:
    done = ssobot(tmp_path, *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_help_names_every_command(tmp_path: Path) -> None:
    done = ssobot(tmp_path, "--help")
    assert done.returncode == 0
    for command in ("run", "demo", "sandbox", "doctor", "migrate", "keys"):
        assert f"  {command} " in done.stdout


def commands(group: click.Group, *words: str) -> Iterator[tuple[str, ...]]:
    """The words of every command there is."""
    yield words
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *words, name)
        else:
            yield (*words, name)


@pytest.mark.parametrize("words", list(commands(command_line.cli)), ids=" ".join)
def test_each_command_explains_itself_when_asked_shortly(words: tuple[str, ...]) -> None:
    short, long = (CliRunner().invoke(command_line.cli, [*words, option]) for option in ("-h", "--help"))
    assert (short.exit_code, short.output) == (0, long.output)
    assert short.output.startswith(f"Usage: cli {' '.join(words)}".rstrip())


def test_its_version_is_the_one_it_was_made_as(tmp_path: Path) -> None:
    made = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    done = ssobot(tmp_path, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"ssobot {made}\n", "")


def test_where_it_is_not_installed_it_says_that_its_version_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", absent)
    with pytest.raises(UserError, match=re.escape(command_line.NO_VERSION)):
        command_line.cli.main(["--version"], standalone_mode=False)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_be_taught_to_complete_its_commands(shell: str, tmp_path: Path) -> None:
    taught = ssobot(tmp_path, _SSOBOT_COMPLETE=f"{shell}_source")
    assert taught.returncode == 0
    assert f"_SSOBOT_COMPLETE={shell}_complete" in taught.stdout
    assert f"_SSOBOT_COMPLETE={shell}_source ssobot" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_command_is_completed(tmp_path: Path) -> None:
    done = ssobot(tmp_path, _SSOBOT_COMPLETE="bash_complete", COMP_WORDS="ssobot sandbox en", COMP_CWORD="2")
    assert done.stdout.splitlines() == ["plain,encvoy"]


def test_a_level_of_the_log_that_there_is_not_ends_with_2(tmp_path: Path) -> None:
    done = ssobot(tmp_path, "run", SSOBOT_LOG_LEVEL="loud")
    assert (done.returncode, done.stdout) == (2, "")
    assert "SSOBOT_LOG_LEVEL must be debug, info, warning or error." in done.stderr.splitlines()


@pytest.mark.parametrize("level", [LogLevel.DEBUG, LogLevel.INFO, LogLevel.WARNING])
async def test_the_bot_logs_from_the_level_on_that_was_chosen(level: LogLevel, tmp_path: Path) -> None:
    """It waits for a Rocket.Chat that is not there, which is a warning; that it started is none."""
    nowhere = {"SSOBOT_ROCKETCHAT_URL": "http://127.0.0.1:9", "SSOBOT_LISTEN": "127.0.0.1:0"}
    async with running_ssobot(tmp_path, "run", env={**GOOD, **nowhere, "SSOBOT_LOG_LEVEL": level}) as program:
        text = await program.said('"waiting"')
        said = {json.loads(line)["level"] for line in text.splitlines()}
    assert said == {name.value for name in LogLevel if name.number >= level.number} - {"error"}


QUICK = (["health"], ["keys", "new"], ["--help"])
CPU_SECONDS = 0.4
"""What starting one of them may cost: a container engine asks `health` every half minute."""


@pytest.mark.parametrize("words", QUICK, ids=" ".join)
def test_what_is_asked_often_starts_in_a_moment(words: list[str], tmp_path: Path) -> None:
    assert min(cpu_seconds(tmp_path, *words) for _ in range(3)) < CPU_SECONDS


def cpu_seconds(folder: Path, *words: str) -> float:
    """What the process and the system worked for it."""
    with (folder / "out").open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", *words], cwd=folder, env=unmeasured(LISTEN_NOWHERE), stdout=out
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("words", QUICK, ids=" ".join)
def test_what_is_asked_often_imports_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", *words],
        cwd=tmp_path, env=unmeasured(LISTEN_NOWHERE), capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert {"click", "logging"} <= imported
    assert not imported & {
        "aiohttp", "alembic", "asyncio", "pydantic", "pydantic_settings", "requests", "rocketchat_API", "sqlalchemy",
        "stamina", "structlog",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "status", "out", "error"),
    [
        (LISTEN_NOWHERE, 1, "No response from 127.0.0.1:1: Connection refused\n", ""),
        ({"SSOBOT_LISTEN": "8080"}, 2, "", "SSOBOT_LISTEN must be host:port, such as 127.0.0.1:8080.\n"),
        (
            {"SSOBOT_LISTEN": "127.0.0.1:1", "SSOBOT_LISTEN_FILE": "x"}, 2, "",
            "SSOBOT_LISTEN and SSOBOT_LISTEN_FILE are both given; keep one of them.\n",
        ),
        (
            {"SSOBOT_LISTEN_FILE": "nowhere"}, 2, "",
            "SSOBOT_LISTEN cannot be read from the file that SSOBOT_LISTEN_FILE names: no such file or directory.\n",
        ),
    ],
)  # fmt: skip
def test_health_reads_where_to_ask(
    variables: dict[str, str], status: int, out: str, error: str, tmp_path: Path
) -> None:
    done = ssobot(tmp_path, "health", **variables)
    assert (done.returncode, done.stdout, done.stderr) == (status, out, error)


def test_health_reads_dotenv_and_what_is_wrong_in_it_is_a_line_of_the_log(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SSOBOT_LISTEN=127.0.0.1:1\nnot a line of it!\n")
    done = ssobot(tmp_path, "health")
    assert (done.returncode, done.stdout) == (1, "No response from 127.0.0.1:1: Connection refused\n")
    event = json.loads(done.stderr)
    assert (event["logger"], event["level"]) == ("dotenv.main", "warning")


def test_health_of_a_dotenv_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SSOBOT_KEYS=\xff\xfe")
    done = ssobot(tmp_path, "health")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", ".env cannot be read: it is not UTF-8 text.\n")


def test_other_user_errors_end_with_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(**_: object) -> int:
        raise UserError("It is not there.", fix="Look elsewhere.")

    monkeypatch.setattr(command_line.cli, "main", refuse)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with pytest.raises(SystemExit) as caught:
        command_line.main()
    assert caught.value.code == 1
    assert capsys.readouterr().err == "It is not there. Look elsewhere.\n"


def test_anything_else_is_an_internal_error_with_an_id_that_finds_the_log_line(tmp_path: Path) -> None:
    plant = "from bot import __main__ as m\ndef boom(**_): raise RuntimeError('planted')\nm.cli.main = boom\nm.main()"
    done = subprocess.run(
        [sys.executable, "-c", plant], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
    )
    logged, shown = done.stderr.splitlines()
    event = json.loads(logged)
    assert done.returncode == 1
    assert shown == f"internal error {event['error_id']}: the log line with this id has the details."
    assert "RuntimeError: planted" in event["exception"]


@pytest.mark.parametrize("missing", sorted(command_line.SANDBOX))
def test_without_the_extra_the_stand_ins_are_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> None:
        raise ModuleNotFoundError(name=f"{missing}.inner")

    monkeypatch.setattr("importlib.import_module", absent)
    with pytest.raises(UserError, match=re.escape(command_line.NO_SANDBOX)):
        command_line._start_sandbox("sandbox.demo:main")


def test_another_module_that_is_missing_is_a_fault() -> None:
    with pytest.raises(ModuleNotFoundError):
        command_line._start_sandbox("bot.nowhere:main")
