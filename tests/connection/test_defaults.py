"""The defaults of a service, beside those of the stand-in, which shares nothing with the product."""

from __future__ import annotations

from bot.connection.defaults import DEFAULTS
from sandbox.rocketchat.oauth_settings import FIELDS


def test_each_default_is_the_servers() -> None:
    assert dict(DEFAULTS) == {"": False} | {field.suffix: field.default for field in FIELDS}
