"""`people`: which account of Rocket.Chat somebody from Encvoy ID gets into, and who is refused. Changes nothing.
Only the asker reads the list."""

from __future__ import annotations

import math

from bot.chatops.answer import Answer
from bot.chatops.registry import Call, Option, Registry
from bot.connection.accounts import People
from bot.connection.admission import MATCHING, Rules, carries_email
from bot.connection.desired import DEFAULT_NAME
from bot.connection.lost_key import without_secrets
from bot.connection.unknown import Unknown
from bot.connection.user_names import rule
from bot.errors import UserError
from bot.text import quoted
from commands.context import CommandContext
from commands.people_shown import MOST, Listing, partly

ORDER = 25
PAGE = "page"


def register(registry: Registry, context: CommandContext) -> None:
    """Declares the command."""

    @registry.command(
        "people",
        summary="Lists who gets into which account, in a direct message",
        help="Reads all accounts of Rocket.Chat, and sends you a list in a direct message: with what people from "
        f"Encvoy ID get into each account, or are refused; administrators first, up to {MOST} accounts on a page. "
        "Without a connection, it is as it would be after `setup`. Changes nothing.",
        options=(Option(PAGE, "which page; the first if left out", takes_value=True, number=True),),
        effect=False,
        examples=("people", "people --page 3"),
    )
    async def people(call: Call) -> Answer:
        page = _page(call.arguments.get(PAGE, "1"))
        await call.private.open()
        listing = await _listing(call, context)
        pages = listing.pages
        if page > len(pages):
            raise UserError(
                f"There is no page {page}: the list has {'1 page' if len(pages) == 1 else f'{len(pages)} pages'}.",
                fix=f"`/sso people --page {len(pages)}` shows the last one.",
            )
        following = (f"people --page {page + 1}",) if page < len(pages) else ("status",)
        where = f"page {page} of {len(pages)}"
        await call.private.send(
            Answer(f"Who gets into which account of Rocket.Chat: {where}.", pages[page - 1], next=following)
        )
        # In a direct room it stands above this line.
        sent = f"The list is above: {where}." if call.room.type == "d" else f"Sent to you in a direct message: {where}."
        return Answer(f"✓ {sent}", (_counted(listing),), next=following)


def _page(typed: str) -> int:
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 6 or int(typed) == 0:
        raise UserError(
            f"{quoted(typed, 40)} is not the number of a page.",
            fix="Type a number from 1 on: `/sso people --page 2`. `/sso people` shows the first page.",
        )
    return int(typed)


async def _listing(call: Call, context: CommandContext) -> Listing:
    connection = await without_secrets(context.connections.get)
    call.progress.doing("reading Rocket.Chat's settings")
    listed = await context.rocketchat.listed()
    profile = listed.profile(await context.rocketchat.edition())
    call.progress.doing("reading the accounts")
    found = await context.rocketchat.people(
        lambda read, total: call.progress.doing(f"reading the accounts: {read} of {total}"),
        lambda read, total, seconds: call.progress.remark(_limited(read, total, seconds)),
    )
    if isinstance(found, Unknown):
        raise UserError("I could not read the accounts.", why=found.reason, fix=found.fix)
    rules = Rules.of(
        connection.settings if connection else MATCHING,
        profile.engine,
        with_email=connection is None or carries_email(connection.settings),
        registration=listed.registration,
    )
    name = connection.name if connection else context.service_name(DEFAULT_NAME)
    return Listing(found, rules, profile, name, connection is not None, rule(listed.user_names))


def _limited(read: int, total: int, seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    return (
        f"Rocket.Chat limits how often I may ask: the other {total - read} of {total} accounts would take about "
        f"{'1 minute' if minutes == 1 else f'{minutes} minutes'}. I stop after 3 minutes at most. The permission "
        "api-bypass-rate-limit removes that limit."
    )


def _counted(listing: Listing) -> str:
    """Numbers alone: this is for the room."""
    people: People = listing.people
    if people.unread:
        return f"• {partly(people)}"
    accounts = "1 account" if people.total == 1 else f"{people.total} accounts"
    number = listing.administrators
    if number is None:
        return f"• {accounts}; who is an administrator is not visible to me."
    return f"• {accounts}, {number} of them {'an administrator' if number == 1 else 'administrators'}."
