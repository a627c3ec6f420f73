"""The verdict on a record: what the judge in Node says, and what follows from it for the routes that the bot uses."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.judges.rocketchat.node import OrderFailed, bundled


@dataclass(frozen=True)
class Verdict:
    """What came of judging one record."""

    requests: Mapping[str, Mapping[str, int]]
    """By route: how many requests the bot `sent`, and how many of them were `judged`."""
    documents: Mapping[str, int]
    """By kind: how many documents of the answers were judged."""
    refusals: tuple[str, ...]
    covered: frozenset[str]
    """The routes for which the vendor has a schema that we use."""
    validators: tuple[str, ...]
    """Everything that the vendor exports for requests."""

    def table(self) -> list[str]:
        """Routes × requests judged, for people."""
        width = max(map(len, self.requests), default=0)
        rows = [f"{route:<{width}}  {self._told(count)}" for route, count in sorted(self.requests.items())]
        judged = ", ".join(f"{kind} {count}" for kind, count in sorted(self.documents.items()))
        return [*rows, f"in answers: {judged or 'nothing'}"]

    def faults_of_routes(self, used: Collection[str], uncovered: Iterable[str]) -> list[str]:
        """What is wrong with the routes after a whole run: with what the code uses, and with the list of those that no
        schema covers."""
        listed, asked = list(uncovered), self.requests.keys()
        faults = [f"{route} is used by the bot, and was never exercised" for route in sorted(set(used) - asked)]
        faults += [
            f"{route} was asked by the bot, but cannot be found in its code" for route in sorted(asked - set(used))
        ]
        faults += [f"{route} is covered by a schema: take it off the list" for route in listed if route in self.covered]
        faults += [f"{route} is not used: take it off the list" for route in listed if route not in used]
        unlisted = set(used) - self.covered - set(listed)
        faults += [f"{route} is covered by no schema, and not on the list" for route in sorted(unlisted)]
        for route in listed:
            if names := [name for name in self.validators if _is_named_after(name, route)]:
                faults.append(f"{route} has a validator now, it seems: {', '.join(names)}")
        return faults

    @staticmethod
    def _told(count: Mapping[str, int]) -> str:
        return f"{count['judged']:>6}" if count["judged"] else f"{count['sent']:>6} without a schema"


class Judge:
    """The judge in Node. It takes a second to know all schemas, and then judges any number of records."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def judge(self, folder: Path) -> Verdict:
        """The verdict on the record in this folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(["judge", str(folder)]) + "\n")
        self._process.stdin.flush()
        outcome = json.loads(self._process.stdout.readline())
        if "error" in outcome:
            raise OrderFailed(outcome["error"])
        told: dict[str, Any] = outcome["value"]
        return Verdict(
            requests=told["requests"],
            documents=told["documents"],
            refusals=tuple(f"{r['said']} ({r['times']}×, first in {r['test']})" for r in told["refusals"]),
            covered=frozenset(told["covered"]),
            validators=tuple(told["validators"]),
        )


@contextlib.contextmanager
def judge() -> Iterator[Judge]:
    """A judge, until the block is left."""
    with subprocess.Popen(
        ["node", bundled("verdict")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Judge(process)


def _is_named_after(validator: str, route: str) -> bool:
    """`isUsersInfoParamsGetProps` is named after `users.info`, `isUsersListTeamsProps` is not after `users.list`.

    Routes with parameters have no such names.
    """
    method, _, path = route.partition(" ")
    words = "".join(re.findall(r"[:A-Za-z]+", path.removeprefix("/api/")))
    pattern = rf"is{words}(Params)?({method})?(With[A-Z][a-z]+|Params|Props|Schema|Get)*"
    return re.fullmatch(pattern, validator, re.IGNORECASE) is not None
