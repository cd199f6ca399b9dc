"""What must not matter does not: names, the order of objects and of nodes, and what is in another namespace.

Every run of ``tests/scenarios`` is asked again with its input changed so, and must be answered as before.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from kverify.checks import Options, Report, run
from kverify.checks.finding import Finding, Proof
from kverify.cluster.bundle import Bundle

SCENARIOS = Path(__file__).parents[2] / "scenarios"

Objects = list[dict[str, Any]]
Change = Callable[[Objects, Objects], tuple[Objects, Objects]]


def sound_runs() -> list[Any]:
    """The runs of all scenarios, but for those whose input is refused: (folder, manifest, cluster or nothing)."""
    found = []
    for path in sorted(SCENARIOS.glob("*/expect.yaml")):
        for case in yaml.safe_load(path.read_text("utf-8"))["runs"]:
            if "refused" not in case and case.get("command", "check") == "check":
                question = (path.parent.name, case["manifest"], case.get("cluster", ""))
                found.append(pytest.param(*question, id="-".join(filter(None, question)).replace(".yaml", "")))
    return found


def objects_of(path: Path) -> Objects:
    """The objects of a file, those in a List one by one."""
    return [
        item
        for document in yaml.safe_load_all(path.read_text("utf-8"))
        for item in (document["items"] if document["kind"] == "List" else [document])
    ]


def inputs(folder: str, manifest: str, cluster: str) -> tuple[Objects, Objects]:
    return objects_of(SCENARIOS / folder / manifest), objects_of(SCENARIOS / folder / cluster) if cluster else []


def check(wanted: Objects, existing: Objects) -> Report:
    """The report on two lists of objects, written to files as a user would."""
    with TemporaryDirectory() as directory:
        files = []
        for name, objects in (("wanted.yaml", wanted), ("existing.yaml", existing)):
            path = Path(directory, name)
            path.write_text(yaml.safe_dump_all(objects), "utf-8")
            files += [str(path)] * bool(objects)
        bundle, diagnostics = Bundle.read(files[:1], files[1:])
        assert not diagnostics
        return run(bundle, diagnostics, Options())


def answers(report: Report) -> Counter[object]:
    """What a report says, without the words: names of nodes and live pods, and which of several equal ones is shown,
    may differ."""

    def of_finding(f: Finding) -> object:
        causes = frozenset(re.sub(r"^(Node|Pod) \S+ ", r"\1 ", cause.path) for cause in f.causes)
        certainty = f.certainty and f.certainty.value
        # Which blocking placement is shown is Z3's choice, and so is how many pods it takes.
        steps = 0 if f.id == "KV3002" else len(f.steps)
        return f.id, str(f.severity), f.object, certainty, steps, causes, len(f.repairs)

    def of_proof(p: Proof) -> object:
        return p.id, p.object, p.message, str(p.verdict.outcome)

    return Counter([*map(of_finding, report.findings), *map(of_proof, report.proofs)])


@cache
def unchanged(folder: str, manifest: str, cluster: str) -> Counter[object]:
    return answers(check(*inputs(folder, manifest, cluster)))


# -- changes ---------------------------------------------------------------------------------------------------------


def order_reversed(wanted: Objects, existing: Objects) -> tuple[Objects, Objects]:
    return wanted[::-1], existing[::-1]


def nodes_in_the_manifests(wanted: Objects, existing: Objects) -> tuple[Objects, Objects]:
    """Nodes among the manifests are nodes all the same."""
    nodes = [item for item in existing if item["kind"] == "Node"]
    return [*wanted, *nodes], [item for item in existing if item["kind"] != "Node"]


def another_namespace(wanted: Objects, existing: Objects) -> tuple[Objects, Objects]:
    """A budget and a Service that would select the same pods, and forbid everything, were they not elsewhere."""
    labels = [o["spec"]["selector"]["matchLabels"] for o in wanted if o["kind"] == "Deployment"]
    others: Objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "elsewhere"}}]
    for i, selected in enumerate(labels):
        others += [
            {
                "apiVersion": "policy/v1",
                "kind": "PodDisruptionBudget",
                "metadata": {"name": f"never-{i}", "namespace": "elsewhere"},
                "spec": {"maxUnavailable": 0, "selector": {"matchLabels": selected}},
            },
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": f"service-{i}", "namespace": "elsewhere"},
                "spec": {"selector": selected, "ports": [{"port": 80}]},
            },
        ]
    return wanted, [*existing, *others]


CHANGES: list[Change] = [order_reversed, nodes_in_the_manifests, another_namespace]


@pytest.mark.parametrize(("folder", "manifest", "cluster"), sound_runs())
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_does_not_matter(change: Change, folder: str, manifest: str, cluster: str) -> None:
    wanted, existing = inputs(folder, manifest, cluster)
    changed = change(wanted, existing)
    assert answers(check(*changed)) == unchanged(folder, manifest, cluster)


# -- names -----------------------------------------------------------------------------------------------------------

NAMES = {
    **{"web": "shop-front", "db": "archive", "train": "model-7b", "small": "tiny", "big": "whale", "worker": "queue"},
    **{"quota": "at-most", "defaults": "usual", "tier": "whole-tier", "ingester": "reader", "everything": "all-pods"},
    **{f"n{i}": f"ip-10-0-0-{i}.internal" for i in range(1, 6)},
}


def renamed(value: Any) -> Any:
    """``value`` with every name in it exchanged: of objects, nodes and containers, in labels, selectors and claims."""
    if isinstance(value, dict):
        return {key: renamed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item) for item in value]
    return NAMES.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize(("folder", "manifest", "cluster"), sound_runs())
def test_names_do_not_matter(folder: str, manifest: str, cluster: str) -> None:
    def under_new_names(answer: Any) -> object:
        return tuple(frozenset(map(new, part)) if isinstance(part, frozenset) else new(part) for part in answer)

    def new(part: Any) -> Any:
        """A title, ``Deployment default/web``, or a cause in another object, ``Service default/web spec.selector``."""
        pattern = r"(?<= )(default|prod|tenant)/(\S+)"
        return re.sub(pattern, lambda found: f"{found[1]}/{NAMES[found[2]]}", part) if isinstance(part, str) else part

    wanted, existing = inputs(folder, manifest, cluster)
    expected = Counter(
        {under_new_names(answer): number for answer, number in unchanged(folder, manifest, cluster).items()}
    )
    assert answers(check(renamed(wanted), renamed(existing))) == expected


def test_the_changes_change_something() -> None:
    """Guards the tests above: an input that stays the same proves nothing."""
    wanted, existing = inputs("c07_single_replica_drain_downtime", "fails_budget.yaml", "cluster_3.yaml")
    before = copy.deepcopy((wanted, existing))
    for change in CHANGES:
        assert change(wanted, existing) != before
    assert "web" not in str(renamed(wanted)).replace("example.org/web", "")
    assert (wanted, existing) == before
