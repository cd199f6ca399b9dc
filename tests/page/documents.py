"""Reports in their JSON form, to make pages of."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from kverify.checks import Options, run
from kverify.cluster.bundle import Bundle
from kverify.report.json import to_json
from kverify.report.source import Sources

TESTS = Path(__file__).parents[1]
SCENARIOS = TESTS / "scenarios"


@cache
def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def names() -> tuple[str, ...]:
    """The names of all such reports."""
    files = (TESTS / "cli" / "golden" / "formats").glob("*.json")
    return tuple(sorted(path.stem for path in files if not path.name.endswith(".gitlab.json")))


def golden(name: str) -> Any:
    """A report that another test holds to what the command writes."""
    return copy.deepcopy(_read(TESTS / "cli" / "golden" / "formats" / f"{name}.json"))


@cache
def _checked(manifest: Path, cluster: Path | None, properties: tuple[str, ...]) -> Any:
    bundle, problems = Bundle.read([str(manifest)], [str(cluster)] if cluster else [])
    report = run(bundle, problems, Options(properties=properties))
    return to_json(report, report.exit_code(), Sources())


def checked(folder: str, manifest: str, cluster: str | None, *properties: str) -> Any:
    """The report of a scenario."""
    where = SCENARIOS / folder
    return copy.deepcopy(_checked(where / manifest, where / cluster if cluster else None, properties))


def lasso() -> Any:
    """Pods that are created and deleted for ever."""
    return checked("c13_toleration_that_ends", "fails.yaml", "cluster_3.yaml", "comes-to-rest")


def drain() -> Any:
    """A budget that lets no pod go; two of the three nodes are one place."""
    return checked("c01_pdb_equals_replicas", "fails_min_available.yaml", "cluster_3.yaml", "drain-ends")


def crowded(document: Any, nodes: int) -> Any:
    """``document`` with its first run among ``nodes`` nodes, the new ones without pods."""
    legend = document["findings"][0]["verdict"]["trace"]["legend"]
    more = [{**legend["places"][0], "name": f"more-{i}"} for i in range(nodes - len(legend["places"]))]
    changed = copy.deepcopy(document)
    changed["findings"][0]["verdict"]["trace"]["legend"]["places"] += more
    return changed


def replaced(document: Any, old: str, new: str) -> Any:
    """``document`` with one text put for another, wherever it is."""
    if isinstance(document, str):
        return document.replace(old, new)
    if isinstance(document, list):
        return [replaced(item, old, new) for item in document]
    if isinstance(document, dict):
        return {replaced(key, old, new): replaced(value, old, new) for key, value in document.items()}
    return document
