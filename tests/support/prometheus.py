"""What Prometheus itself makes of an exposition."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
"""Name and labels, sorted, to value."""


def samples(body: bytes) -> Samples:
    """Every sample; a repeated one is an error."""
    found: Samples = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, f"{key} twice"
            found[key] = sample.value
    return found


def of(found: Samples, name: str) -> Mapping[str, float] | float | None:
    """The value of a metric without labels; those of one with labels, by the values of these; None: no sample."""
    named = {" ".join(value for _, value in labels): number for (one, labels), number in found.items() if one == name}
    if not named:
        return None
    return named.get("", named)


def promtool(*words: str | Path, given: bytes = b"") -> str:
    """What it complains about; empty: nothing."""
    done = subprocess.run(["promtool", *words], input=given, capture_output=True, timeout=60, check=False)
    return (done.stdout + done.stderr).decode() if done.returncode else ""
