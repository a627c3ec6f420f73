"""How the pages of both stand-ins look, and what a browser may load for them: nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from aiohttp import web

STYLESHEET = "/sandbox/plain.css"
"""Where each stand-in serves it, below its own address."""
_SHEET = Path(__file__).parent / "plain.css"
_TYPES = {".css": "text/css", ".js": "text/javascript"}


def page(html: str, *, status: int = 200, script: str = "", style: str = "'self'") -> web.Response:
    """An HTML page. The only inline script that runs is `script`, which must be in the page unchanged; `style` is
    where styles may come from. The targets of its forms are not restricted: Encvoy ID's forms lead back to the
    client."""
    policy = (
        f"default-src 'none'; script-src 'self'{_fingerprint(script)}; style-src {style}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return web.Response(text=html, status=status, content_type="text/html", headers=headers)


def file(path: Path) -> web.Response:
    """A stylesheet or a script."""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return web.Response(text=path.read_text(encoding="utf-8"), content_type=_TYPES[path.suffix], headers=headers)


async def stylesheet(_: web.Request) -> web.Response:
    """The stylesheet of all pages."""
    return file(_SHEET)


def _fingerprint(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f" 'sha256-{digest}'" if script else ""
