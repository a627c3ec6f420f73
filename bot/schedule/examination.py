"""What the scheduler asks the connection for, without changing it. See `bot.schedule.ports.Examiner`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.connection.asking import or_unknown
from bot.connection.lost_key import Locked, kept, without_secrets
from bot.connection.observe import observe
from bot.connection.ports import Context
from bot.connection.profile import Profile
from bot.connection.refusals import refuse_a_removal
from bot.connection.rotation import nobody_is_asked, prepare_rotation
from bot.connection.state import Connection
from bot.connection.unknown import Unknown
from bot.doctor.sight import SeenVersions
from bot.doctor.verdict import Verdict
from bot.errors import UserError


@dataclass(frozen=True)
class ConnectionExaminer:
    """The one connection that there is."""

    context: Context
    examination: Callable[[Connection | Locked | None], Awaitable[Verdict]]
    encvoy_version: Callable[[], Awaitable[str]]

    async def proved_at(self) -> datetime | None:
        """See `Examiner.proved_at`."""
        connection = await without_secrets(self.context.connections.get)
        return None if connection is None else connection.proved_at

    async def examine(self) -> Verdict:
        """See `Examiner.examine`."""
        return await self.examination(await kept(self.context.connections.get))

    async def versions(self) -> SeenVersions:
        """See `Examiner.versions`."""
        profile = await or_unknown(self.context.rocketchat.profile())
        encvoy = await or_unknown(self.encvoy_version())
        return SeenVersions(
            profile.text if isinstance(profile, Profile) else None, None if isinstance(encvoy, Unknown) else encvoy
        )

    async def rehearse(self) -> None:
        """See `Examiner.rehearse`: what a rotation proves before its first write, `PUT {}` included."""
        context, connection = self.context, await self.context.connections.get()
        if connection is None:
            raise UserError("There is no connection yet.", fix="`/sso setup` creates one.")
        refuse_a_removal(connection)
        if connection.pending is not None:
            raise UserError("The last rotation is not finished.", fix="`/sso rotate` finishes it.")
        observed = await observe(connection, context)
        await prepare_rotation(connection, observed, context, nobody_is_asked)

    async def trouble(self) -> str | None:
        """See `Examiner.trouble`."""
        connection = await kept(self.context.connections.get)
        if isinstance(connection, Locked):
            return "my copy of it cannot be decrypted"
        exchanging = connection is not None and connection.pending is not None and not connection.absent
        return "the exchange of a secret is not finished" if exchanging else None
