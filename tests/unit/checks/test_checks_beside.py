"""What the pods beside those of the model mean for a verdict: other kinds behind a Service, Pods that are adopted."""

from __future__ import annotations

import pytest

from kverify.checks import Options, run
from kverify.checks.finding import Report
from tests.unit.cluster.cluster_helpers import bundle, deployment, pod, replica_set, service, stateful_set

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
