"""The text of `/metrics`: names, help and types, by the conventions of Prometheus
(https://prometheus.io/docs/practices/naming/). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.web.readings import NOTHING_KNOWN, Readings

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
NAMESPACE = "ssobot"
VERDICTS = ("ok", "failing", "unknown")
SCHEDULER_EVENTS = ("missed", "error", "max_instances")
"""What APScheduler tells of a job that did not run as it should (`bot.schedule.waker`)."""


@dataclass(frozen=True)
class Snapshot:
    """Everything that one scrape shows. No field holds a secret, a person or a room."""

    version: str
    parts: Mapping[str, bool] = field(default_factory=dict)
    """The parts of `/healthz`, and whether each works."""
    readings: Readings = NOTHING_KNOWN
    findings: Mapping[str, int] = field(default_factory=dict)
    """Results of the last full test by severity; empty: this process has made none."""
    operations: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Operations that ended, by kind and outcome."""
    scheduler_events: Mapping[str, int] = field(default_factory=dict)
    message_age: float | None = None
    """Seconds since the last message was heard; None: none was."""


def exposition(snapshot: Snapshot) -> bytes:
    """The body, in the one format that every version of Prometheus reads; its media type is `MEDIA_TYPE`."""
    registry = CollectorRegistry()
    registry.register(_Families(snapshot))
    return generate_latest(registry)


class _Families(Collector):
    """The snapshot as prometheus-client reads it. What is not known has no sample."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterable[Metric]:
        """Every metric, in the order in which a person reads them."""
        snapshot = self._snapshot
        yield _labelled("build_info", "The version that runs; always 1.", "version", {snapshot.version: 1})
        yield _labelled(
            "part_up",
            "Whether this part works, as /healthz reports it.",
            "part",
            {part: int(works) for part, works in snapshot.parts.items()},
        )
        yield from self._of_readings()
        yield _labelled(
            "findings",
            "Results of the last full test of this process, by severity.",
            "severity",
            snapshot.findings,
        )
        yield _operations(snapshot.operations)
        yield _events(snapshot.scheduler_events)
        yield _gauge("last_message_age_seconds", "Seconds since the bot last heard a message.", snapshot.message_age)

    def _of_readings(self) -> Iterator[Metric]:
        read = self._snapshot.readings
        rotated_at = None if read.rotated_at is None else read.rotated_at.timestamp()
        yield _gauge("secret_age_seconds", "Seconds since the secret in use was proved to work.", read.secret_age)
        yield _gauge(
            "last_rotation_timestamp_seconds", "Unix time at which the last successful rotation ended.", rotated_at
        )
        yield _gauge(
            "last_rotation_gap_seconds",
            "Seconds for which the last successful rotation may have refused sign-ins, at most.",
            read.gap,
        )
        yield _gauge("rotation_overdue", "1 if a rotation is overdue, else 0.", read.overdue)
        yield _gauge("schedule_suspended", "1 if the schedule of rotations is suspended, else 0.", read.suspended)
        verdict = "unknown" if read.failing is None else "failing" if read.failing else "ok"
        yield _labelled(
            "verdict",
            "1 for the verdict of the last test that the watch was told of, 0 for the other states.",
            "state",
            {state: int(state == verdict) for state in VERDICTS},
        )


def _gauge(name: str, said: str, value: float | None) -> Metric:
    family = GaugeMetricFamily(f"{NAMESPACE}_{name}", said)
    if value is not None:
        family.add_metric([], float(value))
    return family


def _labelled(name: str, said: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"{NAMESPACE}_{name}", said, labels=[label])
    for of_label, value in values.items():
        family.add_metric([of_label], value)
    return family


def _operations(counts: Mapping[tuple[str, str], int]) -> Metric:
    family = CounterMetricFamily(
        f"{NAMESPACE}_operations", "Operations that ended, by kind and outcome.", labels=["kind", "outcome"]
    )
    for labels, count in sorted(counts.items()):
        family.add_metric(labels, count)
    return family


def _events(counts: Mapping[str, int]) -> Metric:
    """All of them from the start: an alert on an increase would miss the first one of a series that only begins with
    it."""
    family = CounterMetricFamily(
        f"{NAMESPACE}_scheduler_events", "Times at which the scheduler's clock did not do its work.", labels=["event"]
    )
    for event in SCHEDULER_EVENTS:
        family.add_metric([event], counts.get(event, 0))
    return family
