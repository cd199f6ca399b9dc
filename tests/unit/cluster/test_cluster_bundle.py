"""What a bundle finds: the three roles of objects, owners, selectors, doubles."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.labels import map_matches
from kverify.api.types.apps import Deployment
from kverify.api.types.meta import LabelSelector, LabelSelectorRequirement
from kverify.cluster import Bundle, describe, template_of
from kverify.cluster.bundle import without_doubles
from kverify.cluster.index import LabelIndex, SelectorIndex
from kverify.manifest import Severity
from tests.unit.cluster.cluster_helpers import (
    budget,
    bundle,
    cron_job,
    deployment,
    objects,
    pod,
    replica_set,
    service,
    stateful_set,
)

NODE = """
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {allocatable: {cpu: "2", pods: "10"}}
"""


def names(found: object) -> list[str]:
    assert isinstance(found, tuple)
    return [describe(item) for item in found]


def test_wanted_objects_replace_existing_ones_and_nothing_is_deleted() -> None:
    b = bundle(deployment("web"), deployment("web") + deployment("api") + NODE)
    assert names(b.objects) == ["Deployment shop/web", "Deployment shop/api", "Node n1"]
    assert b.find("Deployment", "shop", "web") is b.wanted[0]
    assert b.find("Deployment", "shop", "api") is b.existing[1]
    assert b.find("Node", "", "n1") is b.existing[2]
    assert b.find("Deployment", "other", "web") is None
    assert names(b.nodes) == ["Node n1"]
    assert names(b.workloads) == ["Deployment shop/web", "Deployment shop/api"]
    assert names(b.wanted_workloads) == ["Deployment shop/web"]


def test_of_kind_takes_a_class_or_a_name() -> None:
    b = bundle(deployment("web") + service())
    assert b.of_kind(Deployment) == b.of_kind("Deployment") == (b.wanted[0],)
    assert b.of_kind("Ingress") == ()


def test_what_runs_is_the_previous_form_else_the_existing_one() -> None:
    b = bundle(deployment("web") + deployment("api") + deployment("new"), deployment("web") + deployment("api"))
    with_previous = Bundle(b.wanted, b.existing, objects(deployment("web", spec="replicas: 7")))
    web, api, new = with_previous.wanted
    running = with_previous.running(web)
    assert isinstance(running, Deployment)
    assert running.spec.replicas == 7
    assert with_previous.running(api) is b.existing[1]
    assert with_previous.running(new) is None


def test_namespaces_have_the_label_of_the_api_server() -> None:
    b = bundle(
        deployment() + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: other, labels: {team: a}}\n",
    )
    assert b.namespaces == {
        "shop": {"kubernetes.io/metadata.name": "shop"},
        "other": {"team": "a", "kubernetes.io/metadata.name": "other"},
    }


def test_workloads_are_what_nothing_else_controls() -> None:
    existing = (
        replica_set("web-1", "web/d-1")
        + replica_set("alone", uid="rs-2")
        + pod("web-1-a", "web-1/rs-1")
        + pod("bare")
        + pod("done", phase="Succeeded")
    )
    b = bundle(deployment("web"), existing)
    assert names(b.workloads) == ["Deployment shop/web", "ReplicaSet shop/alone", "Pod shop/bare"]


def test_live_pods_hold_something() -> None:
    b = bundle("", pod("a") + pod("b", phase="Failed") + pod("c", phase="Pending"))
    assert names(b.live_pods) == ["Pod shop/a", "Pod shop/c"]


def test_pods_of_a_deployment_come_through_its_replica_sets() -> None:
    existing = (
        deployment("web", meta=", uid: d-1")
        + replica_set("web-1", "web/d-1", uid="rs-1")
        + replica_set("web-2", "web/d-1", uid="rs-2")
        + replica_set("web-0", "web/gone", uid="rs-0")
        + pod("old", "web-1/rs-1")
        + pod("new", "web-2/rs-2")
        + pod("orphan", "web-0/rs-0")
        + pod("stranger", "web-1/rs-9")
        + pod("bare")
    )
    b = bundle(deployment("web"), existing)
    web = b.workloads[0]
    assert isinstance(web, Deployment)
    assert names(b.replica_sets_of(web)) == ["ReplicaSet shop/web-1", "ReplicaSet shop/web-2"]
    assert names(b.pods_owned_by(web)) == ["Pod shop/old", "Pod shop/new"]
    bare = b.find("Pod", "shop", "bare")
    assert [describe(p) for w in b.workloads if w is bare for p in b.pods_owned_by(w)] == ["Pod shop/bare"]


def test_services_and_budgets_are_found_by_the_labels_of_a_pod() -> None:
    external = "---\napiVersion: v1\nkind: Service\nmetadata: {name: ext, namespace: shop}\n"
    external += "spec: {type: ExternalName, externalName: example.org, selector: {app: web}}\n"
    b = bundle(
        deployment()
        + service("a")
        + service("b", "{app: web, tier: front}")
        + service("none", "{}")
        + external
        + budget("web")
        + budget("everything", "selector: {}, ")
        + budget("nothing", "")
    )
    labels = template_of(b.workloads[0]).metadata.labels
    assert names(b.services_selecting("shop", labels)) == ["Service shop/a"]
    assert names(b.services_selecting("shop", {"app": "web", "tier": "front"})) == ["Service shop/a", "Service shop/b"]
    assert b.services_selecting("other", labels) == ()
    assert names(b.budgets_selecting("shop", labels)) == [
        "PodDisruptionBudget shop/web",
        "PodDisruptionBudget shop/everything",
    ]


def test_templates_of_kinds_without_a_class_are_selected_too() -> None:
    b = bundle(stateful_set() + cron_job())
    assert names(b.foreign_matching("shop", {"app": "db"})) == ["StatefulSet shop/db"]
    assert names(b.foreign_matching("shop", LabelSelector(match_labels={"app": "backup"}))) == ["CronJob shop/backup"]
    assert b.foreign_matching("shop", None) == ()


def test_a_double_is_reported_at_the_second_with_the_place_of_the_first() -> None:
    kept, problems = without_doubles(objects(deployment("web") + service() + deployment("web")), Severity.ERROR)
    assert names(kept) == ["Service shop/web", "Deployment shop/web"]
    (problem,) = problems
    assert (problem.id, problem.severity, problem.object) == ("KV2000", Severity.ERROR, "Deployment shop/web")
    assert problem.span.line > 20
    assert "test.yaml:5:" in problem.message


def test_the_same_name_in_another_namespace_or_kind_is_no_double() -> None:
    other = deployment("web").replace("namespace: shop", "namespace: other")
    assert without_doubles(objects(deployment("web") + other + service("web")), Severity.ERROR)[1] == ()


def test_a_cluster_file_below_the_manifests_is_not_wanted(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "web.yaml").write_text(deployment())
    (tmp_path / "cluster" / "nodes.yaml").write_text(NODE)
    (tmp_path / "cluster" / "broken.yaml").write_text("a: [")
    b, problems = Bundle.read([str(tmp_path)], [str(tmp_path / "cluster")])
    assert names(b.wanted) == ["Deployment shop/web"]
    assert names(b.existing) == ["Node n1"]
    assert len(problems) == 1


def test_standard_input_is_read() -> None:
    b, problems = Bundle.read(["-"], stdin=io.BytesIO(deployment().encode()))
    assert (names(b.wanted), problems) == (["Deployment shop/web"], ())


def test_an_unknown_version_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match=r"1\.12"):
        Bundle.read(["-"], version="1.12", stdin=io.BytesIO(deployment().encode()))


LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=3)
REQUIREMENTS = st.builds(
    lambda key, operator, values: LabelSelectorRequirement(
        key=key, operator=operator, values=values if operator in ("In", "NotIn") else ()
    ),
    st.sampled_from("abc"),
    st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
    st.lists(st.sampled_from("xyz"), min_size=1, max_size=2).map(tuple),
)
SELECTORS = st.builds(
    lambda pairs, terms: LabelSelector(match_labels=pairs, match_expressions=tuple(terms)),
    LABELS,
    st.lists(REQUIREMENTS, max_size=2),
)
ITEMS = st.lists(st.tuples(st.sampled_from(["n", "m"]), LABELS), max_size=12)


@given(ITEMS, SELECTORS)
def test_the_label_index_answers_as_a_walk_over_all_items(
    items: list[tuple[str, dict[str, str]]], selector: LabelSelector
) -> None:
    index = LabelIndex.of((namespace, labels, number) for number, (namespace, labels) in enumerate(items))
    expected = tuple(i for i, (namespace, labels) in enumerate(items) if namespace == "n" and selector.matches(labels))
    assert index.matching("n", selector) == expected
    plain = selector.match_labels
    assert index.matching("n", plain) == tuple(
        i for i, (namespace, labels) in enumerate(items) if namespace == "n" and map_matches(plain, labels)
    )


@given(ITEMS, LABELS)
def test_the_selector_index_answers_as_a_walk_over_all_selectors(
    items: list[tuple[str, dict[str, str]]], labels: dict[str, str]
) -> None:
    index = SelectorIndex.of((namespace, selector, number) for number, (namespace, selector) in enumerate(items))
    assert index.selecting("n", labels) == tuple(
        i
        for i, (namespace, selector) in enumerate(items)
        if namespace == "n" and selector and map_matches(selector, labels)
    )
