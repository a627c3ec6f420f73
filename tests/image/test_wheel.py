"""What the build stage makes: the wheel, and the environment that it is installed into."""

from __future__ import annotations

import re
import subprocess
import zipfile
from importlib.metadata import distributions

import pytest

from tests.support.dockerfile import BUILT_WITHIN, PROJECT, Context
from tests.support.image import Image, as_nobody

pytestmark = pytest.mark.timeout(BUILT_WITHIN)

PACKAGES = ("bot", "commands", "migrations")


def wheel_of(image: Image) -> zipfile.ZipFile:
    [path] = (image.root / "wheels").glob("ssobot-*.whl")
    return zipfile.ZipFile(path)


def names(image: Image) -> dict[str, str]:
    """What is installed, by name, with its version."""
    [packages] = image.installed.glob("lib/python*/site-packages")
    return {found.name.lower().replace("_", "-"): found.version for found in distributions(path=[str(packages)])}


def test_the_wheel_holds_every_file_of_the_packages(image: Image) -> None:
    context = Context.of()
    kept = {path.relative_to(PROJECT).as_posix() for name in PACKAGES for path in context.files(PROJECT / name)}
    with wheel_of(image) as wheel:
        held = {name for name in wheel.namelist() if not name.startswith("ssobot-")}
    assert held == kept
    assert any(re.fullmatch(r"migrations/versions/v\d+_\w+\.py", name) for name in held)


def test_the_wheel_says_that_it_is_typed_and_under_which_licence(image: Image) -> None:
    with wheel_of(image) as wheel:
        held = wheel.namelist()
        [licence] = [name for name in held if name.endswith(".dist-info/licenses/LICENSE")]
        assert wheel.read(licence) == (PROJECT / "LICENSE").read_bytes()
    assert {f"{name}/py.typed" for name in PACKAGES} <= set(held)


def test_what_is_installed_is_locked_in_these_versions(image: Image) -> None:
    locked = dict(re.findall(r"^([\w-]+)==(\S+)", (PROJECT / "requirements.lock").read_text(), re.MULTILINE))
    installed = names(image)
    assert installed.pop("ssobot")
    assert installed.items() <= locked.items()


def test_nothing_that_builds_or_installs_is_left(image: Image) -> None:
    assert names(image).keys().isdisjoint({"pip", "hatchling", "editables", "setuptools", "wheel"})
    assert not list(image.installed.glob("bin/pip*"))


def test_nobody_may_change_it(image: Image) -> None:
    [program] = image.installed.glob("bin/ssobot")
    done = subprocess.run([*as_nobody(), "sh", "-c", f"echo >> {program}"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "denied" in done.stderr
