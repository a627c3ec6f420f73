"""The settings of the workspace: what is stored, what of it counts, and who is told (facts/rocketchat.md §2.2–2.4).

*Stored* is what was written. What *counts* may differ: a setting of a licence module has its `invalid_value` while the
module is missing (facts/rocketchat.md §0.2). `get` answers with what counts, `Setting.value` is what is stored; None is
JavaScript's `undefined`, a document without a value. This is the database, one for all instances; what each of them
keeps in its cache is `instances`'.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.ledger import Ledger
from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.problems import MeteorError, PlainError


@dataclass
class Setting:
    """One setting."""

    id: str
    type: str
    value: Any
    group: str = ""
    section: str = ""
    public: bool = False
    """Whether everybody may read it."""
    hidden: bool = False
    """A hidden one can neither be read nor written by REST."""
    options: tuple[str, ...] = ()
    """What a `select` allows."""
    code: str = ""
    """Language of a `code` setting."""
    modules: tuple[str, ...] = ()
    """Licence modules without which `invalid_value` counts; none for a free setting."""
    invalid_value: Any = None
    alert: str = ""
    env_value: Any = None
    """What the environment forced at the last start; None where it doesn't."""

    def __post_init__(self) -> None:
        self.package_value = self.value

    def public_document(self) -> Document:
        """What `settings.public` shows."""
        document: Document = {"_id": self.id, "value": self.value, "enterprise": bool(self.modules)}
        if self.value is None:
            del document["value"]
        return document | ({"invalidValue": self.invalid_value, "modules": list(self.modules)} if self.modules else {})

    def document(self, *, with_default: bool = False) -> Document:
        """ISetting, whole, as `private-settings/get` shows it."""
        document = self.public_document() | {
            "type": self.type,
            "group": self.group,
            "section": self.section,
            "i18nLabel": self.id,
            "i18nDescription": f"{self.id}_Description",
            "public": self.public,
            "hidden": self.hidden,
            "blocked": False,
            "persistent": False,
            "autocomplete": True,
            "enableQuery": "[]",
            "displayQuery": "[]",
            "sorter": 0,
            "secret": False,
            "env": False,
            "valueSource": "packageValue" if self.env_value is None else "processEnvValue",
        }
        if self.env_value is not None:
            document["processEnvValue"] = self.env_value
        if self.options:
            document["values"] = [{"key": option, "i18nLabel": option.capitalize()} for option in self.options]
        if self.code:
            document["code"] = self.code
        if self.alert:
            document["alert"] = self.alert
        return document | ({"packageValue": self.package_value} if with_default else {})


class SettingEvent(enum.Enum):
    """What happened to a setting, in the words of `private-settings-changed` (facts/rocketchat.md §5.5b)."""

    INSERTED = "inserted"
    UPDATED = "updated"
    REMOVED = "removed"


@dataclass(frozen=True)
class Notice:
    """What sessions are told of a setting; it holds secrets in clear (facts/rocketchat.md §0.7)."""

    told: SettingEvent
    document: Document
    public: bool
    """Whether it is for everybody."""


Listener = Callable[[SettingEvent, Setting], None]


