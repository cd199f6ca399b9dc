"""What there is in a repository to be checked: manifests, nodes, charts, kustomizations, specifications.

Only files that kverify would read are looked at, and nothing is run. What Helm or Kustomize render is not a manifest as
it lies there, so those directories are named apart.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from kverify.api.registry import TOOL_FILES, TOOL_GROUPS
from kverify.manifest import Severity, read_text
from kverify.manifest.files import SUFFIXES, decode
from kverify.spec.language.library import EXTENSION, read_files

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_NOT_OURS = frozenset({"node_modules", "vendor", "__pycache__", "venv", "site-packages"})
_REFERS = ("resources", "bases", "components", "patchesStrategicMerge", "crds")
_LOOKS_LIKE_ONE = re.compile(r"^(apiVersion|kind)[ \t]*:", re.MULTILINE)
_LARGEST = 20_000_000
"""Files of more bytes are not looked into: a dump that large is named by hand."""


class Content(Enum):
    """What a file holds. ``TOOL``: kverify reads it and passes over it. ``OTHER``: it would be refused."""

    MANIFEST = "manifest"
    CLUSTER = "cluster"
    TOOL = "tool"
    OTHER = "other"


@frozen(kw_only=True)
class Survey:
    """Paths relative to the directory that was looked at, with slashes, sorted.

    ``manifests`` are directories of which every file can be checked, and single files of others; ``cluster`` are files
    with nodes; ``charts`` and ``kustomizations`` are what is to be rendered (those that nothing else refers to).
    """

    manifests: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
    kustomizations: tuple[str, ...] = ()
    specs: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """There is nothing to check."""
        return not (self.manifests or self.charts or self.kustomizations)


def survey(root: Path) -> Survey:
    """Look at all that lies below ``root``; hidden directories and links to directories are left out."""
    walk = _Walk(root)
    top = walk.folder(root)
    names = {
        "manifests": [*top.files, *(path for inner in top.folders for path in _covered(inner))],
        "cluster": [path for path, content in walk.files.items() if content is Content.CLUSTER],
        "charts": walk.charts,
        "kustomizations": [path for path in walk.kustomizations if path not in walk.parts],
        "specs": walk.specs,
    }
    return Survey(**{key: tuple(sorted(_named(paths, root))) for key, paths in names.items()})


def _named(paths: Iterable[Path], root: Path) -> Iterator[str]:
    """The names that can be written into a file and a command line: others are nobody's habit."""
    for path in paths:
        name = path.relative_to(root).as_posix()
        if name.isprintable() and not name.startswith("-"):
            yield name


@define
class _Folder:
    """``files`` are the manifests in it. ``whole``: everything in it, and below it, can be read as it lies there."""

    path: Path
    files: list[Path] = field(factory=list)
    folders: list[_Folder] = field(factory=list)
    whole: bool = True


def _covered(folder: _Folder) -> Iterator[Path]:
    """The directory, if all of it can be checked; else what can be of it."""
    if folder.whole and _any(folder):
        yield folder.path
        return
    yield from folder.files
    for inner in folder.folders:
        yield from _covered(inner)


def _any(folder: _Folder) -> bool:
    return bool(folder.files) or any(map(_any, folder.folders))


@define
class _Walk:
    root: Path
    files: dict[Path, Content] = field(factory=dict)
    charts: list[Path] = field(factory=list)
    kustomizations: list[Path] = field(factory=list)
    parts: set[Path] = field(factory=set)
    specs: list[Path] = field(factory=list)

    def folder(self, path: Path) -> _Folder:
        """What there is in a directory and below it."""
        found = _Folder(path)
        entries = sorted(path.iterdir())
        names = {entry.name for entry in entries}
        if "Chart.yaml" in names:
            self.charts.append(path)
            found.whole = False
            return found
        kustomized = next((name for name in KUSTOMIZATIONS if name in names), None)
        if kustomized is not None:
            content = _plain(path / kustomized)
            # A component is a part of others and never built alone.
            self.parts |= {*_referred(path, content), *([path] if content.get("kind") == "Component" else [])}
            self.kustomizations.append(path)
        for entry in entries:
            if entry.name.startswith(".") or entry.name in _NOT_OURS:
                # Hidden directories are not read; the others are, by whoever names this one.
                found.whole &= entry.name.startswith(".") or not entry.is_dir()
            elif entry.is_dir() and not entry.is_symlink():
                inner = self.folder(entry)
                found.folders.append(inner)
                found.whole &= inner.whole
            elif entry.suffix == EXTENSION and entry.is_file() and not read_files([str(entry)])[1]:
                # Other programs have files of that name.
                self.specs.append(entry)
            elif entry.suffix.lower() in SUFFIXES and entry.is_file():
                self.add(found, entry)
        if kustomized is not None:
            return _Folder(path, whole=False)
        return found

    def add(self, folder: _Folder, file: Path) -> None:
        content = self.files[file] = _content(file)
        if content is Content.MANIFEST:
            folder.files.append(file)
        folder.whole &= content is not Content.OTHER


def _content(file: Path) -> Content:
    try:
        data = file.read_bytes() if file.stat().st_size <= _LARGEST else b""
    except OSError:
        return Content.OTHER
    text = decode(data)
    read = read_text(text, str(file))
    kinds = {_kind(file, document.plain) for document in read.documents}
    if not kinds and any(problem.severity is Severity.ERROR for problem in read.diagnostics):
        # What cannot be read and was meant to be a manifest is to be told of.
        meant = len(set(_LOOKS_LIKE_ONE.findall(text))) == 2 and "{{" not in text
        return Content.MANIFEST if meant else Content.OTHER
    # A file of nodes describes a cluster; one with anything else beside them is to be applied.
    for content in (Content.OTHER, Content.MANIFEST, Content.CLUSTER):
        if content in kinds:
            return content
    return Content.TOOL


def _kind(file: Path, plain: Any) -> Content:
    if not isinstance(plain, dict):
        return Content.OTHER
    version, kind = plain.get("apiVersion"), plain.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str):
        return Content.TOOL if file.name in TOOL_FILES and kind is None else Content.OTHER
    if version.rpartition("/")[0] in TOOL_GROUPS:
        return Content.TOOL
    items = plain.get("items")
    inner = items if isinstance(items, list) and kind.endswith("List") else []
    kinds = [kind, *(item.get("kind") for item in inner if isinstance(item, dict))]
    return Content.CLUSTER if "Node" in kinds or kind == "NodeList" else Content.MANIFEST


def _plain(file: Path) -> Mapping[str, Any]:
    try:
        documents = read_text(decode(file.read_bytes()), str(file)).documents
    except OSError:
        return {}
    return documents[0].plain if documents and isinstance(documents[0].plain, dict) else {}


def _referred(folder: Path, kustomization: Mapping[str, Any]) -> Iterator[Path]:
    """The directories that a kustomization takes in."""
    for key in _REFERS:
        rows = kustomization.get(key)
        for name in rows if isinstance(rows, list) else ():
            if isinstance(name, str) and "://" not in name and "\n" not in name:
                yield Path(os.path.normpath(folder / name))
