"""Makes a text the same whichever run it is of, without a figure that no run measured."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count

from bot.http import TOTAL_SECONDS

CLIENT_ID = "cvkMymB3jni2ZW8EKfrhHg"
"""In place of the id that Encvoy ID gives an application."""
FIRST_PORT = 3000
QUICK = 1.0
"""Seconds up to which a step reads as one that took no time to speak of."""
SETTLED = (2.5, 2.7)
"""Seconds from which and up to which a step is one that waited for Rocket.Chat, and reads as the first of them
(facts/rocketchat.md §2.5); what comes on top is this machine's."""

_PORT = re.compile(r"(?P<host>127\.\u200b?0\.\u200b?0\.\u200b?1|localhost):(?!8080\b)(?P<port>\d+)")
"""With the zero-width spaces, too, that keep Rocket.Chat's words from being a link."""
_CLIENT_ID = re.compile(r"(?<=`)[A-Za-z0-9]{22}(?=`)|\b(?=[A-Za-z]*[0-9])(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{22}\b")
_FINGERPRINT = re.compile(
    r"(?:(?<=secret )|(?<=fingerprint )|(?<=previous secret \()|(?<=again \()|(?<=[0-9a-f]{4} → ))[0-9a-f]{4}\b"
)
_OPERATION_ID = re.compile(r"\b[0-9a-f]{12}\b")
_WHEN = re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d UTC \((?:just now|\d+ \w+ ago)\)")
_AT = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2} 20\d\d(?P<time> \d\d:\d\d)?")
_MINUTE = re.compile(r"\b\d{1,2} [A-Z][a-z]{2} \d\d:\d\d UTC")
_LASTED = re.compile(r"(?<=works again after )[^.]+(?=\.)|(?<= times in )[^.]+(?=\.)")
_ERROR_ID = re.compile(r"(?<=internal error )[0-9a-f]{8}\b")
_TOOK = re.compile(r"   (\d+\.\d) s$", re.MULTILINE)
_GAP = re.compile(r"\d+(?= ms at most)")
_PATIENCE = re.compile(r"(?<=longer than )[\d.]+(?= seconds)")
_DAY = re.compile(r"(?<=the last on )20\d\d-\d\d-\d\d\b")
_ENDED = re.compile(r"(?<=\bEnded after )[\d.]+(?= s\.$)", re.MULTILINE)
_WHOLE = re.compile(r"(?<=answer\. )\d+(?= s\.)")
_OPEN_ROUTE = re.compile(r"(?<=GET /api/v1/)(`?)(?:settings\.oauth|service\.configurations)\1(?= \(502\))")
"""Two routes show the same, and are asked in turn (bot/rocketchat/open_routes.py): which one, depends on the run."""
_SEEN_BY = re.compile(r"(?<=Seen to be active: )(Rocket\.Chat published it|found by asking Rocket\.Chat)")
"""Whichever is faster."""
_RETRY_IN = re.compile(r'(?<="retry_in": )[\d.]+')
_LOGGED_AT = re.compile(r'(?<="timestamp": ")[^"]+')
MEASURED = "N"
"""In place of a figure that is another one in each run."""


class Implausible(Exception):
    """A step took neither no time to speak of nor as long as Rocket.Chat does."""


def even(text: str) -> str:
    """Ports, ids and fingerprints by the order in which they come; of a step's time what every run has in common, of
    the other times that there was one. Implausible for a step of which that cannot be said."""
    ports, fingerprints, operations = count(FIRST_PORT), count(0x9C1F, 0x1B37), count(0x5F0C2A9D1E00, 0x1B37)
    text = _by_order(_PORT, text, lambda: str(next(ports)))
    text = _by_order(_FINGERPRINT, text, lambda: f"{next(fingerprints) & 0xFFFF:04x}")
    text = _by_order(_OPERATION_ID, text, lambda: f"{next(operations):012x}")
    text = _WHEN.sub(f"2026-11-24 09:30 UTC ({MEASURED} minutes ago)", text)
    text = _AT.sub(lambda found: f"Tue 24 Nov 2026{' 09:30' if found['time'] else ''}", text)
    text = _MINUTE.sub("24 Nov 09:30 UTC", text)
    text = _LASTED.sub(f"{MEASURED} min", text)
    text = _CLIENT_ID.sub(CLIENT_ID, text)
    text = _ERROR_ID.sub("1f2e3d4c", text)
    text = _TOOK.sub(_took, text)
    text = _GAP.sub(MEASURED, text)
    text = _DAY.sub("2026-11-24", text)
    text = _PATIENCE.sub(f"{TOTAL_SECONDS:g}", text)
    text = _WHOLE.sub(MEASURED, text)
    text = _OPEN_ROUTE.sub(r"\1service.configurations\1", text)
    text = _SEEN_BY.sub("Rocket.Chat published it", text)
    text = _RETRY_IN.sub(MEASURED, text)
    text = _LOGGED_AT.sub("2026-11-24T09:30:00.000000Z", text)
    text = _ENDED.sub(MEASURED, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def untimed(text: str) -> str:
    """Without what any step took: where systems are hurried or held up, it says nothing of real ones."""
    return _TOOK.sub("", text)


def _took(match: re.Match[str]) -> str:
    seconds, (least, most) = float(match[1]), SETTLED
    if seconds <= QUICK:
        return ""
    if not least <= seconds <= most:
        line = match.string[: match.end()].splitlines()[-1].strip()
        raise Implausible(f"A step is quick, or takes {least} to {most} s: {line}")
    return f"   {least} s"


def _by_order(pattern: re.Pattern[str], text: str, fresh: Callable[[], str]) -> str:
    """What is found gets another name, the same for the same; of an address the port does, on whichever spelling of the
    host."""
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        found = match.groupdict()
        key = found.get("port", match[0])
        if key not in names:
            names[key] = fresh()
        host = found.get("host", "").replace("\u200b", "")
        return f"{host}:{names[key]}" if host else names[key]

    return pattern.sub(name, text)
