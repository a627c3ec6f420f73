"""Applications at Encvoy ID: create, read, find, write, rules, delete (facts/encvoy-id.md §3, §4)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

from bot.bounds import Intake
from bot.connection.absence import gone, hidden
from bot.connection.callbacks import has_callback
from bot.connection.entrance import Standing
from bot.connection.ports import ApplicationFields, Registered
from bot.connection.state import Application, NotVisible
from bot.encvoy.fields import (
    check_client_id,
    ids_of_rules,
    read_application,
    read_created,
    read_ids,
    read_tops,
    rule_ids,
    to_create,
    to_write,
)
from bot.encvoy.probes import Probes
from bot.encvoy.session import ManagementSession
from bot.errors import BadAnswer, Forbidden, Rejected, RemoteError, UserError

CLIENTS = "/api/v1/clients"
CLIENT = "/api/v1/clients/:client_id"
RULES = "/api/v1/settings/rules"
RULE = "/api/v1/clients/:client_id/rules/:rule_id"

ACCESS_RESTRICTED = "T3E0026"
LOOKED_AT = 200
"""How many applications are read at most for their redirect URIs, at about 50 a second."""
OF_APPLICATIONS = "The applications that it names"
PAGE = 100
STANDING_PAGES = 10
"""Pages of the list that are read: a manager who is also editor of a thousand other applications is not expected."""


class Applications:
    """Applications in the management API."""

    def __init__(self, session: ManagementSession, probes: Probes) -> None:
        self._session = session
        self._probes = probes

    async def create_application(self, fields: ApplicationFields) -> str:
        """Creates it with one request and reads it back; returns the client_id.

        UserError: nothing was sent, or what Encvoy ID made is not ours to write to. RemoteError: it may exist, and is
        found by its description; also if it was created and could not be read back. Names are not unique, so nothing
        here repeats the request. If anything but the description differs when read back, the plan fixes it.
        """
        body = to_create(fields)
        route = f"POST {CLIENTS}"
        client_id = read_created(await self._session.call("POST", CLIENTS, json=body), route)
        try:
            seen = await self.application(client_id)
        except RemoteError as error:
            error.why = f"The application {client_id} was created, and could not be read back. {error.why}".rstrip()
            raise
        if isinstance(seen, Application) and seen.description == (fields.description or ""):
            return client_id
        raise _not_ours(client_id, seen)

    async def application(self, client_id: str, intake: Intake | None = None) -> Application | NotVisible | None:
        """One application. None only if it is proved to be gone; NotVisible if the bot's role does not show it.
        `intake` is set if it is one of many."""
        found: Application | NotVisible | None = NotVisible(client_id, there=False)
        try:
            found = read_application(
                await self._call("GET", CLIENT, client_id, intake=intake), client_id, f"GET {CLIENT}"
            )
        except Forbidden as refusal:
            if refusal.code != ACCESS_RESTRICTED:
                raise
        if isinstance(found, NotVisible) and not found.there:
            return await self._as_anybody(client_id)
        return found

    async def _as_anybody(self, client_id: str) -> NotVisible | None:
        """Distinguishes gone from hidden, which needs no role (facts/encvoy-id.md §6). It is gone only if both halves
        of Encvoy ID say so: replacing one that is there would ask everybody for consent again."""
        path = CLIENT.replace(":client_id", check_client_id(client_id))
        try:
            shown = await self._session.public(CLIENT, path=path)
        except RemoteError as error:
            if error.transient:
                raise
            return NotVisible(client_id, there=False)
        if shown is not None or await self._probes.knows(client_id):
            return NotVisible(client_id)
        return None

    async def applications(self, redirect_uri: str, *, besides: str | None = None) -> tuple[Application, ...]:
        """All applications that the bot may administer and that have this redirect URI, `besides` one. The list shows
        neither secrets nor redirect URIs, so each is read."""
        condition = json.dumps({"redirect_uris": {"has": redirect_uri}}, separators=(",", ":"))
        intake = Intake(OF_APPLICATIONS)
        ids = await self._ids(f"filter={quote(condition, safe='')}", intake)
        found = [await self.application(client_id, intake) for client_id in ids if client_id != besides]
        return tuple(app for app in found if isinstance(app, Application) and redirect_uri in app.redirect_uris)

    async def registered(self, redirect_uri: str) -> Registered:
        """In any spelling: Encvoy ID normalises before it compares (facts/encvoy-id.md §7), but not when it filters,
        and its list shows no redirect URIs. So each application is read, up to a limit."""
        exact = await self.applications(redirect_uri)
        intake = Intake(OF_APPLICATIONS)
        ids = await self._ids("sortBy=created_at&sortDirection=desc", intake)
        known, found, unread = {app.client_id for app in exact}, list(exact), max(0, len(ids) - LOOKED_AT)
        for client_id in ids[:LOOKED_AT]:
            if client_id in known:
                continue
            try:
                app = await self.application(client_id, intake)
            except (BadAnswer, Rejected):  # a record of somebody else, which is no reason to stop
                unread += 1
                continue
            if isinstance(app, Application) and has_callback(app.redirect_uris, redirect_uri):
                found.append(app)
        return Registered(tuple(found), len(ids) - unread, unread)

    async def standing(self) -> Standing:
        """Whether the bot's user may create applications. A new one belongs to a client without parent in which its
        creator is owner or editor: a manager's organisation, or the main client. A user without such a client sees none
        in the list (facts/encvoy-id.md §4, §6). Oldest first, so that it is on the first page."""
        seen = 0
        for page in range(STANDING_PAGES):
            query = f"limit={PAGE}&offset={page * PAGE}&sortBy=created_at&sortDirection=asc"
            items = await self._session.call("GET", CLIENTS, query=query)
            tops = read_tops(items, f"GET {CLIENTS}")
            if True in tops:
                return Standing(may_create=True, applications=seen + tops.index(True))
            seen += len(tops)
            if len(tops) < PAGE:
                break
        return Standing(may_create=False, applications=seen)

    async def write_application(self, client_id: str, fields: ApplicationFields) -> None:
        """A partial update, as one request; the caller has read the application, because a write to an id that is not
        there is never answered (facts/encvoy-id.md §5)."""
        body = to_write(fields)
        read_application(await self._call("PUT", CLIENT, client_id, json=body), client_id, f"PUT {CLIENT}")

    async def attach_rules(self, client_id: str, field_names: frozenset[str]) -> None:
        """Ensures that the rules of these fields are attached. Their ids differ from one installation to the next."""
        if not field_names:
            return
        app, rules = await asyncio.gather(self._require(client_id), self._session.public(RULES))
        missing = field_names - app.rules
        ids = rule_ids(rules, missing, f"GET {RULES}")
        for name in sorted(missing):
            await self._session.call("POST", RULE, path=_rule(client_id, ids[name]))

    async def detach_rules(self, client_id: str, field_names: frozenset[str]) -> None:
        """Ensures that the rules of these fields are not attached (facts/encvoy-id.md §2, Claims)."""
        if not field_names:
            return
        app, rules = await asyncio.gather(self._require(client_id), self._session.public(RULES))
        there = field_names & app.rules
        for rule_id in ids_of_rules(rules, there, f"GET {RULES}"):
            await self._session.call("DELETE", RULE, path=_rule(client_id, rule_id))

    async def delete_application(self, client_id: str) -> None:
        """Ensures that it is gone; does nothing if it is."""
        try:
            await self._call("DELETE", CLIENT, client_id)
        except Forbidden:
            if await self.application(client_id) is not None:
                raise

    async def _ids(self, query: str, intake: Intake) -> tuple[str, ...]:
        return read_ids(await self._session.call("GET", CLIENTS, query=query, intake=intake), f"GET {CLIENTS}")

    async def _require(self, client_id: str) -> Application:
        app = await self.application(client_id)
        if isinstance(app, Application):
            return app
        raise gone(client_id) if app is None else hidden(app)

    async def _call(
        self, method: str, pattern: str, client_id: str, *, json: Any = None, intake: Intake | None = None
    ) -> Any:
        path = pattern.replace(":client_id", check_client_id(client_id))
        return await self._session.call(method, pattern, path=path, json=json, intake=intake)


def _not_ours(client_id: str, seen: Application | NotVisible | None) -> UserError:
    """For an id that Encvoy ID returned for a new application, but which belongs to another one, or to none that is
    visible. This can happen under load (facts/encvoy-id.md §5, "Race"); a retry would leave a second application."""
    if seen is None:
        return UserError(
            f"Encvoy ID created the application {client_id}, and a moment later it was gone.",
            why="Both parts of Encvoy ID say that there is no application with this id.",
            fix="Type the command again: it creates another one.",
        )
    what = (
        f"Encvoy ID created the application {client_id}, but does not let me see it in full."
        if isinstance(seen, NotVisible)
        else f"Encvoy ID returned the application {client_id} as the new one, but its description is not the one "
        "that I asked for."
    )
    return UserError(
        what,
        why="Encvoy ID can mix up requests that arrive at the same moment, so I wrote nothing to it.",
        fix="Ask an administrator of Encvoy ID to check whose it is, and to delete it if nobody needs it; then type "
        "the command again.",
    )


def _rule(client_id: str, rule_id: str) -> str:
    return f"{CLIENTS}/{client_id}/rules/{quote(rule_id, safe='')}"
