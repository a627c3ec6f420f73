"""Decides what to do with a message: nothing, an immediate answer, or a command to carry out.

message → inbox → grammar → access
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.chatops import inbox
from bot.chatops.access import Access, Place, Refused
from bot.chatops.answer import render_failure
from bot.chatops.grammar import Hint, Invocation, parse, reread
from bot.chatops.notices import ENCRYPTED_ROOM
from bot.chatops.ports import Message, Person, Room, ServerTime
from bot.chatops.registry import Registry
from bot.clock import Clock

UNKNOWN_PLACE = (
    "I could not ask Rocket.Chat who else can read this room, so I did nothing. Type it again in a minute, or in the "
    "admin room."
)
ELSEWHERE = "I listen in the admin room and in direct messages. Nothing was done."
"""Does not name the admin room: not everybody here may know it."""
ANSWER_INTERVAL = 60.0
"""Seconds between two answers to one person in a direct room whose words were no command, or who may give none: two
programs that answer each other must not go on, and whoever only talks need not be told each time."""


@dataclass(frozen=True)
class Identity:
    """The bot's own account."""

    user_id: str
    username: str


@dataclass(frozen=True)
class Order:
    """A command whose author may give it here and now."""

    invocation: Invocation
    who: Person
    room: Room
    late: str | None = None
    """Set if it came too late: then this is answered instead."""


@dataclass(frozen=True)
class Say:
    """An answer at once, without an operation."""

    text: str


class Reception:
    """Decides about messages, one after the other. Its only state is what it remembers of them."""

    def __init__(
        self,
        *,
        clock: Clock,
        registry: Registry,
        access: Access,
        identity: Identity,
        admin_room: Room,
        time: ServerTime,
    ) -> None:
        self._clock = clock
        self._registry = registry
        self._access = access
        self._identity = identity
        self._admin_room = admin_room
        self._time = time
        self._seen = inbox.Seen()
        self._began = time.now()
        self._answered_at: dict[str, float] = {}
        self._encrypted = False

    def refresh(self, username: str, admin_room: Room) -> None:
        """Updates the names of the bot's account and of the room."""
        self._identity = replace(self._identity, username=username)
        self._admin_room = admin_room
        self._encrypted = admin_room.encrypted

    @property
    def for_everyone(self) -> frozenset[str]:
        """Names of the commands that every member of the admin room may give."""
        return frozenset(name for name, command in self._registry.commands.items() if command.everyone)

    def parse(self, text: str, *, bare: bool) -> Invocation | Hint | None:
        """See `grammar.parse`."""
        return parse(text, self._registry.commands, bot_username=self._identity.username, bare=bare)

    def reread(self, words: str) -> Invocation | None:
        """See `grammar.reread`."""
        return reread(words, self._registry.commands)

    async def long_ago(self, moment: datetime) -> bool:
        """Whether what was typed then, by our clock, is not begun any more. Ours may have been set back since, or have
        stood still with a machine that was off: so the server's is looked at too, and what one of them calls old is."""
        await self._time.doubt()
        return any(abs(now - moment) > inbox.YOUNG for now in (self._clock.now(), self._time.now()))

    def may_be_known(self, message: Message) -> bool:
        """Whether an earlier run may have heard it: it is not from the time in which this one remembers everything."""
        return message.caught_up or message.ts < self._began

    async def decide(self, message: Message) -> Order | Say | None:
        """None: it is not for us, or answering would tell a stranger that we are here."""
        if message.system_type == "e2e" and message.room_id == self._admin_room.id:
            return self._deafened()
        decision = await self._consider(message)
        if isinstance(decision, inbox.Ignore):
            return None
        parsed = self.parse(message.text, bare=False)
        if parsed is None and message.room_type not in ("d", ""):
            return None
        place, room = await self._access.place(message)
        if place in (Place.DIRECT, Place.UNKNOWN):
            parsed = self.parse(message.text, bare=True)
        if parsed is None:
            return None
        late = decision.text if isinstance(decision, inbox.Refuse) else None
        who = await self._permitted(message, place, parsed)
        if isinstance(parsed, Invocation) and isinstance(who, Person):
            return Order(parsed, who, room or self._admin_room, late)
        # Old messages may have had this answer before the last start: only operations are known to be answered once.
        if late is not None:
            return None
        if isinstance(parsed, Hint) and isinstance(who, Person):
            return Say(parsed.text) if not parsed.talk or self._may_answer(who.id) else None
        return who if isinstance(who, Say) else None

    async def _consider(self, message: Message) -> inbox.Accept | inbox.Ignore | inbox.Refuse:
        seen = message.id in self._seen
        self._seen.add(message.id)
        decision = inbox.consider(message, self._known(seen))
        if isinstance(decision, inbox.Refuse) and await self._time.doubt():
            decision = inbox.consider(message, self._known(seen))
        return decision

    def _known(self, seen: bool) -> inbox.Known:
        time = self._time
        return inbox.Known(self._identity.user_id, time.started, time.now(), seen, server_told=time.known)

    async def _permitted(self, message: Message, place: Place, parsed: Invocation | Hint) -> Person | Say | None:
        """The author, or the answer instead."""
        harmless = isinstance(parsed, Hint) or parsed.command.everyone
        if place is Place.ADMIN_ROOM and harmless:
            # Only members can write here, and that is enough.
            return Person(message.user_id, message.username, roles=None, active=True, type="user")
        try:
            who = await self._access.administrator(message.user_id)
        except Refused as refusal:
            if place is Place.ADMIN_ROOM or (place is Place.DIRECT and self._may_answer(message.user_id)):
                return Say(render_failure((), refusal))
            return None
        if place is Place.UNKNOWN:
            return Say(UNKNOWN_PLACE)
        if place is Place.ELSEWHERE:
            return Say(ELSEWHERE)
        return who

    def _deafened(self) -> Say | None:
        """The admin room was encrypted while the bot runs; the next start will say so on the terminal, and end."""
        first, self._encrypted = not self._encrypted, True
        return Say(ENCRYPTED_ROOM) if first else None

    def _may_answer(self, user_id: str) -> bool:
        now = self._clock.monotonic()
        self._answered_at = {who: at for who, at in self._answered_at.items() if now - at < ANSWER_INTERVAL}
        if user_id in self._answered_at:
            return False
        self._answered_at[user_id] = now
        return True
