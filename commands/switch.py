"""`enable` and `disable`: the button on the login page, on and off."""

from __future__ import annotations

from dataclasses import replace

from bot.chatops.answer import Answer
from bot.chatops.registry import Call, Registry
from bot.connection.confirm import Confirmed, ask
from bot.connection.receipt import Outcome
from bot.connection.reconcile import Reconciler
from commands.parts import Parts
from commands.wording import Narration, confirmation


def register(registry: Registry, parts: Parts) -> None:
    """Declares both commands."""

    @registry.command(
        "enable",
        summary="Shows the button on the login page, after proving that it works",
        help="The secret is proved first; then the service is switched on, and awaited until it is live.",
        effect=True,
    )
    async def enable(call: Call) -> Answer:
        return await _switch(call, parts, on=True)

    @registry.command(
        "disable",
        summary="Takes the button off the login page; nothing else is touched",
        help="People who are signed in stay so, and everybody who came through Encvoy ID keeps the account.",
        effect=True,
    )
    async def disable(call: Call) -> Answer:
        return await _switch(call, parts, on=False)


async def _switch(call: Call, parts: Parts, *, on: bool) -> Answer:
    wish = replace(await parts.connection(), enabled=on)
    call.progress.doing("switching on" if on else "switching off")
    await call.authorize()
    await parts.shop.connections.save(wish, operation_id=call.operation.id)
    reconciler = Reconciler(parts.shop, Narration(call.progress, parts.fingerprints), call.operation.id)
    connection, receipt = await reconciler.run(wish)
    word = "on" if on else "off"
    said = f"It is {word}." if receipt.outcome is not Outcome.UNCHANGED else f"It was {word} already; nothing changed."
    if not on:
        return Answer((said,), next=("enable", "status"), receipt=receipt.as_dict())
    call.progress.doing("letting Rocket.Chat itself use it")
    engine = (await parts.shop.rocketchat.profile()).engine
    confirmed = Confirmed(connection, await ask(connection, engine, parts.shop))
    lines = (said, *confirmation(confirmed))
    return Answer(lines, next=("test",), receipt=receipt.as_dict(), failed=not confirmed.works)
