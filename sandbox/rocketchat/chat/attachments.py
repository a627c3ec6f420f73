"""Attachments of a message, as far as the server looks at them before it keeps them (facts/rocketchat.md §4.5, §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.rocketchat.problems import MatchError

_ACTION: Mapping[str, type] = {
    **dict.fromkeys(("type", "text", "url", "image_url", "msg"), str),
    **dict.fromkeys(("is_webview", "msg_in_chat_window"), bool),
}
_ATTACHMENT: Mapping[str, type] = {
    **dict.fromkeys(("title", "text", "color", "title_link", "image_url", "thumb_url", "button_alignment"), str),
    "collapsed": bool,
    "fields": list,
    "actions": list,
}
_NAMES: Mapping[type, str] = {str: "string", bool: "boolean", list: "array"}


def check_attachments(attachments: list[Any] | None) -> None:
    """MatchError for a field of another type than is expected, and for a field of a table without title or value.
    What else there is in an attachment is kept as it is."""
    for attachment in attachments or []:
        _check(attachment, _ATTACHMENT)
        for action in attachment.get("actions") or []:
            _check(action, _ACTION)
        for row in attachment.get("fields") or []:
            _check(row, {"title": str, "short": bool})
            if not row.get("title") or row.get("value") in (None, ""):
                raise MatchError("Match error: Missing key 'title' or 'value'")


def _check(given: Any, types: Mapping[str, type]) -> None:
    if not isinstance(given, dict):
        raise MatchError("Match error: Expected object")
    for name, kind in types.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise MatchError(f"Match error: Expected {_NAMES[kind]} in field {name}")
