"""What may happen in a scenario of the user: each event, what it breaks and what it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from kverify.checks import Options
from kverify.checks.deciding.case import Case
from kverify.checks.declared.scenarios import cases
from kverify.checks.given.context import Context
from kverify.engines.explicit import explore
from kverify.model.environment.limited import left
from kverify.model.expr import all_of, integer, negate
from kverify.spec.compile import Script
from kverify.spec.language.library import assemble
from tests.unit.cluster.cluster_helpers import bundle

from .properties_helpers import WEB, ask, nodes, one, outcomes


def test_a_cordon_evicts_nothing() -> None:
    cordon = "scenario cordon\n  starts with cordon\n"
    assert one("always available(d) >= 2", "cordon", more=cordon) == "holds"
    assert one("eventually drained()", "cordon", more=cordon) == "unknown"
    deleted = cordon + "  at most 1 delete_pod\n"
    assert one("always available(d) >= 2", "cordon", more=deleted) == "violated"
    # The one other node has no room for both.
    full = nodes(2).replace("pods: 110", "pods: 1")
    assert one("eventually always complete(d)", "cordon", more=deleted, cluster=full) == "violated"
    assert one("eventually always complete(d)", "cordon", more=deleted, cluster=nodes(2)) == "holds"


def during(event: str, more: str = "") -> str:
    """The scenario ``both``: a rollout, and something that happens to a node in the middle of it."""
    return f"scenario both\n  starts with rollout\n  at most 1 {event}\n{more}"


@pytest.mark.parametrize("cluster", ["", nodes(3)])
@pytest.mark.parametrize(
    ("event", "formula", "outcome"),
    [
        ("drain", "eventually always complete(d) and drained()", "holds"),
        ("drain", "always available(d) >= 1", "violated"),
        ("cordon", "always available(d) >= 2", "holds"),
        ("cordon", "eventually always complete(d)", "holds"),
        ("taint", "always available(d) >= 1", "violated"),
        ("taint", "eventually always complete(d)", "holds"),
        ("node_crash", "eventually always complete(d)", "holds"),
        ("node_crash", "always available(d) >= 2", "violated"),
        ("kubelet_restart", "always available(d) >= 2", "holds"),
        ("kubelet_restart", "eventually always complete(d)", "holds"),
        ("drain", "possibly complete(d) and terminating(d) == 0 and not drained()", "holds"),
    ],
)
def test_a_node_may_get_into_trouble_in_a_rollout(event: str, formula: str, outcome: str, cluster: str) -> None:
    # Recoverable wherever there is room for all of it: each run may put all pods on one node.
    assert one(formula, "both", more=during(event), cluster=cluster) == outcome


def test_no_trouble_that_may_come_has_to_come() -> None:
    for event in ("drain", "taint", "node_crash"):
        assert one("possibly always_two(d)", "both", more=during(event) + DEFINED) == "holds"


DEFINED = "define always_two(d: Deployment) = complete(d) and disturbance_over() and terminating(d) == 0\n"


def test_a_kubelet_that_is_back_in_time_changes_nothing() -> None:
    restart = "scenario restart\n  starts with kubelet_restart\n"
    for cluster in ("", nodes(2)):
        assert (
            one("always available(d) == 2 and terminating(d) == 0", "restart", more=restart, cluster=cluster) == "holds"
        )
        assert one("eventually disturbance_over()", "restart", more=restart, cluster=cluster) == "holds"


def test_a_kubelet_before_1_35_asks_probes_anew() -> None:
    restart = "scenario restart\n  starts with kubelet_restart\n"
    rolls = "scenario restart\n  starts with rollout\n  at most 1 kubelet_restart\n"
    probed = WEB.replace("web:1}", "web:1, readinessProbe: {tcpSocket: {port: 80}}}")
    kept, back = "always ready(d) == 2", "eventually always complete(d)"
    for version, wanted, expected in (("1.34", probed, "violated"), ("1.34", WEB, "holds"), ("1.35", probed, "holds")):
        assert one(kept, "restart", more=restart, wanted=wanted, kubernetes_version=version) == expected, (
            version,
            expected,
        )
        assert one(back, "restart", more=rolls, wanted=wanted, kubernetes_version=version) == "holds"


def test_nodes_that_only_old_pods_tell_apart_are_all_asked_about() -> None:
    """The old pod runs on the second node, because of its selector; the new one does not have it any more."""
    single = WEB.partition("---")[0].replace("replicas: 2", "replicas: 1")
    selects = single.replace("      containers", "      nodeSelector: {disk: ssd}\n      containers").replace(
        "UNAVAILABLE", "0"
    )
    cluster = nodes(2, zones=1).replace("hostname: n2,", "hostname: n2, disk: ssd,")
    trouble = "scenario s\n  starts with rollout\n  at most 1 node_crash\n"
    lost = "never available(d) == 0 and replicas(d) > updated(d)"
    assert one(lost, "s", more=trouble, wanted=single, cluster=cluster, previous=selects) == "violated"


def test_an_outage_takes_readiness_from_all_or_none() -> None:
    perhaps, now = (f"scenario s\n  {clause} outage\n" for clause in ("at most 1", "starts with"))
    assert one("always ready(d) >= 1", "s", more=perhaps) == "violated"
    assert one("possibly ready(d) == 0", "s", more=perhaps) == "holds"
    assert one("always eventually ready(d) == 2", "s", more=now) == "violated"
    lost = "ready(d) <= 1 leads to ready(d) == 0"
    assert one(lost, "s", more=perhaps) == "holds"
    assert one("always replicas(d) == 2", "s", more=perhaps) == "holds", "nothing is deleted because it is not Ready"


def test_replicas_may_change() -> None:
    rolls = "scenario s\n  starts with rollout\n  at most 1 scale\n"
    rests = "scenario s\n  at most 1 scale\n"
    assert one("eventually always complete(d)", "s", more=rolls) == "holds"
    assert one("eventually always complete(d)", "s", more=rests, cluster=nodes(2)) == "holds"
    assert one("possibly desired(d) == 4 and available(d) == 4", "s", more=rests) == "holds"
    assert one("possibly desired(d) == 5", "s", more=rests) == "violated"
    assert one("always available(d) >= 2", "s", more=rests) == "violated"
    assert one("always wanted(d) <= desired(d)", "s", more=rests) == "violated", "not at the same moment"
    assert one("always desired(d) >= 2 implies available(d) >= 1", "s", more=rests) == "holds"
    full = nodes(1).replace("pods: 110", "pods: 3")
    assert one("eventually always complete(d)", "s", more=rests, cluster=full) == "violated", "the fourth finds no node"


def test_an_autoscaler_says_between_which_counts() -> None:
    rests = "scenario s\n  at most 1 scale\n"
    scaled = (WEB + SCALED).replace("replicas: 2", "replicas: 3")
    assert one("always desired(d) >= 3 and desired(d) <= 6", "s", more=rests, wanted=scaled) == "holds"
    assert one("possibly desired(d) == 6", "s", more=rests, wanted=scaled) == "holds"


def test_a_tool_that_holds_the_manifest_and_an_autoscaler_that_does_not() -> None:
    gitops = "scenario s\n  starts with self_heal\n"
    assert one("comes to rest", "s", more=gitops) == "holds"
    assert one("always available(d) == 2", "s", more=gitops) == "holds"
    assert one("comes to rest", "s", more=gitops, wanted=WEB + SCALED) == "violated"
    within = (WEB + SCALED).replace("replicas: 2", "replicas: 4")
    assert one("comes to rest", "s", more=gitops, wanted=within) == "violated", "the load may ask for another number"
    alone = within.replace("minReplicas: 3", "minReplicas: 4").replace("maxReplicas: 6", "maxReplicas: 4")
    assert one("comes to rest", "s", more=gitops, wanted=alone) == "holds"
    assert one("comes to rest", "s", more=gitops, wanted=within.replace("  replicas: 4\n", "", 1)) == "holds"
    # Whatever somebody does, the tool undoes it, once.
    scaled = gitops + "  at most 1 scale\n"
    assert one("eventually always desired(d) == 2", "s", more=scaled) == "holds"
    assert one("always desired(d) == 2", "s", more=scaled) == "violated"


def test_a_paused_rollout_waits_and_keeps_its_size() -> None:
    paused = "scenario s\n  starts with rollout\n  at most 1 pause\n"
    resumed = paused + "  at most 1 resume\n  pause before resume\n"
    assert one("eventually always complete(d)", "s", more=paused) == "violated"
    for scenario in (paused, resumed):
        assert one("possibly complete(d)", "s", more=scenario) == "holds"
        assert one("always available(d) >= 2", "s", more=scenario) == "holds"
        assert one("always wanted(d) <= desired(d) + max_surge(d)", "s", more=scenario) == "holds"
        assert one("updated(d) == 2 and available(d) == 3 leads to replicas(d) == 2", "s", more=scenario) == "holds"
        assert one("comes to rest", "s", more=scenario) == "holds"
    assert one("once desired(d) == 3, always complete(d)", "s", more=resumed) == "vacuous"
    assert one("recoverable complete(d)", "s", more=paused) == "violated", "people are not asked to help"
    report = ask(f"{paused}property p\n  under s\n  for d in Deployment\n  eventually always complete(d)\n")
    assert "Deployment default/web is paused" in report.findings[0].outcome


def test_what_starts_broken_never_gets_well() -> None:
    broken, perhaps = (
        "scenario s\n  starts with crash_loop\n",
        "scenario s\n  starts with rollout\n  at most 1 crash_loop\n",
    )
    assert one("never updated(d) == 2", "s", more=broken) == "holds"
    assert one("never updated(d) == 2", "s", more=perhaps) == "violated"


@pytest.mark.parametrize(
    ("clauses", "absent", "present"),
    [
        ("starts with rollout", "scenario names", "images can be pulled"),
        ("starts with image_pull_failure", "images can be pulled", "nothing else disturbs it"),
        ("starts with rollout\n  at most 1 crash_loop", "images can be pulled", "current status"),
        ("starts with rollout\n  at most 1 stale_status", "current status", "what the scenario names"),
        ("starts with rollout\n  at most 1 drain", "nothing else disturbs it", "images can be pulled"),
        ("starts with drain\n  at most 1 outage", "containers become ready", "what the scenario names"),
    ],
)
def test_what_a_scenario_takes_back_is_not_assumed(clauses: str, absent: str, present: str) -> None:
    report = ask(f"scenario s\n  {clauses}\n\nproperty p\n  under s\n  for d in Deployment\n  always wanted(d) >= 0\n")
    (proof,) = report.proofs
    said = "; ".join(proof.verdict.assumptions)
    assert absent not in said
    assert present in said


def test_status_that_lags_behind_keeps_the_promise_all_the_same() -> None:
    lagging = "scenario lag\n  starts with rollout\n  at most 1 stale_status\n"
    assert one("always available(d) >= 2", "lag", more=lagging) == "holds"
    assert one("eventually always complete(d)", "lag", more=lagging) == "holds"


UNDO = "scenario undo\n  starts with rollout\n  at most 1 roll_back\n"
BOTH = UNDO + "  at most 1 delete_pod\n"


def test_a_rollout_that_is_undone_ends_as_it_began() -> None:
    assert one("eventually always complete(d)", "undo", more=UNDO) == "holds"
    assert one("eventually always complete(d) and updated(d) == 2", "undo", more=UNDO) == "holds"
    # Not even maxUnavailable 0 keeps both pods: the old ReplicaSet has yet to delete a pod that the Deployment
    # controller counts as available when it scales the new one down.
    assert one("always available(d) >= 2", "undo", more=UNDO) == "violated"
    assert one("always available(d) >= 1", "undo", more=UNDO) == "holds"


def case_of(scenario: str) -> Case:
    """The only case of the scenario ``undo``."""
    library, _ = assemble([("x.kv", scenario)])
    ctx = Context(bundle(WEB.replace("UNAVAILABLE", "0")), Options())
    (case,) = cases(ctx, Script.of(library.scenarios["undo"]), ctx.checked, placed=False)
    return case


def test_an_undo_that_is_read_late_is_read_in_the_end() -> None:
    lagging = UNDO + "  at most 1 stale_status\n"
    case = case_of(lagging)
    (workload,) = case.scene.world.workloads
    old, new = (integer(f"{workload.name}.{name}") == 0 for name in ("target", "template"))
    assert explore(case.system, watch=all_of([old, new, case.scene.world.complete(workload)])).found is not None
    unread = all_of([negate(old), new, case.scene.world.complete(workload)])
    assert explore(case.system, watch=unread).found is None
    assert one("eventually always complete(d)", "undo", more=lagging) == "holds"


RESTART = "scenario s\n  at most 1 container_restart\n"


def test_where_min_ready_seconds_are_not_waited_for_the_verdict_says_so() -> None:
    slow = WEB.replace("replicas: 2", "replicas: 2\n  minReadySeconds: 60")
    text = "property p\n  under {}\n  for d in Deployment\n  always available(d) >= 1\n"
    for scenario, wanted, said in (
        ("drain", slow, True),
        ("maintenance", slow, True),
        ("drain", WEB, False),
        ("rollout", slow, False),
    ):
        (proof,) = ask(text.format(scenario), wanted).proofs
        assert any("not waited for" in words for words in proof.verdict.assumptions) is said


BARE = """
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec: {restartPolicy: POLICY, containers: [{name: main, image: example.org/web:1}]}
"""


def test_a_container_that_restarts_takes_readiness_for_a_while() -> None:
    def outcome(formula: str, **given: Any) -> str:
        return one(formula, "s", more=RESTART, **given)

    assert outcome("always available(d) >= 2") == "violated"
    assert outcome("always available(d) >= 1") == "holds"
    assert outcome("always replicas(d) == 2 and terminating(d) == 0") == "holds"
    assert outcome("eventually always available(d) == 2") == "holds"
    slow = WEB.replace("replicas: 2", "replicas: 2\n  minReadySeconds: 5")
    rolled = RESTART.replace("  at", "  starts with rollout\n  at")
    assert one("eventually always complete(d)", "s", more=rolled, wanted=slow) == "holds"
    assert one("always available(d) >= 2", "s", more=rolled, wanted=slow) == "violated"
    assert one("always available(d) >= 1", "s", more=rolled, wanted=slow) == "holds"
    for policy, expected in (("Always", "violated"), ("OnFailure", "violated"), ("Never", "holds")):
        pod = BARE.replace("POLICY", policy)
        assert outcome("always ready(d) >= 1", kind="Workload", wanted=pod) == expected
    held = WEB.replace(
        "containers:", "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]\n      containers:"
    )
    assert outcome("always ready(d) >= 1", wanted=held + CLAIM, cluster=nodes(2)) == "unknown"


def test_events_come_in_the_order_that_is_asked_for() -> None:
    def deleted_first(scenario: str) -> bool:
        case = case_of(scenario)
        before = all_of([integer(left("delete_pod")) == 0, integer(left("roll_back")) == 1])
        return explore(case.system, watch=before).found is not None

    assert deleted_first(BOTH)
    assert not deleted_first(BOTH + "  roll_back before delete_pod\n")


def test_what_is_created_may_wait_for_ever() -> None:
    """What finds no node has no settled state to begin with, but it can be created."""
    settles = "eventually always available(d) == 2"
    full = nodes(1).replace("pods: 110", "pods: 1")
    assert one(settles, "creation", cluster=full) == "violated"
    assert one("eventually always available(d) == 1 and pending(d) == 1", "creation", cluster=full) == "holds"
    assert one("comes to rest", "creation", cluster=full) == "holds"
    assert one(settles, "rollout", cluster=full) == "vacuous"
    assert one(settles, "creation", cluster=nodes(2)) == "holds"
    (finding,) = ask(f"property p\n  under creation\n  for d in Deployment\n  {settles}\n", "", full).findings
    assert finding.opening == "Deployment default/web has no pods. Nothing of it runs yet."


CLAIM = """
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
TAINTED = nodes(1).replace("status:", "spec: {taints: [{key: gone, effect: NoExecute}]}\nstatus:")


