"""The settings of a fresh workspace that the facts mention, of about a thousand. They are in `workspace_settings.json`:
by id the value, the group, and whether everybody (`public`) or nobody (`hidden`) may read them."""

from __future__ import annotations

from sandbox.rocketchat.documents import table
from sandbox.rocketchat.settings import Setting, Settings

_KINDS = {bool: "boolean", int: "int", str: "string"}


def workspace_settings(site_url: str, unique_id: str, *, modern_flow: bool) -> list[Setting]:
    """All of them, fresh. `modern_flow`: whether the version has the switch between the two login engines (8.7–8.9)."""
    rows = table("workspace_settings.json")
    rows["Site_Url"]["value"], rows["uniqueID"]["value"] = site_url, unique_id
    if not modern_flow:
        del rows["Accounts_OAuth_Use_Modern_Flow"]
    return [Setting(setting_id, _KINDS[type(row["value"])], **row) for setting_id, row in rows.items()]


def seed(settings: Settings, rows: list[Setting]) -> None:
    """Adds them all."""
    for row in rows:
        settings.add(row)
