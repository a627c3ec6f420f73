"""What a process with the modern login engine holds of each service (facts/rocketchat.md §3.4, §5.5).

A run of updateOAuthServices replaces each strategy in one step by one that holds client id, secret and addresses as the
settings of this very process were then. Two things of earlier runs stay until the process starts anew: every user hook,
and, in versions before the routes were cleaned up, the scope of the first route.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from sandbox.rocketchat.documents import Document
from sandbox.rocketchat.instance import Instance
from sandbox.rocketchat.login_services import built
from sandbox.rocketchat.oauth_settings import key, normalised
from sandbox.rocketchat.workspace import Workspace

_NEEDED = ("clientId", "secret", "serverURL")
"""Without one of them no strategy is registered."""


@dataclass(frozen=True)
class Strategy:
    """One service as people sign in by it now."""

    service: str
    fields: Document = field(repr=False)
    """As in the live record, the secret included."""
    callback_url: str
    scope: str
    hooks: tuple[Document, ...] = field(repr=False)
    """The fields of every user hook that this process has added so far, the oldest first."""

    @property
    def provider(self) -> str:
        """Host of the provider: a browser has one sign-in under way for each."""
        return urlsplit(self._below("authorizePath")).hostname or ""

    @property
    def token_url(self) -> str:
        """Joined as text: an absolute path leads nowhere."""
        return self._below("tokenPath")

    @property
    def identity_url(self) -> str:
        """The one path that may be absolute."""
        path = str(self.fields.get("identityPath") or "")
        return path if path.startswith(("http://", "https://")) else self._below("identityPath")

    @property
    def popup(self) -> bool:
        """Whether the sign-in ends in a window of its own."""
        return bool(self.fields.get("loginStyle") == "popup")

    def authorize_url(self, state: str, challenge: str) -> str:
        """Where a browser is sent. A query in the path is kept, as passport merges it."""
        url = urlsplit(self._below("authorizePath"))
        query = dict(parse_qsl(url.query, keep_blank_values=True)) | {
            "response_type": "code",
            "redirect_uri": self.callback_url,
            "scope": self.scope,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "client_id": str(self.fields["clientId"]),
        }
        if not self.scope:
            del query["scope"]
        return url._replace(query=urlencode(query, quote_via=quote, safe="!'()*")).geturl()

    def _below(self, path: str) -> str:
        return f"{self.fields['serverURL']}{self.fields.get(path) or ''}"


class Strategies:
    """Those of one process. `stale_scope`: routes accumulate, so the scope of the first one stays."""

    def __init__(self, workspace: Workspace, instance: Instance, *, stale_scope: bool = False) -> None:
        self._workspace = workspace
        self._instance = instance
        self._stale_scope = stale_scope
        self._strategies: dict[str, Strategy] = {}
        self._first_scopes: dict[str, str] = {}
        self._hooks: dict[str, list[Document]] = {}

    def rebuild(self) -> None:
        """Rebuilds all strategies from the instance's cache. Entries of kind `strategy` in the ledger record from when
        on people sign in with which secret, and at which instance."""
        self._strategies = {}
        if not self._workspace.modern_login:
            return
        for service, fields in built(self._instance):
            if fields and fields["custom"] and all(fields.get(name) for name in _NEEDED):
                self._register(service, fields)

    def get(self, service: str) -> Strategy | None:
        """The strategy of a service; None where the router steps aside: the engine is not in use, the switch is off
        (which counts at once), or there was never enough to register one."""
        switched_on = self._instance.get(key(normalised(service))) is True
        return self._strategies.get(service) if self._workspace.modern_login and switched_on else None

    def forget(self) -> None:
        """The process restarts."""
        self._strategies, self._first_scopes, self._hooks = {}, {}, {}

    def _register(self, service: str, fields: Document) -> None:
        scope = str(fields.get("scope") or "")
        first = self._first_scopes.setdefault(service, scope)
        hooks = self._hooks.setdefault(service, [])
        if not hooks or hooks[-1] != fields:
            hooks.append(dict(fields))
        site = str(self._workspace.settings.get("Site_Url", "")).rstrip("/")
        self._strategies[service] = Strategy(
            service,
            dict(fields),
            callback_url=f"{site}/_oauth/{service}",
            scope=first if self._stale_scope else scope,
            hooks=tuple(hooks),
        )
        body = {"service": service, "client_id": fields["clientId"], "secret": fields["secret"], "fields": fields}
        self._workspace.ledger.add("strategy", body=body | {"instance": self._instance.id})
