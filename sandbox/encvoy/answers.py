"""How the backend answers a failed request: with coded errors in the system's language, or with no answer at all.

Source: facts/encvoy-id.md §5.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

NGINX_504 = (
    "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n"
    "<center><h1>504 Gateway Time-out</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
NGINX_404 = NGINX_504.replace("504 Gateway Time-out", "404 Not Found")

ENGLISH = "en-US"
TEXTS: dict[str, dict[str, str]] = json.loads(
    resources.files("sandbox.encvoy").joinpath("error_texts.json").read_text(encoding="utf-8")
)
"""Code to its text in each language. Code must not depend on these texts: they change with the setting."""


def localized(code: str, language: str) -> str:
    """The text of a code; English for an unknown language."""
    return TEXTS[code].get(language, TEXTS[code][ENGLISH])


@dataclass
class ApiError(Exception):
    """A handled error of the management API. `code` such as `T3E0067` is translated; `text` is answered as it is."""

    status: int
    code: str | None = None
    text: str = ""
    details: str | None = None

    def __post_init__(self) -> None:
        super().__init__(self.status, self.code or self.text)


def invalid(messages: list[str]) -> ApiError:
    """The validation pipe's answer: all messages in one text."""
    return ApiError(400, text=", ".join(messages))


def unexpected(names: Iterable[str], known: Container[str]) -> list[str]:
    """The validation messages for members that are not known."""
    return [f"property {name} should not exist" for name in names if name not in known]


def no_strings(body: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """The validation messages for members that must be texts."""
    return [f"{name} must be a string" for name in names if not isinstance(body.get(name), str)]


class Hang(Exception):
    """An exception that the real server's filter does not handle: it is logged, and the request is never answered."""
