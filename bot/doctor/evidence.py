"""Everything the doctor looks at, gathered at one moment. Data only: each field a value or `Unknown(reason)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.chatops.ports import Person, Room
from bot.connection.entrance import Begins, CallbackAnswer, KeySet
from bot.connection.in_use import InUse
from bot.connection.lost_key import Locked
from bot.connection.ports import Probe, ProviderMetadata, ServerInfo
from bot.connection.reachable import Site
from bot.connection.state import Application, Connection, LiveService, NotVisible, SettingValue, StoredService
from bot.connection.unknown import Unknown
from bot.doctor.own import Own, OwnMachine


@dataclass(frozen=True)
class Evidence:
    """One observation of both systems. Fields that need a connection are None if there is none yet."""

    address: str
    """The address that the bot uses for Rocket.Chat."""
    server: ServerInfo | Unknown
    account: Person | Unknown
    """The bot's own account in Rocket.Chat."""
    permissions: frozenset[str] | Unknown
    """The permissions of its roles."""
    room: Room | Unknown | None
    """The admin room; None: the bot cannot see it."""
    namesake: Room | None
    """Another room that now has the name in SSOBOT_ADMIN_ROOM."""
    provider: ProviderMetadata | Unknown
    keys: KeySet | Unknown
    login: bool | Unknown
    """True: the bot's user at Encvoy ID can log in and use the management API."""
    site_url_refused: str | Unknown | None
    """Why Encvoy ID would refuse the address of Rocket.Chat; None: it would accept it."""
    report_room: tuple[Room | None, Room | None] | Unknown | None = None
    """The room of SSOBOT_REPORT_ROOM, and another one that has its name now, as `room` and `namesake`; None: reports go
    to the admin room."""
    strange_fields: tuple[str, ...] | Unknown = ()
    """Fields of messages that this version of the bot does not know."""
    own: Own = field(default_factory=Own)
    place: OwnMachine | None = None
    """None in the chat: a bot that answers there has its database, its keys and its port."""
    site: Site | Unknown | None = None
    """Who answers at Rocket.Chat's own address."""
    connection: Connection | None = None
    locked: Locked | None = None
    """The connection, if its secret cannot be decrypted; then `connection` is None, and what needs one is not looked
    at."""
    stored: StoredService | Unknown | None = None
    live: LiveService | Unknown | None = None
    forced: Mapping[str, SettingValue] | Unknown | None = None
    """Settings of the service that the environment of Rocket.Chat's server forces, by suffix."""
    application: Application | NotVisible | Unknown | None = None
    only_administrators: bool | Unknown | None = None
    """Whether Encvoy ID lets only administrators sign in, to any application."""
    ours: Probe | Unknown | None = None
    """What Encvoy ID says about the secret in our database."""
    random: Probe | Unknown | None = None
    """What it says about a random one."""
    callback: CallbackAnswer | Unknown | None = None
    begins: Begins | Unknown | None = None
    """What the modern engine's button does; None: another engine, or the service is off."""
    in_use: InUse | Unknown | None = None
    """Whether Rocket.Chat itself uses the secret that Encvoy ID accepts."""

    @property
    def on(self) -> bool:
        """Whether people sign in through the service."""
        return is_on(self.stored, self.live)

    @property
    def replaced_on_both(self) -> bool:
        """Whether both sides hold the same secret, but not ours: people may be signing in with it."""
        stored, application = self.stored, self.application
        if self.connection is None or not isinstance(stored, StoredService) or not isinstance(application, Application):
            return False
        ours = (self.connection.current, self.connection.pending)
        return stored.secret == application.secret and stored.secret not in ours


def is_on(stored: StoredService | Unknown | None, live: LiveService | Unknown | None) -> bool:
    """Whether people sign in through a service: by what is live and, where that could not be seen, is stored."""
    if isinstance(live, Unknown):
        return isinstance(stored, StoredService) and stored.enabled
    return live is not None
