"""Where Encvoy ID, as the facts have it, does not do what the library does. The list may only shrink.

The facts win: the stand-in does as they say. Where they are silent it does as the library.
"""

from __future__ import annotations

from dataclasses import dataclass

REDIRECTED_INSTEAD = frozenset({"status", "body", "Location", "Set-Cookie"})


@dataclass(frozen=True)
class Difference:
    """One thing that is different, in however many probes it shows."""

    why: str
    """What the facts say, and where."""
    facets: frozenset[str]
    """The facets of the answer that differ."""
    statuses: dict[str, int]
    """The probes in which it shows, and the status that the stand-in has there."""


DIFFERENCES = (
    Difference(
        "facts/encvoy-id.md §9, end: a wrong method on /oidc/request gives 405; the library knows no such route",
        frozenset({"status", "Content-Type", "Allow", "body"}),
        {f"{method} PAR": 405 for method in ("GET", "PUT", "DELETE", "PATCH")},
    ),
    Difference(
        "facts/encvoy-id.md §7, end: the port matters; the library lets a native client on loopback choose it",
        frozenset({"status", "body"}),
        {"PAR, another port of a native client": 400},
    ),
    Difference(
        "facts/encvoy-id.md §7, end: the same at the authorization endpoint",
        REDIRECTED_INSTEAD,
        {"authorization, another port of a native client": 400},
    ),
    Difference(
        "facts/encvoy-id.md §2: the library is patched to take any custom scheme from a native client",
        frozenset({"status", "body"}),
        {"broken record, a short scheme in a native client: PAR": 201},
    ),
    Difference(
        "facts/encvoy-id.md §2: the same, and the answer then is about the request and no more about the record",
        frozenset({"body"}),
        {
            "broken record, a short scheme in a native client: token": 400,
            "broken record, a short scheme in a native client: authorization, prompt=none": 400,
        },
    ),
    Difference(
        "facts/encvoy-id.md §2: the same at the authorization endpoint",
        REDIRECTED_INSTEAD,
        {"broken record, a short scheme in a native client: authorization": 303},
    ),
)


def listed(probe: str) -> Difference | None:
    """What is listed for a probe."""
    found = [difference for difference in DIFFERENCES if probe in difference.statuses]
    assert len(found) < 2, probe
    return found[0] if found else None
