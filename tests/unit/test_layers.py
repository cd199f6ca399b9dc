"""Imports go one way through the layers, and heavy libraries are imported only where they are used."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "kverify"
LAYERS = ("manifest", "api", "cluster", "model", "spec", "engines", "checks", "report", "cli", "testing")
ROOMS = ("given", "deciding", "builtin", "declared", "runs", "fit", "fixes")
"""The folders of the checks, in the order in which one may use another; what lies beside them is used by all."""
LAZY = {"z3", "networkx"}
MODULES = sorted(PACKAGE.rglob("*.py"))
CHECKS = sorted((PACKAGE / "checks").rglob("*.py"))


def imports(tree: ast.Module, *, top_level: bool) -> set[str]:
    """Names of imported modules; at run time only, so not those under ``if TYPE_CHECKING``."""
    found: set[str] = set()
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif not top_level or not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            todo.extend(ast.iter_child_nodes(node))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_its_own_and_earlier_layers(path: Path) -> None:
    layer = path.relative_to(PACKAGE).parts[0]
    if layer not in LAYERS:
        return
    later = LAYERS[LAYERS.index(layer) + 1 :]
    used = imports(ast.parse(path.read_text("utf-8")), top_level=False)
    wrong = sorted(name for name in used if name.startswith(tuple(f"kverify.{other}" for other in later)))
    assert not wrong, f"{layer} must not know of {wrong}"


@pytest.mark.parametrize("path", CHECKS, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_the_checks_use_only_their_own_and_earlier_rooms(path: Path) -> None:
    room, *inside = path.relative_to(PACKAGE / "checks").parts
    if room in ("__init__.py", "api.py"):
        return
    later = ROOMS[ROOMS.index(room) + 1 :] if inside else ROOMS
    used = imports(ast.parse(path.read_text("utf-8")), top_level=False)
    wrong = sorted(name for name in used if name.startswith(tuple(f"kverify.checks.{other}" for other in later)))
    assert not wrong, f"{room} must not know of {wrong}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    used = imports(ast.parse(path.read_text("utf-8")), top_level=True)
    heavy = sorted(LAZY & {name.split(".")[0] for name in used})
    assert not heavy, f"import {heavy} inside the functions that need it"


def test_every_package_is_a_layer() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert folders == set(LAYERS)
    rooms = {p.name for p in (PACKAGE / "checks").iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert rooms == set(ROOMS)
