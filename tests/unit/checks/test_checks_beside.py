"""What the pods beside those of the model mean for a verdict: other kinds behind a Service, Pods that are adopted."""

from __future__ import annotations

import pytest

from kverify.checks import Options, run
from kverify.checks.finding import Certainty, Report
from kverify.engines.verdict import Outcome
from tests.unit.cluster.cluster_helpers import bundle, cron_job, deployment, pod, replica_set, service, stateful_set

KEPT = ("endpoints-kept",)
LOST = ("node-loss-survived",)
LABELS = "{app: web}"


def report(wanted: str, properties: tuple[str, ...], existing: str = "") -> Report:
    return run(bundle(wanted, existing), (), Options(properties=properties))


@pytest.mark.parametrize(
    ("beside", "who"),
    [
        (stateful_set(labels=LABELS), "StatefulSet shop/db"),
        (stateful_set(labels=LABELS).replace("spec:", "spec:\n  replicas: 0", 1), ""),
        (stateful_set(), ""),
        (pod("alone"), "Pod shop/alone"),
        (
            "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: once, namespace: shop}\nspec:\n  template:\n"
            f"    metadata: {{labels: {LABELS}}}\n"
            "    spec: {restartPolicy: Never, containers: [{name: c, image: i}]}\n",
            "",
        ),
    ],
)
def test_a_service_keeps_the_endpoints_that_other_kinds_make(beside: str, who: str) -> None:
    found = report(deployment() + service() + beside, KEPT)
    assert [f.id for f in found.findings] == ([] if who else ["KV4005"])
    said = [text for text in found.assumptions if text.startswith("Service shop/web: pods of")]
    assert [who in text for text in said] == ([True] if who else [])


def test_live_pods_of_a_controller_that_is_not_given_are_endpoints() -> None:
    owned = pod("web-x", "unknown/u")
    assert [f.id for f in report(deployment() + service(), KEPT, owned).findings] == []


@pytest.mark.parametrize(
    ("beside", "adopted"),
    [
        ("", False),
        (replica_set("rs"), True),
        (replica_set("rs").replace("app: web}", "app: other}"), False),
        # Its ReplicaSets also select by the hash of the template.
        (deployment(labels=LABELS), False),
        (stateful_set("web", LABELS), True),
        (stateful_set("db", LABELS), False),
    ],
)
def test_a_pod_that_a_controller_adopts_is_replaced(beside: str, adopted: bool) -> None:
    found = report(pod("web-0") + beside, LOST)
    bare = [f.object for f in found.findings if f.object == "Pod shop/web-0"]
    assert bare == ([] if adopted else ["Pod shop/web-0"])


@pytest.mark.parametrize(
    ("policy", "kind"), [("", "Deployment"), ("Always", "Deployment"), ("Never", "Job"), ("OnFailure", "Job")]
)
def test_what_ends_belongs_into_a_job(policy: str, kind: str) -> None:
    """A Deployment takes only pods that are always restarted."""
    text = pod("once").replace("nodeName: n1, ", "")
    if policy:
        text = text.replace("spec: {", f"spec: {{restartPolicy: {policy}, ")
    (finding,) = report(text, LOST).findings
    assert [repair.text for repair in finding.repairs] == [f"put its template into a {kind}"]


NODE = """
---
apiVersion: v1
kind: Node
metadata: {{name: {name}, labels: {{kubernetes.io/hostname: {name}}}}}
status: {{allocatable: {{cpu: "2", memory: 8Gi, pods: "110"}}}}
"""
TWO = "".join(NODE.format(name=name) for name in ("n1", "n2"))
APART = (
    "spec: {affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: ["
    "{labelSelector: {matchLabels: {app: db}}, topologyKey: kubernetes.io/hostname}]}}, containers"
)


def replicas(text: str, number: int) -> str:
    return text.replace("spec:", f"spec:\n  replicas: {number}", 1)


