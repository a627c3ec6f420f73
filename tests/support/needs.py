"""What a test needs besides Python, and what happens where it is missing: a pytest plugin, registered in
`tests/conftest.py`.

    @pytest.mark.needs("node")          Node and the packages of tests/judges
    @pytest.mark.needs("chromium")      a Chromium that can be driven
    @pytest.mark.needs("promtool")      the checks of Prometheus, in Debian's package `prometheus`
    @pytest.mark.needs("pgbouncer")     Debian's PgBouncer

Without them the test is skipped, and the last line of the run says so in capitals. `SSOBOT_TEST_REQUIRE=all` turns
every skip into a failure, so that nothing is skipped unnoticed where everything is installed.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import pytest

REQUIRE = "SSOBOT_TEST_REQUIRE"
JUDGES = Path(__file__).parent.parent / "judges"
"""Where the npm packages are, and the scripts that use them."""
OLDEST_NODE = 20


@functools.cache
def _node_is_missing() -> str:
    node = shutil.which("node")
    if node is None:
        return f"Node {OLDEST_NODE} or newer is not installed"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    found = re.match(r"v(\d+)\.", version)
    if found is None or int(found[1]) < OLDEST_NODE:
        return f"Node is {version}; it takes {OLDEST_NODE} or newer"
    if not (JUDGES / "node_modules" / ".package-lock.json").exists():
        return "the npm packages are not installed; `make test` installs them"
    return ""


def _chromium_is_missing() -> str:
    from tools.browser import chromium  # it imports playwright, which takes time that most runs need not spend

    return "" if chromium() else "Chromium is not installed"


def _pgbouncer_is_missing() -> str:
    from tests.support.pgbouncer import PROGRAM

    return "" if PROGRAM else "PgBouncer is not installed"


def _promtool_is_missing() -> str:
    return "" if shutil.which("promtool") else "promtool is not installed"


MISSING: Mapping[str, Callable[[], str]] = {
    "node": _node_is_missing,
    "chromium": _chromium_is_missing,
    "pgbouncer": _pgbouncer_is_missing,
    "promtool": _promtool_is_missing,
}
"""Need to the reason why it cannot be used; empty if it can."""


class Needs:
    """The plugin. `require_all` fails what would be skipped."""

    def __init__(self, require_all: bool) -> None:
        self._require_all = require_all

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skips a test whose needs are not met."""
        for mark in item.iter_markers("needs"):
            for need in mark.args:
                if reason := MISSING[need]():
                    pytest.skip(reason)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A skip where everything is required is a failure."""
        report = yield
        if self._require_all and report.skipped and not hasattr(report, "wasxfail"):
            report.outcome = "failed"
            report.longrepr = f"{REQUIRE}=all, but it was skipped: {_reason(report)}"
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """The last line, after pytest's own."""
        yield
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and (line := last_line(reporter.stats.get("skipped", []))):
            reporter.write_line(line)


def last_line(skipped: list[pytest.TestReport]) -> str:
    """What was left out and why, in capitals; empty if nothing was."""
    if not skipped:
        return ""
    reasons = "; ".join(sorted({_reason(report) for report in skipped}))
    return f"{len(skipped)} TESTS WERE SKIPPED: {reasons}".upper()


def _reason(report: pytest.TestReport) -> str:
    skip = report.longrepr
    text = str(skip[2]) if isinstance(skip, tuple) else str(skip)
    return text.removeprefix("Skipped: ")


def install() -> Needs:
    """As the environment says."""
    return Needs(os.environ.get(REQUIRE) == "all")
