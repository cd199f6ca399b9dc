"""Properties of the user are decided by the engines: each shape, each scenario, and what the model cannot say."""

from __future__ import annotations

from typing import Any

import pytest

from kverify.checks import Options, Report, run
from kverify.checks.case import Case
from kverify.checks.context import Context
from kverify.checks.properties import ALREADY
from kverify.checks.scenarios import cases
from kverify.checks.specs import Specs
from kverify.engines.explicit import explore
from kverify.model.environment.limited import left
from kverify.model.expr import all_of, integer, negate
from kverify.spec.compile import Script
from kverify.spec.language.checker import check
from kverify.spec.language.library import assemble
from tests.unit.cluster.cluster_helpers import bundle

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: UNAVAILABLE}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: main, image: example.org/web:1}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
"""
STATEFUL = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: main, image: example.org/db:1}]}
"""


def nodes(number: int, zones: int = 2) -> str:
    return "".join(
        f"""
---
apiVersion: v1
kind: Node
metadata: {{name: n{i}, labels: {{kubernetes.io/hostname: n{i}, zone: z{i % zones}}}}}
status: {{allocatable: {{cpu: 4, memory: 8Gi, pods: 110}}}}
"""
        for i in range(1, number + 1)
    )


def ask(
    text: str, wanted: str = "", cluster: str = "", unavailable: str = "0", previous: str = "", **given: Any
) -> Report:
    """The report on nothing but what ``text`` declares."""
    library, problems = assemble([("x.kv", text)])
    checked, more = check(library)
    assert (problems, more) == ((), ())
    names = tuple(declaration.name for declaration in library.asked())
    manifests = (wanted or WEB).replace("UNAVAILABLE", unavailable)
    options = Options(properties=names, specs=Specs(checked=checked), **given)
    return run(bundle(manifests, cluster, previous), (), options)


def outcomes(report: Report) -> list[str]:
    found = [f"{f.property}: violated" for f in report.findings]
    return [*found, *(f"{p.property}: {p.verdict.outcome}" for p in report.proofs)]


def one(formula: str, scenario: str = "rollout", kind: str = "Deployment", more: str = "", **given: Any) -> str:
    """The outcome of one formula about ``d``."""
    (outcome,) = outcomes(ask(f"{more}\nproperty p\n  under {scenario}\n  for d in {kind}\n  {formula}\n", **given))
    return outcome.removeprefix("p: ")


@pytest.mark.parametrize(
    ("formula", "outcome"),
    [
        ("always available(d) >= 2", "holds"),
        ("always available(d) >= 3", "violated"),
        ("never available(d) == 1", "holds"),
        ("never available(d) >= 3", "violated"),
        ("always available(d) >= desired(d) - max_unavailable(d)", "holds"),
        # What is wanted keeps to the surge; pods of an old ReplicaSet that are still to be deleted come on top.
        ("always replicas(d) <= desired(d) + max_surge(d)", "violated"),
        ("always replicas(d) <= desired(d)", "violated"),
        ("always replicas(d) == ready(d) + pending(d) + starting(d)", "holds"),
        ("always unavailable(d) == replicas(d) - available(d)", "holds"),
        ("eventually complete(d)", "holds"),
        ("eventually updated(d) == 2 and terminating(d) == 0", "holds"),
        ("eventually available(d) >= 4", "violated"),
        ("eventually always complete(d)", "holds"),
        ("eventually always replicas(d) == 3", "violated"),
        ("always eventually available(d) == 2", "holds"),
        ("always eventually pending(d) == 1", "violated"),
        ("pending(d) >= 1 leads to pending(d) == 0", "holds"),
        ("available(d) >= 2 leads to available(d) >= 4", "violated"),
        ("available(d) >= 9 leads to available(d) >= 4", "vacuous"),
        ("always available(d) >= 9 implies available(d) >= 4", "vacuous"),
        ("always updated(d) >= 1 implies available(d) >= 2", "holds"),
        ("once available(d) >= 9, always available(d) >= 4", "vacuous"),
        ("once updated(d) >= 1, always updated(d) >= 1", "holds"),
        ("once pending(d) >= 1, always pending(d) >= 1", "violated"),
        ("available(d) >= 2 until complete(d)", "holds"),
        ("available(d) == 2 until complete(d)", "violated"),
        ("possibly available(d) == 3", "holds"),
        ("possibly available(d) == 5", "violated"),
        ("recoverable complete(d)", "holds"),
        ("recoverable available(d) == 4", "violated"),
        ("comes to rest", "holds"),
        ('always condition(d, "Available")', "holds"),
        ("always if updated(d) == 0 then available(d) == 2 else available(d) >= 2", "holds"),
        ("always (exists s in Service where selects(s, d): ready_endpoints(s) >= 2)", "holds"),
        ("always (forall b in PodDisruptionBudget: healthy(b) >= 2 and disruptions_allowed(b) >= 1)", "holds"),
    ],
)
def test_shapes(formula: str, outcome: str) -> None:
    assert one(formula) == outcome


