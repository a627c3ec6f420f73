"""What is to be done to a module as soon as somebody imports it: so a plugin that watches every test need not import
what few tests need."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

Then = Callable[[ModuleType], None]


def when_imported(name: str, then: Then) -> None:
    """Calls `then` with the module: at once if it is there, or else before anybody who imports it has it."""
    if (module := sys.modules.get(name)) is not None:
        then(module)
        return
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    _finder.waiting.setdefault(name, []).append(then)


class _Finder(MetaPathFinder):
    """Before all others, for the modules that are waited for."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[Then]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As Python would find it, with a loader that calls whoever waits."""
        if fullname not in self.waiting:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            _call_after(spec.loader, self.waiting.pop(fullname))
        return spec


def _call_after(loader: Loader, thens: Sequence[Then]) -> None:
    """The loader is this module's alone, and stays what it is to whoever asks for sources."""
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        for then in thens:
            then(module)

    loader.exec_module = exec_module  # type: ignore[method-assign]


_finder = _Finder()
