"""Where Python code compares a version of Rocket.Chat. Pure; by names and shapes, so it rather finds too much than too
little."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_NAMED = re.compile(r"version|^(major|minor|release|short)$", re.IGNORECASE)
_IDENTITY = (ast.Is, ast.IsNot)
_SMALL = 100
"""Status codes are no versions."""
_IP = "address.version"
"""Of an IP address: 4 or 6."""


def comparisons(source: str) -> Iterator[int]:
    """Lines in which something that is named like a version, or a pair of numbers, is compared, looked for in
    something, or told apart by the beginning of its text."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare():
                sides = [node.left, *node.comparators]
                if not all(isinstance(op, _IDENTITY) for op in node.ops) and any(map(_is_version, sides)):
                    yield node.lineno
            case ast.Match(subject=subject) if _is_version(subject):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="startswith" | "endswith", value=text)) if _is_version(text):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="match" | "fullmatch" | "search"), args=args):
                if any(map(_is_version, args)):
                    yield node.lineno


def _is_version(node: ast.expr) -> bool:
    match node:
        case ast.Tuple(elts=[_, _, *_] as elements):
            return all(map(_is_small, elements)) or any(map(_is_version, elements))
        case ast.Call(func=called, args=args):
            return _is_version(called) or any(map(_is_version, args))
        case ast.Attribute() if ast.unparse(node) == _IP:
            return False
        case ast.Attribute(attr=name) | ast.Name(id=name) if _NAMED.search(name):
            return True
        case ast.Attribute(value=inner) | ast.Await(value=inner) | ast.Starred(value=inner):
            return _is_version(inner)
        case ast.Subscript(value=inner, slice=key):
            return _is_version(inner) or (isinstance(key, ast.Constant) and bool(_NAMED.search(str(key.value))))
        case _:
            return False


def _is_small(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value < _SMALL