@pytest.mark.parametrize(
    ("scenario", "formula", "outcome"),
    [
        ("drain", "eventually drained()", "holds"),
        ("drain", "eventually always complete(d)", "holds"),
        ("node-loss", "eventually always complete(d) and disturbance_over()", "holds"),
        ("drain", "always available(d) >= 1", "holds"),
        ("drain", "always available(d) >= 2", "violated"),
        ("rollout-of-a-broken-template", "eventually complete(d)", "violated"),
        ("rollout-of-a-broken-template", "always available(d) >= 2", "holds"),
        ("creation", "eventually always available(d) == 2", "holds"),
        ("creation", "always available(d) <= 2 and wanted(d) == 2", "holds"),
        ("creation", "eventually available(d) == 3", "violated"),
        ("creation", "always available(d) >= 1", "violated"),
        ("drain", "comes to rest", "holds"),
        ("s", "always available(d) >= 1", "holds"),
        ("s", "always available(d) >= 2", "violated"),
        ("s", "eventually always complete(d)", "holds"),
    ],
)
def test_scenarios(scenario: str, formula: str, outcome: str) -> None:
    deletion = "scenario s\n  at most 1 delete_pod\n" if scenario == "s" else ""
    assert one(formula, scenario, more=deletion) == outcome


def test_a_drain_that_may_evict_nothing_never_ends() -> None:
    second = WEB + "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: second}\n"
    second += "spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}\n"
    assert one("eventually drained()", "drain", wanted=second) == "violated"


def test_a_drain_evicts_pods_whose_image_cannot_be_pulled() -> None:
    """Such pods are Pending, and no budget is asked for those. Of others that are not Ready the budget is asked: the
    rollout leaves no old pod, and then none of the one it wants is healthy."""
    for fault, outcome in (("image_pull_failure", "holds"), ("crash_loop", "violated"), ("probe_failure", "violated")):
        for begins in (f"starts with {fault}", f"starts with rollout\n  at most 1 {fault}"):
            scenario = f"scenario s\n  {begins}\n  at most 1 drain\n"
            assert one("recoverable drained()", "s", more=scenario, unavailable="2") == outcome, (fault, begins)


@pytest.mark.parametrize(
    ("formula", "scenario", "already"),
    [
        ("eventually available(d) >= 2", "rollout", True),
        ("eventually available(d) >= 2", "drain", True),
        ("available(d) >= 2 until available(d) >= 1", "rollout", True),
        ("eventually complete(d)", "rollout", False),
        # Of the nodes there is one with a pod to evict and one without.
        ("eventually drained()", "drain", False),
        ("available(d) >= 2 until complete(d)", "rollout", False),
        # More than once is asked.
        ("eventually always available(d) >= 2", "rollout", False),
        ("always available(d) >= 2", "rollout", False),
    ],
)
def test_a_goal_that_every_run_begins_with_is_said_to_be(formula: str, scenario: str, already: bool) -> None:
    report = ask(f"property p\n  under {scenario}\n  for d in Deployment\n  {formula}\n", cluster=nodes(3))
    (proof,) = report.proofs
    assert str(proof.verdict.outcome) == "holds"
    assert (ALREADY in proof.verdict.method) is already


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
        assert one("always available(d) >= 2", "rollout") == "holds"


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


def test_what_is_too_big_to_search_is_proved_or_unknown() -> None:
    big = WEB.replace("replicas: 2", "replicas: 200")
    text = "property kept\n  under rollout\n  for d in Deployment\n  always available(d) >= 200\n"
    text += "property ends\n  under rollout\n  for d in Deployment\n  eventually always complete(d)\n"
    text += "property odd\n  under rollout\n  for d in Deployment\n  always eventually available(d) >= 200\n"
    report = ask(text, big, max_states=500)
    assert outcomes(report) == ["kept: holds", "ends: holds", "odd: unknown"]
    methods = [proof.verdict.method for proof in report.proofs]
    assert methods[0].startswith("induction")
    assert methods[1] == "ranking function"


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


