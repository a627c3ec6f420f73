"""Which routes of Rocket.Chat the bot uses, read from its code.

Understood are the calls of `bot.rocketchat.rest.Rest` and, through it, of rocketchat-API's methods, and the addresses
that the bot asks by plain HTTP. A route in a variable is looked up where the variable gets its value.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.judges.rocketchat.recording import route_of

ROOT = Path(__file__).parent.parent.parent.parent
FOLDERS = ("bot/rocketchat", "bot/signin")
UNCOVERED = Path(__file__).parent.parent / "uncovered-routes.txt"

LIBRARY = {
    "chat_get_message": "GET chat.getMessage",
    "chat_sync_messages": "GET chat.syncMessages",
    "info": "GET /api/info",
    "licenses_info": "GET licenses.info",
    "me": "GET me",
    "permissions_list_all": "GET permissions.listAll",
    "rooms_info": "GET rooms.info",
    "settings_get": "GET settings/:_id",
    "settings_update": "POST settings/:_id",
    "users_info": "GET users.info",
}
"""What rocketchat-API's methods ask."""
_OWN = {"get": "GET", "get_open": "GET", "post": "POST"}
"""What `Rest`'s own methods ask; `bot/rocketchat/rest.py` itself hands routes on."""
_HANDS_ON = "bot/rocketchat/rest.py"
_NAME = re.compile(r"[a-z]+(\.[A-Za-z]+)+")
_LABEL = re.compile(r"(GET|POST) (/api/[A-Za-z0-9./]*[A-Za-z])")


@functools.cache
def used_routes() -> frozenset[str]:
    """All of them, as `Exchange.route` names them. LookupError for a method of rocketchat-API not known here."""
    modules = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]
    return frozenset(route for path in modules for route in routes_in(path))


def uncovered_routes() -> list[str]:
    """The list of routes for which the vendor exports no schema."""
    return [line for line in UNCOVERED.read_text().splitlines() if line and not line.startswith("#")]


def routes_in(path: Path) -> Iterator[str]:
    """The routes that one module asks."""
    if path == ROOT / _HANDS_ON:
        return
    tree = ast.parse(path.read_text())
    scope = _assigned(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("api"), attr=method)) if method not in LIBRARY:
                raise LookupError(f"{path.name} calls {method} of rocketchat-API: which route is that?")
            case ast.Call(func=ast.Attribute(value=ast.Name("api"), attr=method)):
                yield LIBRARY[method]
            case ast.Call(func=ast.Attribute(value=asked, attr="method")) if _is_rest(asked):
                yield "POST method.call/:method"
            case ast.Call(func=ast.Attribute(value=asked, attr=method), args=[route, *_]) if (
                method in _OWN and _is_rest(asked)
            ):
                yield from (route_of(_OWN[method], text) for text in _texts(route, scope))
            case ast.Call(func=ast.Attribute(attr="_asked"), args=[address, *_]):
                yield from (
                    route_of("GET", text.partition("?")[0]) for text in _constants(address) if text.startswith("/api/")
                )
            case ast.Constant(value=str(text)) if label := _LABEL.fullmatch(text):
                yield route_of(label[1], label[2])


def _is_rest(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in {"rest", "_rest", "walk"}
    return False


def _constants(node: ast.AST) -> Iterator[str]:
    return (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant) and isinstance(inner.value, str))


def _texts(route: ast.expr, scope: Mapping[str, ast.expr]) -> Iterator[str]:
    """The text itself, or whatever may stand in the variable and looks like a route."""
    if isinstance(route, ast.Constant):
        yield str(route.value)
        return
    seen: set[str] = set()
    pending: list[ast.AST] = [route]
    while pending:
        node = pending.pop()
        yield from filter(_NAME.fullmatch, _constants(node))
        names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} - seen
        seen |= names
        pending += [scope[name] for name in names & scope.keys()]


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """What variables get, imported ones too."""
    found: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=value):
                found[name] = value
            case ast.ImportFrom(module=str(module), names=names) if module.startswith("bot."):
                there = ROOT / f"{module.replace('.', '/')}.py"
                theirs = _assigned(ast.parse(there.read_text())) if there.exists() else {}
                found |= {alias.name: theirs[alias.name] for alias in names if alias.name in theirs}
    return found