def job(spec: str) -> str:
    return f"""
---
apiVersion: batch/v1
kind: Job
metadata: {{name: once, namespace: shop}}
spec: {{parallelism: 9, completions: 9, template: {{spec: {{restartPolicy: Never, {spec}}}}}}}
"""


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (replicas(stateful_set(), 3).replace("spec: {containers", APART), "only 2 of its 3 pods find a node"),
        (replicas(stateful_set(), 2).replace("spec: {containers", APART), ""),
        (stateful_set().replace("image:", "resources: {requests: {cpu: 4}}, image:"), "no node can take its pods"),
        (job("containers: [{name: c, image: i, resources: {requests: {cpu: 4}}}]"), "no node can take its pods"),
        # The pods of a Job come one after the other, if need be.
        (job("containers: [{name: c, image: i, resources: {requests: {cpu: 2}}}]"), ""),
        # It waits for pods that are not looked at here.
        (
            stateful_set().replace("spec: {containers", APART.replace("podAnti", "pod").replace("app: db", "app: web")),
            "",
        ),
    ],
)
def test_other_kinds_that_no_placement_holds(wanted: str, says: str) -> None:
    found = report(wanted, ("schedulable",), TWO).findings
    assert [(f.id, f.certainty) for f in found] == ([("KV3001", Certainty.CERTAIN)] if says else [])
    assert all(f.message.startswith(says) for f in found)
    assert all(cause.path != "spec.template.spec" for f in found for cause in f.causes)
    assert report(wanted, ("schedulable",)).findings == ()


def test_the_pods_that_run_already_are_not_in_the_way_of_their_own() -> None:
    wanted = replicas(stateful_set(), 2).replace("spec: {containers", APART)
    running = "".join(
        pod(f"db-{n}", "db/u", "StatefulSet").replace("app: web", "app: db").replace("n1", f"n{n + 1}") for n in (0, 1)
    )
    assert report(wanted, ("schedulable",), TWO + running).findings == ()


def daemon_set(cpu: str, name: str = "agent", more: str = "") -> str:
    return f"""
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{{more}containers: [{{name: c, image: i, resources: {{requests: {{cpu: {cpu}}}}}}}]}}
"""


OWNED = "ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: agent, uid: u, controller: true}]"
CRITICAL = "priorityClassName: system-node-critical, "
POLITE = """
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: polite}
value: 1000
preemptionPolicy: Never
"""
BUSY = pod("busy").replace("image: example", "resources: {requests: {cpu: 1500m}}, image: example")


@pytest.mark.parametrize(
    ("wanted", "running", "says"),
    [
        (daemon_set("4"), "", "no room for its pod on n1 and n2: Insufficient cpu"),
        (daemon_set("1"), BUSY, "no room for its pod on n1: Insufficient cpu"),
        (daemon_set("1"), "", ""),
        # It means none of them.
        (daemon_set("4", more="nodeSelector: {disk: fast}, "), "", ""),
        # The pod that runs there is preempted, unless it may not be.
        (daemon_set("1", more=CRITICAL), BUSY, ""),
        (daemon_set("4", more=CRITICAL), BUSY, "no room for its pod on n1 and n2: Insufficient cpu"),
        (POLITE + daemon_set("1", more="priorityClassName: polite, "), BUSY, "no room for its pod on n1: Insuff"),
        # Which of the two waits is a matter of order.
        (daemon_set("1500m") + daemon_set("1500m", "other"), "", ""),
        # Its own pod is no other's.
        (daemon_set("1500m"), BUSY.replace("app: web}", "app: agent}, " + OWNED), ""),
    ],
)
def test_nodes_that_have_no_room_for_the_pod_of_a_daemon_set(wanted: str, running: str, says: str) -> None:
    found = report(wanted, ("schedulable",), TWO + running).findings
    assert [(f.id, f.certainty, f.object) for f in found] == (
        [("KV3001", Certainty.CERTAIN, "DaemonSet shop/agent")] if says else []
    )
    assert all(f.message.startswith(says) for f in found)
    assert report(wanted, ("schedulable",)).findings == ()


