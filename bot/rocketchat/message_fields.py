"""The fields of a message document: which are known, and which mark a less trusted origin. Data."""

from __future__ import annotations

RECORD = frozenset({"_id", "_updatedAt"})
"""Of every document (`IRocketChatRecord` of @rocket.chat/core-typings 8.8.1)."""
MESSAGE = frozenset(
    {
        *("rid", "msg", "tmid", "tshow", "ts", "mentions", "groupable", "channels", "u", "blocks", "alias", "md"),
        *("_hidden", "imported", "replies", "location", "starred", "pinned", "pinnedAt", "pinnedBy", "unread", "temp"),
        *("drid", "tlm", "dcount", "tcount", "t", "e2e", "e2eMentions", "urls", "actionLinks", "file", "fileUpload"),
        *("files", "attachments", "reactions", "private", "bot", "sentByEmail", "webRtcCallEndTs", "role", "avatar"),
        *("emoji", "tokens", "html", "token", "federation", "slaData", "priorityData", "customFields", "content"),
        "receiptsArchived",
    }
)
"""`IMessage` of @rocket.chat/core-typings 8.8.1; `tests/judges/test_rocketchat_message_fields.py` compares them."""
EXTENDED = frozenset(
    {
        *("editedAt", "editedBy"),
        *("translations", "translationProvider", "autoTranslateShowInverse", "autoTranslateFetching"),
        *("dlm", "navigation", "transferData", "requestData", "comment", "email", "_importFile"),
    }
)
"""What the kinds of message in the same file add to it (`IEditedMessage`, `ITranslatedMessage` …)."""
SEEN = frozenset({"parseUrls"})
"""In no type, and yet kept with a message (facts/rocketchat.md §5.4)."""

KNOWN = RECORD | MESSAGE | EXTENDED | SEEN

LESS_TRUSTED = ("sentByEmail", "imported", "federation", "_hidden", "private", "e2e")
"""Whoever is named in `u` did not type it here, just now, for all in the room to see: it was answered by e-mail, came
from elsewhere, was written on another server, or is hidden from others. Each of them by itself makes it no command."""
