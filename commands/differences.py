"""The lines for what differs: on which side, from which value to which. Secrets are shown as fingerprints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from bot.connection.differences import APPLICATION, BUTTON, RULES_ASKED, SERVICE, SWITCH, Difference, Value
from bot.secret import Fingerprints, Secret
from bot.text import code

_SENTENCES = {
    SERVICE: "the service {desired} is not there",
    APPLICATION: "the application {desired} is not there",
    SWITCH: "the service is switched {there} → {desired}",
    BUTTON: "the button on the login page: {there} → {desired}",
    RULES_ASKED: "asks people for {there} → {desired}",
    "secret": "client secret: {there} → {desired}",
}


def difference_lines(found: Sequence[Difference], fingerprints: Fingerprints) -> tuple[str, ...]:
    """One line for each."""
    return tuple(f"• {one.side}: {_line(one, fingerprints)}" for one in found)


def _line(one: Difference, fingerprints: Fingerprints) -> str:
    there, desired = _shown(one.there, fingerprints), _shown(one.desired, fingerprints)
    sentence = _SENTENCES.get(one.what, f"{code(one.what)}: {{there}} → {{desired}}")
    return sentence.format(there=there, desired=desired)


def _shown(value: Value, fingerprints: Fingerprints) -> str:
    match value:
        case None:
            return "no value"
        case Secret():
            return f"fingerprint {fingerprints.of(value)}" if value else "none"
        case bool():
            return "on" if value else "off"
        case tuple():
            return ", ".join(map(code, value)) if value else "nothing"
        case str():
            return code(value) if value else "empty"
        case int() | float():
            return f"{value:g}"
        case never:
            assert_never(never)
