"""The changes that a plan consists of. Each means "ensure", not "do": applying it twice does no harm. The one exception
is creating an application, which Encvoy ID may carry out without ever answering.

A change holds no values: what it writes is read from the desired state in the moment it is applied.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import ClassVar

from bot.errors import System


class Live(enum.Enum):
    """What `AwaitLive` waits for."""

    ON = "on"
    """The login page shows the button, with the desired settings."""
    SHOWN = "shown"
    """The login page shows the button, with any settings."""
    OFF = "off"
    """It is gone from the login page."""
    LABEL = "label"
    """The login page shows the button with the desired text."""
    MARKER = "marker"
    """The spelling that was written together with the secret."""


class _AtRocketChat:
    """A change that writes to Rocket.Chat."""

    side: ClassVar[System | None] = "Rocket.Chat"


class _AtEncvoyId:
    """A change that writes to Encvoy ID."""

    side: ClassVar[System | None] = "Encvoy ID"


class _AtNeither:
    """A change that writes to neither system."""

    side: ClassVar[System | None] = None


@dataclass(frozen=True)
class CreateService(_AtRocketChat):
    """The settings of the service exist in Rocket.Chat, switched off."""


@dataclass(frozen=True)
class CreateApplication(_AtEncvoyId):
    """An application exists at Encvoy ID."""


@dataclass(frozen=True)
class RemoveService(_AtRocketChat):
    """The settings of the service are gone from Rocket.Chat."""


@dataclass(frozen=True)
class DeleteApplication(_AtEncvoyId):
    """The application, which belongs only to us, is gone from Encvoy ID."""


@dataclass(frozen=True)
class RemoveCallback(_AtEncvoyId):
    """The application keeps only the callback addresses of others: so it stays."""


@dataclass(frozen=True)
class RemoveFormerCallbacks(_AtEncvoyId):
    """The application no longer has callback addresses from before `Site_Url` changed."""


@dataclass(frozen=True)
class DeleteTwin(_AtEncvoyId):
    """A second application, created by a request that was never answered, is gone."""

    client_id: str


@dataclass(frozen=True)
class WriteApplication(_AtEncvoyId):
    """These fields of the application are as desired."""

    fields: tuple[str, ...]


@dataclass(frozen=True)
class WriteApplicationSecret(_AtEncvoyId):
    """Encvoy ID accepts the desired secret and no other."""


@dataclass(frozen=True)
class AttachRules(_AtEncvoyId):
    """The application makes Encvoy ID ask people once to make these fields visible."""

    fields: tuple[str, ...]


@dataclass(frozen=True)
class DetachRules(_AtEncvoyId):
    """The application no longer makes Encvoy ID ask people for these fields."""

    fields: tuple[str, ...]


@dataclass(frozen=True)
class WriteService(_AtRocketChat):
    """These settings are as desired, written in one go; `secret` and `id` may be among them."""

    settings: tuple[str, ...]


@dataclass(frozen=True)
class WriteServiceSecret(_AtRocketChat):
    """Rocket.Chat has stored the desired secret, and after it the settle marker."""


@dataclass(frozen=True)
class SwitchService(_AtRocketChat):
    """The switch of the service is on, or off."""

    on: bool


@dataclass(frozen=True)
class AwaitLive(_AtNeither):
    """The stored settings have become live. Waiting is a change like any other."""

    what: Live


@dataclass(frozen=True)
class Prove(_AtNeither):
    """Encvoy ID accepts the desired secret and no other, and Rocket.Chat has it."""


@dataclass(frozen=True)
class ProveInUse(_AtNeither):
    """Rocket.Chat itself uses the desired secret, as far as this can be found out. A failure undoes nothing."""

    later: bool = False
    """Once more after a while: an instance with an outdated cache may have written the old secret back."""


@dataclass(frozen=True)
class CommitSecret(_AtNeither):
    """The pending secret becomes the current one in the bot's database."""


Change = (
    CreateService
    | CreateApplication
    | RemoveService
    | DeleteApplication
    | RemoveCallback
    | RemoveFormerCallbacks
    | DeleteTwin
    | WriteApplication
    | WriteApplicationSecret
    | AttachRules
    | DetachRules
    | WriteService
    | WriteServiceSecret
    | SwitchService
    | AwaitLive
    | Prove
    | ProveInUse
    | CommitSecret
)
