"""The settings of the workspace: what is stored, what of it counts, and who is told (facts/rocketchat.md §2.2–2.4).

*Stored* is what was written. What *counts* may differ: a setting of a licence module has its `invalid_value` while the
module is missing (facts/rocketchat.md §0.2). `get` answers with what counts, `Setting.value` is what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from bot.sandbox.ledger import Ledger
from bot.sandbox.rocketchat.documents import Document


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

    def __post_init__(self) -> None:
        self.package_value = self.value

    def public_document(self) -> Document:
        """What `settings.public` shows."""
        document: Document = {"_id": self.id, "value": self.value, "enterprise": bool(self.modules)}
        return document | ({"invalidValue": self.invalid_value, "modules": list(self.modules)} if self.modules else {})

    def document(self, *, with_default: bool = False) -> Document:
        """ISetting, as `GET settings` shows it; the default only on request (≥ 7.10)."""
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
            "valueSource": "packageValue" if self.value == self.package_value else "settingValue",
        }
        if self.options:
            document["values"] = [{"key": option, "i18nLabel": option.capitalize()} for option in self.options]
        if self.code:
            document["code"] = self.code
        if self.alert:
            document["alert"] = self.alert
        return document | ({"packageValue": self.package_value} if with_default else {})


Listener = Callable[[str], None]


class Settings:
    """All settings, by id. Every write goes to the ledger as an entry of kind `stored`."""

    def __init__(self, ledger: Ledger, licensed: Callable[[Collection[str]], bool]) -> None:
        """`licensed` says whether the workspace's licence has all of these modules."""
        self._ledger = ledger
        self._licensed = licensed
        self._settings: dict[str, Setting] = {}
        self._listeners: list[Listener] = []

    def __iter__(self) -> Iterator[Setting]:
        return iter(list(self._settings.values()))

    def __contains__(self, setting_id: str) -> bool:
        return setting_id in self._settings

    def listen(self, listener: Listener) -> None:
        """`listener` is called with the id of every setting that is written, made or taken away, at once."""
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

    def add(self, setting: Setting) -> None:
        """Makes a setting; one that is there keeps its value (facts/rocketchat.md §2.1: repeating is harmless)."""
        if setting.id not in self._settings:
            self._settings[setting.id] = setting
            self._tell(setting.id)

    def write(self, setting_id: str, value: Any) -> None:
        """Stores a value, whatever its type; KeyError if there is no such setting."""
        self._settings[setting_id].value = value
        self._ledger.add("stored", body={"_id": setting_id, "value": value})
        self._tell(setting_id)

    def remove(self, setting_id: str) -> None:
        """Takes a setting away; harmless if it is gone."""
        if self._settings.pop(setting_id, None) is not None:
            self._ledger.add("stored", body={"_id": setting_id, "removed": True})
            self._tell(setting_id)

    def _tell(self, setting_id: str) -> None:
        for listener in self._listeners:
            listener(setting_id)
