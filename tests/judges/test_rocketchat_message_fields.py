"""The vendor's own types say which fields a message has."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.rocketchat.message_fields import EXTENDED, LESS_TRUSTED, MESSAGE, RECORD
from tests.support.needs import JUDGES

pytestmark = pytest.mark.needs("node")

TYPINGS = JUDGES / "node_modules" / "@rocket.chat" / "core-typings" / "dist"
_KIND = re.compile(r"(?:interface (\w+) extends (\w+)|type (\w+) = (IMessage) &) \{\n(.*?)\n\}", re.DOTALL)
_FIELD = re.compile(r"^ {4}(\w+)\??:", re.MULTILINE)


def kinds() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Name, what it extends, and own fields of every kind of message."""
    source = (TYPINGS / "IMessage" / "IMessage.d.ts").read_text(encoding="utf-8")
    for kind in _KIND.finditer(source):
        yield kind[1] or kind[3], kind[2] or kind[4], frozenset(_FIELD.findall(kind[5]))


def test_a_message_has_these_fields() -> None:
    [fields] = [fields for name, _, fields in kinds() if name == "IMessage"]
    assert fields == MESSAGE


def test_its_kinds_add_these() -> None:
    added = [fields for _, of, fields in kinds() if of == "IMessage"]
    assert len(added) > 10
    assert frozenset().union(*added) - MESSAGE == EXTENDED


def test_every_document_has_these() -> None:
    source = (TYPINGS / "IRocketChatRecord.d.ts").read_text(encoding="utf-8")
    schema = source.partition("ZodObject<{")[2].partition("}")[0]
    assert frozenset(_FIELD.findall(schema)) == RECORD


def test_what_is_trusted_less_is_a_field_of_messages() -> None:
    assert set(LESS_TRUSTED) <= MESSAGE