def budget(spec: str, labels: str = "{app: db}") -> str:
    return f"""
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: kept, namespace: shop}}
spec: {{{spec}, selector: {{matchLabels: {labels}}}}}
"""


SCALED = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: db, namespace: shop}
spec: {minReplicas: 3, maxReplicas: 10, scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}}
"""


@pytest.mark.parametrize(
    ("spec", "kept"),
    [
        ("minAvailable: 67%", True),  # Of 3, rounded up: 3.
        ("minAvailable: 66%", False),
        ("minAvailable: 3", True),
        ("minAvailable: 2", False),
        ("maxUnavailable: 0", True),
        ("maxUnavailable: 0%", True),
        ("maxUnavailable: 1", False),
    ],
)
def test_a_budget_that_never_lets_a_pod_of_a_stateful_set_go(spec: str, kept: bool) -> None:
    """``getExpectedPodCount`` in pkg/controller/disruption/disruption.go"""
    three = replicas(stateful_set(), 3)
    found = report(three + budget(spec), ("drain-ends",)).findings
    assert [(f.id, f.object) for f in found] == ([("KV4003", "StatefulSet shop/db")] if kept else [])
    assert all(f.causes[0].path == f"PodDisruptionBudget shop/kept spec.{spec.partition(':')[0]}" for f in found)
    # Its autoscaler may take it to 10.
    found = report(three + budget(spec) + SCALED, ("drain-ends",)).findings
    assert bool(found) is (spec in ("maxUnavailable: 0", "maxUnavailable: 0%"))


def test_a_budget_counts_the_pods_of_all_kinds() -> None:
    """One pod of the Deployment may go while three of the StatefulSet are there; beside none it never may."""
    mixed = deployment(labels="{app: db}") + replicas(stateful_set(), 3)
    found = report(mixed + budget("minAvailable: 1"), ("drain-ends",), TWO)
    assert found.findings == ()
    (proof,) = found.proofs
    assert any("3 pods of StatefulSet shop/db" in text for text in proof.verdict.assumptions)
    found = report(mixed + budget("minAvailable: 4"), ("drain-ends",), TWO)
    assert [(f.id, f.object) for f in found.findings] == [
        ("KV4003", "Deployment shop/web"),
        ("KV4003", "StatefulSet shop/db"),
    ]
    alone = deployment(labels="{app: db}") + budget("minAvailable: 1")
    assert [f.id for f in report(alone, ("drain-ends",), TWO).findings] == ["KV4003"]


SPREAD = (
    "topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, "
    "labelSelector: {matchLabels: {tier: x}}}]"
)
UNEVEN = TWO.replace('cpu: "2"', 'cpu: "8"', 1)
TIER = "{app: web, tier: x}"


def asking(text: str, cpu: int) -> str:
    return text.replace("image:", f"resources: {{requests: {{cpu: {cpu}}}}}, image:")


@pytest.mark.parametrize("kind", ["StatefulSet", "Deployment"])
def test_pods_that_are_counted_by_a_spread_may_let_others_in(kind: str) -> None:
    """Two pods that only n1 can take are not too uneven beside one on n2."""
    big = stateful_set("big", "{app: big, tier: x}").replace("spec: {containers", f"spec: {{{SPREAD}, containers")
    big = asking(replicas(big, 2), 3).replace("StatefulSet", kind)
    on_n2 = "nodeSelector: {kubernetes.io/hostname: n2}"
    small = asking(deployment("small", "{app: small, tier: x}", on_n2), 1)
    other = asking(deployment("other", "{app: other}", on_n2), 1)
    # What takes the room of the small one away in some order leaves the other orders possible.
    filler = asking(deployment("filler", "{app: filler}"), 2)

    def impossible(beside: str) -> bool:
        return any(f.id == "KV3001" for f in report(big + beside, ("schedulable",), UNEVEN).findings)

    assert impossible("")
    assert impossible(other + filler)
    assert not impossible(small + filler)


def test_pods_that_go_are_not_in_the_way_of_other_kinds() -> None:
    """One that is terminating, or of lower priority, leaves its node some day; one of the same priority stays."""
    wanted = asking(stateful_set(), 2)
    taken = "".join(asking(pod(name), 2).replace("n1", name) for name in ("n1", "n2"))
    going = taken.replace("metadata: {", "metadata: {deletionTimestamp: 2026-01-01T00:00:00Z, ")
    assert [f.id for f in report(wanted, ("schedulable",), TWO + taken).findings] == ["KV3001"]
    assert report(wanted, ("schedulable",), TWO + going).findings == ()
    priority = """
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
"""
    higher = wanted.replace("spec: {containers", "spec: {priorityClassName: high, containers")
    assert report(higher, ("schedulable",), TWO + taken + priority).findings == ()
    polite = f"{priority}preemptionPolicy: Never\n"
    assert [f.id for f in report(higher, ("schedulable",), TWO + taken + polite).findings] == ["KV3001"]


NEAR = (
    "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: ["
    "{labelSelector: {matchLabels: {app: db}}, topologyKey: kubernetes.io/hostname}]}}"
)


@pytest.mark.parametrize("constraint", [NEAR, SPREAD.replace("tier: x", "app: db")])
def test_what_other_kinds_may_let_in_is_not_called_impossible(constraint: str) -> None:
    """A Deployment that is beside the pods of a StatefulSet: nobody asks here where those are."""
    near = asking(deployment(extra=constraint), 3)
    near = (
        near.replace("selector:", "replicas: 2\n  selector:", 1).replace("app: web", "app: db")
        if constraint != NEAR
        else near
    )
    assert [f.id for f in report(near, ("schedulable",), UNEVEN).findings] == ["KV3001"]
    found = report(near + stateful_set(), ("schedulable", "rollout-completes"), UNEVEN)
    assert found.findings == ()
    first, second = (proof.verdict for proof in found.proofs)
    assert first.outcome is Outcome.UNKNOWN
    assert "StatefulSet shop/db may let its pods in" in first.reason
    assert first.scope.endswith("of 1 workload on 2 nodes")
    assert (second.outcome, second.reason) == (Outcome.VACUOUS, first.reason)
    idle = replicas(stateful_set(), 0)
    assert [f.id for f in report(near + idle, ("schedulable",), UNEVEN).findings] == ["KV3001"]


def test_a_daemon_may_wait_for_pods_of_others() -> None:
    daemon = stateful_set("agent", "{app: agent}").replace("StatefulSet", "DaemonSet")
    near = daemon.replace("spec: {containers", f"spec: {{{NEAR}, containers")
    big = asking(daemon, 9)
    beside = deployment(labels="{app: db}")
    assert report(near + beside, ("schedulable",), UNEVEN).findings == ()
    assert [f.object for f in report(big + beside, ("schedulable",), UNEVEN).findings] == ["DaemonSet shop/agent"]


def test_pods_that_name_their_node_are_not_kept_away_by_its_taints() -> None:
    cordoned = TWO.replace("metadata", "spec: {unschedulable: true}\nmetadata")
    wanted = stateful_set()
    assert [f.id for f in report(wanted, ("schedulable",), cordoned).findings] == ["KV3001"]
    named = wanted.replace("spec: {containers", "spec: {nodeName: n1, containers")
    assert report(named, ("schedulable",), cordoned).findings == ()
    nowhere = wanted.replace("spec: {containers", "spec: {nodeName: n3, containers")
    assert [f.id for f in report(nowhere, ("schedulable",), cordoned).findings] == ["KV3001"]


@pytest.mark.parametrize(("condition", "over"), [("Complete", True), ("Failed", True), ("Suspended", False)])
def test_a_job_that_has_come_to_its_end_makes_no_pods(condition: str, over: bool) -> None:
    once = job("containers: [{name: c, image: i, resources: {requests: {cpu: 4}}}]")
    done = f"{once}status: {{conditions: [{{type: {condition}, status: 'True'}}]}}\n"
    assert bool(report(once, ("schedulable",), TWO + once).findings)
    assert bool(report(once, ("schedulable",), TWO).findings)
    assert (report(done, ("schedulable",), TWO).findings == ()) is over


DAEMON = stateful_set("agent", "{app: agent, tier: x}").replace("StatefulSet", "DaemonSet")
LOOSE = pod("alone").replace("app: web", "app: alone, tier: x")
STRANGE = pod("odd-0", "odd/u", "Odd").replace("app: web", "app: odd, tier: x")
GONE = STRANGE.replace("uid: u", "uid: u, blockOwnerDeletion: false").replace(
    "metadata: {", "metadata: {deletionTimestamp: 2026-01-01T00:00:00Z, "
)
OWN = pod("web-1-x", "web-1/u").replace("app: web", "app: web, tier: x")


@pytest.mark.parametrize(
    ("beside", "existing", "counted"),
    [
        ("", "", ""),
        (DAEMON, "", "DaemonSet shop/agent"),
        (LOOSE, "", "Pod shop/alone"),
        ("", LOOSE, "Pod shop/alone"),
        ("", STRANGE, "Pod shop/odd-0"),
        ("", GONE, ""),
        # Its ReplicaSet is not in the input.
        ("", OWN, ""),
    ],
)
def test_a_budget_counts_whatever_is_healthy(beside: str, existing: str, counted: str) -> None:
    """``countHealthyPods`` in pkg/controller/disruption/disruption.go asks nobody who made the pod."""
    kept = budget("minAvailable: 1", "{tier: x}")
    web = report(deployment(labels=TIER) + beside + kept, ("drain-ends",), TWO + existing)
    assert [f.id for f in web.findings] == ([] if counted else ["KV4003"])
    said = [proof.verdict for proof in web.proofs if proof.object == "Deployment shop/web"]
    assert [counted in verdict.reason for verdict in said] == ([True] if counted else [])
    # It goes wrong in the model, which does not have those pods.
    assert all(v.outcome is Outcome.UNKNOWN and v.scope and v.assumptions and v.method for v in said)
    other = report(stateful_set(labels=TIER) + beside + kept, ("drain-ends",), TWO + existing)
    assert [f.id for f in other.findings] == ([] if counted else ["KV4003"])


def test_what_an_autoscaler_may_add_beside_leaves_a_drain_possible() -> None:
    mixed = deployment(labels="{app: db}") + replicas(stateful_set(), 3) + budget("minAvailable: 4")
    assert {f.certainty for f in report(mixed, ("drain-ends",), TWO).findings} == {Certainty.CERTAIN}
    (found,) = report(mixed + SCALED, ("drain-ends",), TWO).findings
    assert (found.object, found.certainty) == ("Deployment shop/web", Certainty.POSSIBLE)
    assert "may never end" in found.message


@pytest.mark.parametrize(("suspended", "certainty"), [("false", Certainty.POSSIBLE), ("true", Certainty.CERTAIN)])
def test_while_a_job_runs_a_budget_may_let_a_pod_go(suspended: str, certainty: Certainty) -> None:
    nightly = cron_job(labels=TIER).replace("schedule:", f"suspend: {suspended}\n  schedule:")
    kept = budget("minAvailable: 1", "{tier: x}")
    (found,) = report(deployment(labels=TIER) + nightly + kept, ("drain-ends",), TWO).findings
    assert (found.id, found.certainty) == ("KV4003", certainty)
    assert report(stateful_set(labels=TIER) + nightly + kept, ("drain-ends",), TWO).findings == ()