def test_what_a_taint_deletes_again_and_again_never_comes_to_rest() -> None:
    named = WEB.replace("containers:", "nodeName: n1\n      containers:")
    assert one("comes to rest", "creation", wanted=named, cluster=nodes(1)) == "holds"
    assert one("comes to rest", "creation", wanted=named, cluster=TAINTED) == "violated"


SCALED = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 3
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
"""


def test_an_apply_may_take_what_an_autoscaler_gave() -> None:
    scaled = WEB + SCALED
    assert one("always available(d) >= autoscaled(d)", "apply", wanted=scaled) == "violated"
    assert one("always available(d) >= autoscaled(d) - 1", "apply", wanted=scaled) == "holds"
    higher = scaled.replace("replicas: 2", "replicas: 4")
    assert one("always autoscaled(d) == 6", "apply", wanted=higher) == "holds"
    assert one("always available(d) >= autoscaled(d) - 2", "apply", wanted=higher) == "holds"
    assert one("always available(d) >= autoscaled(d) - 1", "apply", wanted=higher) == "violated"
    assert one("always available(d) >= 2", "apply") == "vacuous"
    assert one("always available(d) >= autoscaled(d)", "rollout", wanted=scaled) == "unknown"
    policy = "policy p\n  for h in HorizontalPodAutoscaler\n  for d in Deployment where autoscales(h, d)\n"
    assert outcomes(ask(f"{policy}  require d.spec.replicas >= 3\n", scaled)) == ["p: violated"]
    assert outcomes(ask(f"{policy}  require d.spec.replicas >= 3\n", higher)) == ["p: holds"]
    other = scaled.replace("kind: Deployment, name: web", "kind: Deployment, name: other")
    assert outcomes(ask(f"{policy}  require d.spec.replicas >= 3\n", other)) == ["p: vacuous"]
