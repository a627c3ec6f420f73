"""The modern login engine of one workspace: its parts, joined (facts/rocketchat.md §3.4)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import aiohttp

from sandbox.rocketchat.instances import REQUEST_KEY
from sandbox.rocketchat.oauth.modern_completion import Completion
from sandbox.rocketchat.oauth.modern_flow import ModernFlow
from sandbox.rocketchat.oauth.modern_pages import ModernPages, PageHandler
from sandbox.rocketchat.oauth.modern_sessions import Sessions
from sandbox.rocketchat.oauth.modern_strategies import Strategies
from sandbox.rocketchat.workspace import Workspace


class ModernEngine:
    """Strategies for each instance, everything else for all. `client` makes the requests to the provider."""

    def __init__(
        self, workspace: Workspace, client: Callable[[], aiohttp.ClientSession], *, stale_scope: bool = False
    ) -> None:
        self._workspace = workspace
        self._strategies = {
            instance.id: Strategies(workspace, instance, stale_scope=stale_scope)
            for instance in workspace.instances.each
        }
        self.completion = Completion(workspace)
        self._sessions = Sessions(workspace.clock)
        self._flow = ModernFlow(workspace, self.completion, client)
        for instance in workspace.instances.each:
            instance.after_run.append(self._strategies[instance.id].rebuild)

    @property
    def strategies(self) -> Strategies:
        """Those of the one instance, or of the first."""
        return self._strategies[self._workspace.instances.first.id]

    def restart(self) -> None:
        """Every instance restarts."""
        for strategies in self._strategies.values():
            strategies.forget()
            strategies.rebuild()

    def pages(self, *, allowed: Callable[[str], bool], shell: PageHandler, callback: PageHandler) -> ModernPages:
        """Its routes, see `ModernPages`."""
        return ModernPages(
            self._flow,
            lambda request: self._strategies[request[REQUEST_KEY].id],
            self._sessions,
            allowed=allowed,
            origin=self._origin,
            shell=shell,
            callback=callback,
        )

    def _origin(self) -> str:
        site = urlsplit(str(self._workspace.settings.get("Site_Url", "")))
        return f"{site.scheme}://{site.netloc}"
