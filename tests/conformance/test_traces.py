"""Reality: recordings of a real control plane (v1.36.2, ``shared/traces``) are runs of the model, and nothing else is.

About half of all recordings are kept aside for acceptance, so those of random runs are found by what their summary
says, not by name.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from kverify.checks.runs.conform import Answer, Case, NotModelled, case_of, check_recording, follow, system_of
from kverify.cluster.recording import read_recording
from kverify.engines.explicit import explore
from kverify.model.build import build, settled_states
from kverify.model.components import deployment
from kverify.model.expr import Condition, Number, all_of, evaluate, integer, lift, maximum, minimum, total
from kverify.model.system import Action, TransitionSystem
from kverify.model.workload import Recreate, Revision, RollingUpdate, Strategy, Workload
from kverify.model.world import SERVING, Place, World

TRACES = Path(__file__).resolve().parents[3] / "shared" / "traces"
pytestmark = pytest.mark.skipif(not TRACES.is_dir(), reason="shared/traces is not next to this checkout")

ROLLOUTS: dict[str, tuple[int, Strategy, int, int]] = {
    # name: (replicas, strategy, least ready, largest sum of spec.replicas), as traces/README.md states them
    "a_rollout_25_25": (10, RollingUpdate(3, 2), 8, 13),
    "a_rollout_1_0": (3, RollingUpdate(1, 0), 3, 4),
    "a_rollout_0_1": (3, RollingUpdate(0, 1), 2, 3),
    "a_rollout_recreate": (3, Recreate(), 0, 3),
    "b_broken_25_25": (10, RollingUpdate(3, 2), 8, 13),
    "b_broken_1_0": (3, RollingUpdate(1, 0), 3, 4),
}
OUT_OF_SCOPE = {
    "a_pause_scale": "spec.replicas",
    "e_nodecrash": "StatefulSet",
    "f_pdb": "PodDisruptionBudget",
    "g_sts": "StatefulSet",
    "i_job": "Job",
    "k_service": "without a ReplicaSet",
    "l_hpa": "HorizontalPodAutoscaler",
}


def _random_runs() -> dict[str, dict[str, Any]]:
    """The unscaled Deployments among the random runs that are here, with their summaries."""
    summary = TRACES / "z_summary.jsonl"
    if not summary.is_file():
        return {}
    runs = [json.loads(line) for line in summary.read_text(encoding="utf-8").splitlines()]
    return {r["name"]: r for r in runs if "surge" in r and not r["scaled"] and (TRACES / f"{r['name']}.yaml").is_file()}


RANDOM = _random_runs()


def path_of(name: str, *, full: bool = False) -> Path:
    return TRACES / f"{name}{'.full' if full else ''}.jsonl.gz"


def only(path: Path) -> Answer:
    (answer,) = check_recording(path)
    return answer


# -- recordings are runs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("full", [False, True], ids=["short", "whole"])
@pytest.mark.parametrize("name", [*ROLLOUTS, "a_rollout_minready", "c_undo", *RANDOM])
def test_recording_is_a_run_of_the_model(name: str, full: bool) -> None:
    answer = only(path_of(name, full=full))
    assert answer.conformance.refusal is None
    assert answer.conformance.matched == answer.conformance.total > 50
    assert answer.conforms
    assert answer.case.assumptions == ()


@pytest.mark.parametrize("name", ROLLOUTS)
def test_bounds_are_those_of_the_readme(name: str) -> None:
    replicas, strategy, least, largest = ROLLOUTS[name]
    case = only(path_of(name)).case
    (workload,) = case.world.workloads
    assert (workload.replicas, workload.strategy) == (replicas, strategy)
    assert (case.bounds.least_ready, case.bounds.largest_sum) == (least, largest)
    assert (case.bounds.floor, case.bounds.ceiling) == (least, largest)


@pytest.mark.parametrize("name", RANDOM)
def test_bounds_are_those_of_the_summary(name: str) -> None:
    summary, bounds = RANDOM[name], only(path_of(name)).case.bounds
    assert (bounds.floor, bounds.ceiling) == (summary["ready_bound"], summary["live_bound"])
    assert (bounds.least_ready, bounds.removed) == (summary["min_ready"], summary["external"])
    assert bounds.kept


@pytest.mark.parametrize("name", ["a_rollout_1_0", "a_rollout_0_1", "a_rollout_recreate"])
def test_bounds_are_the_extremes_of_everything_the_model_can_do(name: str) -> None:
    replicas, strategy, least, largest = ROLLOUTS[name]
    old, new, place = Revision("old", "old"), Revision("new", "new"), Place("a node")
    world = World(workloads=(_workload(replicas, strategy, old, new),), places=(place,), stale=True)
    starts = settled_states(world, [{("old", place.name): replicas}], [old])
    # Terminating pods do not bound anything here; a rollout that waits for none of them is enough.
    search = explore(build(name, world, starts=starts))
    assert search.complete
    ready = total(world.count(r, SERVING) for r in world.revisions)
    specs = total(integer(world.spec(r)) for r in world.revisions)
    views = [search.system.view(state) for state in search.states]
    assert (min(evaluate(ready, v) for v in views), max(evaluate(specs, v) for v in views)) == (least, largest)


def _workload(replicas: int, strategy: Strategy, old: Revision, new: Revision) -> Workload:
    return Workload(name="web", replicas=replicas, revisions=(old, new), strategy=strategy, target=1)


@pytest.mark.parametrize("name", OUT_OF_SCOPE)
def test_what_is_not_modelled_is_said(name: str) -> None:
    with pytest.raises(NotModelled, match=OUT_OF_SCOPE[name]):
        check_recording(path_of(name))


def test_a_container_that_exits_is_refused_where_it_does() -> None:
    refusal = only(path_of("b_broken_crash")).conformance.refusal
    assert refusal is not None
    assert [(before, after) for name, before, after in refusal.changes if name.startswith("ready")] == [(3, 2)]


# -- tampered recordings are refused -----------------------------------------------------------------------------------

Lines = list[dict[str, Any]]


def tampered(tmp_path: Path, name: str, change: Callable[[Lines], None]) -> Answer:
    """The answer to a recording after ``change``, which may alter its lines (in the order of the writes)."""
    with gzip.open(path_of(name), "rt", encoding="utf-8") as file:
        lines: Lines = [json.loads(line) for line in file]
    lines.sort(key=lambda line: int(line.get("rv", 0)))
    change(lines)
    path = tmp_path / f"{name}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (tmp_path / f"{name}.yaml").write_text((TRACES / f"{name}.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return only(path)


def of_kind(lines: Lines, kind: str, verb: str) -> Iterator[dict[str, Any]]:
    return (line for line in lines if line.get("kind") == kind and line["ev"] == verb)


def refused_at(answer: Answer) -> int:
    """The resourceVersion at which the model cannot follow."""
    refusal = answer.conformance.refusal
    assert refusal is not None
    return int(refusal.observation.label.rpartition("resourceVersion ")[2].rstrip(")"))


@pytest.mark.parametrize("name", ["a_rollout_25_25", "a_rollout_1_0", "a_rollout_recreate", "b_broken_1_0"])
def test_one_pod_too_many_is_refused(name: str, tmp_path: Path) -> None:
    version = 0

    def add_a_pod(lines: Lines) -> None:
        nonlocal version
        last = list(of_kind(lines, "Pod", "ADDED"))[-1]
        version = max(int(line.get("rv", 0)) for line in lines) + 1
        lines.append({**last, "name": "one-too-many", "rv": str(version)})

    assert refused_at(tampered(tmp_path, name, add_a_pod)) == version


@pytest.mark.parametrize("name", ["a_rollout_25_25", "a_rollout_1_0", "b_broken_25_25", "b_broken_1_0"])
def test_surge_plus_one_is_refused(name: str, tmp_path: Path) -> None:
    version = 0

    def one_more(lines: Lines) -> None:
        nonlocal version
        new = list(of_kind(lines, "ReplicaSet", "ADDED"))[1]
        version = int(new["rv"])
        new["replicas"] += 1

    answer = tampered(tmp_path, name, one_more)
    assert refused_at(answer) == version
    refusal = answer.conformance.refusal
    assert refusal is not None
    assert any("scales up" in text for text in refusal.instead)


def test_scaling_down_before_anything_is_ready_is_refused(tmp_path: Path) -> None:
    version = 0

    def too_early(lines: Lines) -> None:
        """Without unavailability nothing old may go before something new is available; here it goes at once."""
        nonlocal version
        new = list(of_kind(lines, "ReplicaSet", "ADDED"))[1]
        first = next(of_kind(lines, "ReplicaSet", "MODIFIED"))
        version = int(new["rv"]) + 1
        lines[:] = [line for line in lines if int(line.get("rv", 0)) != version]
        lines.append({**first, "t": new["t"], "replicas": 2, "rv": str(version)})

    answer = tampered(tmp_path, "a_rollout_1_0", too_early)
    assert refused_at(answer) == version
    refusal = answer.conformance.refusal
    assert refusal is not None
    assert any("scale down web old needs" in text for text in refusal.blocked)


def test_writes_out_of_order_are_refused(tmp_path: Path) -> None:
    def swap(lines: Lines) -> None:
        """The new ReplicaSet grows before the old one shrinks."""
        specs: dict[str, int] = {}
        changes = []
        for line in lines:
            if line.get("kind") == "ReplicaSet":
                if line["ev"] == "MODIFIED" and specs[line["name"]] != line["replicas"]:
                    changes.append(line)
                specs[line["name"]] = line["replicas"]
        down, up = next((a, b) for a, b in pairwise(changes) if a["name"] != b["name"])
        down["rv"], up["rv"] = up["rv"], down["rv"]

    assert not tampered(tmp_path, "a_rollout_1_0", swap).conforms


def test_a_deletion_that_nobody_asked_for_is_refused(tmp_path: Path) -> None:
    names = [name for name, run in RANDOM.items() if run["external"]]
    if not names:
        pytest.skip("no recording here has a pod deleted by the driver")

    def acquit(lines: Lines) -> None:
        lines[:] = [line for line in lines if not line.get("action", "").startswith(("evict ", "delete "))]

    answer = tampered(tmp_path, names[0], acquit)
    assert answer.conformance.refusal is not None
    assert answer.conformance.refusal.observation.label.split(": ")[1].startswith("Pod ")


def test_a_missing_write_is_refused(tmp_path: Path) -> None:
    def lose(lines: Lines) -> None:
        """Nobody makes the first pod of the new version, which all that follows depends on."""
        new = list(of_kind(lines, "ReplicaSet", "ADDED"))[1]["name"]
        lost = next(pod["name"] for pod in of_kind(lines, "Pod", "ADDED") if pod["owner"] == [f"ReplicaSet/{new}"])
        lines[:] = [line for line in lines if line.get("name") != lost]

    assert not tampered(tmp_path, "a_rollout_0_1", lose).conforms


# -- a wrong model is found out ----------------------------------------------------------------------------------------


def case_from(name: str) -> Case:
    recording = read_recording(path_of(name))
    return case_of(recording, "web", recording.replica_sets("web"), 0)


def mutated(system: TransitionSystem, change: Callable[[Action], Action]) -> TransitionSystem:
    return evolve(system, actions=tuple(change(action) for action in system.actions))


def without_cleanup(monkeypatch: pytest.MonkeyPatch) -> None:
    """A controller that scales down what is available but does not clean up what is unhealthy."""

    def scaled_down(
        world: World, workload: Workload, strategy: RollingUpdate, _: Revision, old: list[Revision]
    ) -> tuple[dict[str, Number | Condition], Condition]:
        floor = workload.replicas - strategy.unavailable
        spare = total(world.reported(r) for r in workload.revisions) - floor
        updates: dict[str, Number | Condition] = {}
        scaled: Number = 0
        for r in old:
            spec = integer(world.spec(r))
            take = maximum([0, minimum([spec, spare - scaled])])
            updates[world.spec(r)] = spec - take
            scaled = scaled + take
        return updates, scaled >= 1

    monkeypatch.setattr(deployment, "_scaled_down", scaled_down)


def test_the_case_as_it_is_conforms() -> None:
    case = case_from("b_broken_25_25")
    assert follow(case, system_of(case.world)).conforms


def test_a_model_without_cleanup_of_unhealthy_replicas_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_from("z_dep_101" if "z_dep_101" in RANDOM else next(iter(RANDOM)))
    without_cleanup(monkeypatch)
    result = follow(case, system_of(case.world))
    assert result.refusal is not None
    assert result.refusal.changes[0][0].startswith("spec.replicas")


@pytest.mark.parametrize("surge", [-1, 1])
def test_a_model_with_another_surge_is_refused(surge: int) -> None:
    case = case_from("a_rollout_25_25")
    assert not follow(case, _with(case, surge=3 + surge, unavailable=2)).conforms


@pytest.mark.parametrize("unavailable", [1, 3])
def test_a_model_with_another_unavailability_is_refused(unavailable: int) -> None:
    case = case_from("a_rollout_25_25")
    assert not follow(case, _with(case, surge=3, unavailable=unavailable)).conforms


def _with(case: Case, *, surge: int, unavailable: int) -> TransitionSystem:
    (workload,) = case.world.workloads
    changed = evolve(workload, strategy=RollingUpdate(surge, unavailable))
    return system_of(evolve(case.world, workloads=(changed,)))


def test_a_model_that_counts_terminating_pods_is_refused() -> None:
    """maxSurge does not bound terminating pods: 18 at once in this recording."""
    case = case_from("a_rollout_25_25")

    def careful(action: Action) -> Action:
        if not action.name.startswith("create "):
            return action
        pods = total(e for name, e in case.projection.items() if name.startswith(("live", "terminating")))
        return evolve(action, guard=all_of([action.guard, pods < 13]))

    assert not follow(case, mutated(system_of(case.world), careful)).conforms


def test_a_recreate_that_never_finds_the_old_pods_gone_is_refused() -> None:
    case = case_from("a_rollout_recreate")
    (workload,) = case.world.workloads
    first = workload.revisions[0]
    left = case.projection[f"terminating pods of {first.key}"]

    def hasty(action: Action) -> Action:
        if action.name != f"scale {workload.revisions[1].key}":
            return action
        return evolve(action, guard=all_of([action.guard, lift(left) >= 1]))

    assert not follow(case, mutated(system_of(case.world), hasty)).conforms