def same(one: Any, other: Any) -> bool:
    """Whether JavaScript's `===` takes two values for one: `true` isn't 1, and no list equals another."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return not isinstance(one, list | dict) and bool(one == other)


class Settings:
    """All settings, by id. Every write goes to the ledger as an entry of kind `stored`."""

    def __init__(self, ledger: Ledger, licensed: Callable[[Collection[str]], bool]) -> None:
        """`licensed` says whether the workspace's licence has all of these modules."""
        self._ledger = ledger
        self._licensed = licensed
        self.overwritten: dict[str, Any] = {}
        """What the environment forces (`OVERWRITE_SETTING_<id>`, facts/rocketchat.md §8 no. 1): a write counts until
        the next start."""
        self.restricted = False
        """An air-gapped workspace past its grace period: nobody may write (facts/rocketchat.md §2.4)."""
        self.rules: dict[str, str] = {}
        """By id: the pattern that newer versions want a value to have (facts/rocketchat.md §2.4)."""
        self._settings: dict[str, Setting] = {}
        self._listeners: list[Listener] = []

    def __iter__(self) -> Iterator[Setting]:
        return iter(list(self._settings.values()))

    def __contains__(self, setting_id: str) -> bool:
        return setting_id in self._settings

    def listen(self, listener: Listener) -> None:
        """`listener` is called at once for every setting that `add`, `write` or `remove` touches."""
        self._listeners.append(listener)

    def find(self, setting_id: str) -> Setting | None:
        """One setting."""
        return self._settings.get(setting_id)

    def get(self, setting_id: str, default: Any = None) -> Any:
        """The value that counts; `default` where there is no such setting."""
        setting = self._settings.get(setting_id)
        return default if setting is None else self.effective(setting)

    def effective(self, setting: Setting) -> Any:
        """What counts of a setting."""
        if setting.modules and not self._licensed(setting.modules):
            return setting.invalid_value
        return setting.value

    def notice(self, told: SettingEvent, setting: Setting) -> Notice | None:
        """What sessions are told; nothing of a hidden one."""
        if setting.hidden:
            return None
        document: Document = {"_id": setting.id, "value": self.effective(setting)}
        return Notice(told, document | ({"enterprise": True} if setting.modules else {}), setting.public)

    def admit(self, values: Mapping[str, Any]) -> None:
        """Whether people may write these; PlainError or MeteorError if not, and then none of them."""
        if self.restricted:
            raise PlainError("restricted-workspace")
        for setting_id, value in values.items():
            if not re.fullmatch(self.rules.get(setting_id, ".*"), str(value), re.DOTALL):
                raise MeteorError("error-setting-validation-failed", "Setting validation failed")

    # As the owner of the workspace: every instance takes it over at once.

    def add(self, setting: Setting) -> None:
        """Makes a setting; one that is there keeps its value (facts/rocketchat.md §2.1: repeating is harmless)."""
        if setting.id not in self._settings:
            self.insert(setting)
            self._tell(SettingEvent.INSERTED, setting)

    def write(self, setting_id: str, value: Any) -> None:
        """Stores a value of any type; KeyError if there is no such setting."""
        self.store(setting_id, value)
        self._tell(SettingEvent.UPDATED, self._settings[setting_id])

    def remove(self, setting_id: str) -> None:
        """Removes a setting; harmless if it is gone."""
        setting = self.delete(setting_id)
        if setting is not None:
            self._tell(SettingEvent.REMOVED, setting)

    # In the database alone.

    def insert(self, setting: Setting) -> None:
        """Stores a document, replacing any other; a value that the environment forces is written over it."""
        self._settings[setting.id] = setting
        self._force(setting)

    def overwrite(self) -> None:
        """The server starts: the environment's values are written over what is stored."""
        for setting in self:
            self._force(setting)

    def store(self, setting_id: str, value: Any) -> bool:
        """Stores a value and nothing else; whether it differs from what was there."""
        setting = self._settings[setting_id]
        differs = not same(setting.value, value)
        setting.value = value
        self._ledger.add("stored", body={"_id": setting_id, "value": value})
        return differs

    def delete(self, setting_id: str) -> Setting | None:
        """Removes a document and nothing else; the document, None if there is none."""
        setting = self._settings.pop(setting_id, None)
        if setting is not None:
            self._ledger.add("stored", body={"_id": setting_id, "removed": True})
        return setting

    def _force(self, setting: Setting) -> None:
        """Writes the environment's value, if it differs from the stored one."""
        forced = self.overwritten.get(setting.id)
        if forced is not None and not same(setting.value, forced):
            setting.value = setting.env_value = forced

    def _tell(self, told: SettingEvent, setting: Setting) -> None:
        for listener in self._listeners:
            listener(told, setting)
