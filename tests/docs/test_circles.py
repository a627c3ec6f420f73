"""No module of the product imports, in whatever way, one that imports it."""

from __future__ import annotations

from collections.abc import Mapping

import grimp

PACKAGES = ("bot", "commands", "sandbox")


def circles(imports: Mapping[str, frozenset[str]]) -> list[str]:
    """The modules that lead back to themselves."""
    return sorted(module for module in imports if module in _reached(imports, module))


def _reached(imports: Mapping[str, frozenset[str]], module: str) -> set[str]:
    reached: set[str] = set()
    pending = set(imports[module])
    while pending:
        following = pending.pop()
        if following not in reached:
            reached.add(following)
            pending |= imports.get(following, frozenset())
    return reached


def test_no_import_leads_back_to_where_it_began() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports = {module: frozenset(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    assert len(imports) > 250
    assert circles(imports) == []


def test_a_circle_is_found_however_long_it_is() -> None:
    imports = {"a": frozenset({"b"}), "b": frozenset({"c"}), "c": frozenset({"a"}), "d": frozenset({"a"})}
    assert circles(imports) == ["a", "b", "c"]