def test_places() -> None:
    cluster = nodes(2)
    for_all = "always forall n in Node: on(d, n) <= 2"
    assert one(for_all, cluster=cluster) == "violated"  # The old and the new pods of a rollout on one node.
    assert one("always forall n in Node: on(d, n) <= 4", cluster=cluster) == "holds"
    assert one('always skew(d, "zone") <= 3', "drain", cluster=cluster) == "holds"
    assert one('always skew(d, "zone") <= 1', "drain", cluster=cluster) == "violated"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("always restarts(d) < 1", "does not count restarts"),
        ('always condition(d, "Progressing")', "does not know the condition Progressing"),
        ("always drained()", "no node is drained in this scenario"),
        ("always forall n in Node: on(d, n) <= 2", "no nodes were given"),
        ('always skew(d, "zone") <= 2', "nodes are not told apart"),
    ],
)
def test_what_the_model_does_not_know_is_unknown_with_its_reason(text: str, words: str) -> None:
    (proof,) = ask(f"property p\n  under rollout\n  for d in Deployment\n  {text}\n").proofs
    assert str(proof.verdict.outcome) == "unknown"
    assert words in proof.verdict.reason


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("starts with rollout\n  at most 1 scale\n  at most 1 drain", "does not have drain and scale in one run"),
        ("starts with drain\n  at most 1 node_crash", "does not have drain and node_crash in one run"),
        (
            "starts with rollout\n  at most 1 drain\n  at most 1 taint",
            "does not have rollout, taint and drain in one run",
        ),
        ("at most 1 stale_status", "only modelled of a rollout"),
        ("at most 2 node_crash", "one node_crash at a time"),
        ("at most 1 roll_back", "only a rollout can be rolled back"),
        ("at most 1 pause", "only a rollout can be paused"),
        ("starts with apply\n  at most 1 delete_pod", "besides an apply"),
        ("starts with maintenance\n  at most 1 delete_pod", "while nodes are maintained"),
    ],
)
def test_what_the_model_cannot_play_is_unknown_with_its_reason(scenario: str, words: str) -> None:
    (proof,) = ask(f"scenario s\n  {scenario}\nproperty p\n  under s\n  for d in Deployment\n  always true\n").proofs
    assert str(proof.verdict.outcome) == "unknown"
    assert words in proof.verdict.reason


def test_kinds_that_are_not_modelled_are_unknown() -> None:
    (proof,) = ask(
        "property p\n  under drain\n  for d in StatefulSet\n  always ready(d) >= 1\n", STATEFUL + "---" + WEB
    ).proofs
    assert str(proof.verdict.outcome) == "unknown"
    assert "StatefulSet" in proof.verdict.reason


def test_a_node_that_is_like_another_is_not_told_apart() -> None:
    text = "property p\n  under rollout\n  for d in Deployment\n"
    text += '  for n in Node where n.name == "n2"\n  always on(d, n) <= 9\n'
    (proof,) = ask(text, cluster=nodes(2, zones=1)).proofs
    assert str(proof.verdict.outcome) == "unknown"
    assert "forall n in Node" in proof.verdict.reason


def test_without_under_every_disturbance_is_asked() -> None:
    report = ask("property p\n  for d in Deployment\n  always available(d) >= 0\n")
    assert [proof.message for proof in report.proofs] == ["p (rollout)", "p (drain)", "p (node-loss)"]


def test_a_policy_over_states_is_a_property() -> None:
    text = "policy p\n  under rollout\n  for s in Service\n"
    text += "  require ready_endpoints(s) >= 2\n  forbid ready_endpoints(s) >= 3\n"
    assert sorted(outcomes(ask(text))) == ["p: holds", "p: violated"]


def test_a_finding_says_what_happened() -> None:
    text = 'property keeps-all\n  "All replicas stay available."\n  id ACME-1\n  severity warning\n  under rollout\n'
    text += "  for d in Deployment\n  always available(d) >= d.spec.replicas\n"
    (finding,) = ask(text, unavailable="1").findings
    assert (finding.id, str(finding.severity), finding.object) == ("ACME-1", "warning", "Deployment default/web")
    assert finding.message == "it may break keeps-all under rollout: all replicas stay available"
    assert [cause.path for cause in finding.causes] == ["spec.replicas", "keeps-all"]
    assert finding.outcome == "Now available(d) is 1 and d.spec.replicas is 2."
    assert finding.verdict is not None
    assert finding.verdict.trace is not None
    assert len(finding.steps) == len(finding.verdict.trace.steps) > 0


@pytest.mark.parametrize(
    ("formula", "cluster", "outcome", "words"),
    [
        # The budget keeps one; without nodes they are assumed to be there.
        ("always available(d) >= 1", nodes(3), "holds", ""),
        ("always available(d) >= 1", "", "holds", ""),
        ("always available(d) >= 2", nodes(3), "violated", ""),
        ("always available(d) >= 2", "", "violated", ""),
        ("never available(d) <= 0", nodes(3), "holds", ""),
        # True, but not by what two nodes or one step of induction show.
        ("always terminating(d) <= 2", nodes(3), "unknown", "not proved for any nodes"),
        ("eventually always complete(d)", nodes(3), "unknown", "only always and never"),
        ("always forall n in Node: on(d, n) <= 2", nodes(3), "unknown", "not told apart"),
    ],
)
def test_maintenance(formula: str, cluster: str, outcome: str, words: str) -> None:
    """Nodes are drained one after another."""
    report = ask(f"property p\n  under maintenance\n  for d in Deployment\n  {formula}\n", cluster=cluster)
    assert outcomes(report) == [f"p: {outcome}"]
    assert all(words in proof.verdict.reason for proof in report.proofs)
