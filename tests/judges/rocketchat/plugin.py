"""Has the vendor's schemas judge what Rocket.Chat's stand-ins were asked and answered in this run: a pytest plugin,
registered in `tests/conftest.py`.

Each process writes its record into a folder of the run, test by test; when all are done, one Node process judges all
of it. The run says how many requests of each route were judged, and fails where something was refused. Where the
whole suite ran it also fails for a route that the bot uses and that was never exercised, and for a list of uncovered
routes that says something else than the run.

What records is imported with the first stand-in, and what judges when there is something to judge: most runs of a few
tests have neither.
"""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from tests.judges.rocketchat import program
from tests.support import needs, secrets_watch
from tests.support.late import when_imported

if TYPE_CHECKING:
    from tests.judges.rocketchat import recording
    from tests.judges.rocketchat.verdict import Verdict

FOLDER = "rocketchat_record"
RECORDING = "tests.judges.rocketchat.recording"
STAND_IN = "sandbox.rocketchat.standin"
TITLE = "Rocket.Chat's schemas judge requests and answers"


@dataclass(eq=False)
class Judging:
    """The plugin: in a worker it records, in the process that was started it also judges."""

    folder: Path
    is_worker: bool
    exchanges: list[recording.Exchange] = field(default_factory=list)
    """Of the test that is running."""
    verdict: Verdict | None = None
    refused: list[str] = field(default_factory=list)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """After the last fixture is gone: the record, masked with every secret that the test made."""
        report = yield
        if report.when == "teardown" and (told := self._told(item)):
            secrets_watch.heard("the record for the judges", told)
            with (self.folder / f"{os.getpid()}.jsonl").open("a") as file:
                file.write(told)
        return report

    def _told(self, item: pytest.Item) -> str:
        """What was exchanged during the test, here and in programs that it started."""
        told = ""
        if self.exchanges:
            from tests.judges.rocketchat import recording

            secrets_watch.harvest(secrets_watch.current)
            told = recording.lines(self.exchanges, secrets_watch.current.secrets, item.nodeid)
            self.exchanges.clear()
        folder = getattr(item, "funcargs", {}).get("tmp_path")
        return told + (program.records_in(folder) if folder else "")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """A worker of a parallel run writes into the same folder."""
        node.workerinput[FOLDER] = str(self.folder)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """All tests are done, those of other workers too."""
        if self.is_worker:
            return
        if any(self.folder.glob("*.jsonl")):
            from tests.judges.rocketchat import routes
            from tests.judges.rocketchat.verdict import judge

            with judge() as found:
                self.verdict = found.judge(self.folder)
            self.refused += self.verdict.refusals
            if is_whole(session):
                self.refused += self.verdict.faults_of_routes(routes.used_routes(), routes.uncovered_routes())
        if self.refused and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table, and what was refused."""
        if self.verdict is None:
            return
        terminalreporter.section(TITLE)
        for row in self.verdict.table():
            terminalreporter.write_line(row)
        for refusal in self.refused:
            terminalreporter.write_line(f"REFUSED: {refusal}", red=True)
        if self.refused:
            terminalreporter.write_line(f"THE RUN FAILS: {len(self.refused)} REFUSED BY THE JUDGES", red=True)

    def pytest_unconfigure(self) -> None:
        """The record has done its work."""
        if not self.is_worker:
            shutil.rmtree(self.folder)


def is_whole(session: pytest.Session) -> bool:
    """Whether everything ran that `make test` runs: no path, no selection, no early end."""
    option = session.config.option
    chosen = (option.keyword, option.deselect, option.ignore, option.ignore_glob, option.maxfail)
    again = (getattr(option, name, False) for name in ("lf", "stepwise"))  # they need pytest's cache
    return (
        session.config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and not any(chosen)
        and not any(again)
        and option.markexpr in {"", "not slow"}
        and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
        and not session.shouldstop
        and not session.shouldfail
    )


def install(config: pytest.Config) -> Judging:
    """Begins to record as soon as there is a stand-in; never where there is no Node to judge."""
    told = getattr(config, "workerinput", None)
    folder = Path(told[FOLDER] if told else tempfile.mkdtemp(prefix="ssobot-judges-"))
    judging = Judging(folder, is_worker=told is not None)

    def begin(recording: ModuleType) -> None:
        if not needs.MISSING["node"]():
            recording.install(judging.exchanges.append)

    def fetch(_: ModuleType) -> None:
        importlib.import_module(RECORDING)

    when_imported(RECORDING, begin)
    when_imported(STAND_IN, fetch)
    return judging
