"""What is suppressed, by whom and why; what suppresses nothing, or no longer, or cannot be read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.types.meta import ObjectMeta
from kverify.checks import Finding, Options, Report, run
from kverify.checks.runs.suppress import suppress
from kverify.cluster import Bundle
from kverify.cluster.objects import Key
from kverify.cluster.suppressions import IGNORE, By, Suppression, annotated
from kverify.manifest.diagnostics import Severity
from kverify.manifest.span import Span
from tests.unit.cluster.cluster_helpers import bundle, deployment, objects

TODAY = date(2026, 6, 15)
PLACE = Span("kverify.toml", 3, 1, 3, 13)
SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}{meta}}}
spec: {{selector: {{app: nobody}}, ports: [{{port: 80}}]}}
"""
OTHERS = """
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec:
  schedule: "@daily"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "x:1"}]}}}}
"""
"""Pods of the namespace, so that a Service that finds none is a finding."""
NAMESPACES = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"


def service(name: str = "web", namespace: str = "shop", ignore: str = "") -> str:
    """A Service that selects nothing (KV2001), and what its annotation says."""
    meta = f", annotations: {{kverify.dev/ignore: {ignore}}}" if ignore else ""
    return SERVICE.format(name=name, namespace=namespace, meta=meta)


def rule(id: str = "KV2001", **options: Any) -> Suppression:
    return Suppression(id=id, reason="known", span=PLACE, **options)


def report_of(text: str, *rules: Suppression, existing: str = "", **options: Any) -> Report:
    return run(bundle(text + OTHERS, existing), (), Options(suppressions=rules, today=TODAY, **options))


def told(report: Report) -> list[tuple[str, str]]:
    """Id and object of what is reported of selectors and suppressions."""
    found = [(d.id, d.object) for d in report.diagnostics] + [(f.id, f.object) for f in report.findings]
    return sorted(row for row in found if row[0][:3] in ("KV2", "KV4", "KV6"))


def hidden(report: Report) -> list[tuple[str, str, By, str]]:
    return [(one.item.id, one.item.object, one.by, one.reason) for one in report.suppressed]


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, []),
        ({"kind": "Service"}, []),
        ({"name": "w*"}, ["Service shop/api"]),
        ({"namespace": "sh?p", "name": "api"}, ["Service shop/web"]),
        ({"kind": "Deployment"}, ["Service shop/api", "Service shop/web"]),
        ({"namespace": "other"}, ["Service shop/api", "Service shop/web"]),
    ],
)
def test_a_rule_speaks_of_what_its_globs_match(options: dict[str, str], left: list[str]) -> None:
    report = report_of(service("web") + service("api"), rule(**options))
    unused = [("KV6003", "")] if len(left) == 2 else []
    assert told(report) == [*(("KV2001", name) for name in left), *unused]
    assert {row[1] for row in hidden(report)} == {"Service shop/api", "Service shop/web"} - set(left)
    assert all(one.span == PLACE and one.by is By.CONFIGURATION for one in report.suppressed)


def test_nothing_that_is_suppressed_counts() -> None:
    text = service()
    assert report_of(text).exit_code(Severity.WARNING) == 1
    assert report_of(text, rule()).exit_code(Severity.WARNING) == 0


def test_an_error_can_be_suppressed_where_it_is_one_by_decision() -> None:
    severities = {"KV2001": Severity.ERROR}
    assert report_of(service(), severities=severities).exit_code() == 2
    assert report_of(service(), rule(), severities=severities).exit_code() == 0


@pytest.mark.parametrize(("day", "counts"), [(TODAY, True), (date(2026, 6, 14), False)])
def test_the_last_day_counts_and_the_next_does_not(day: date, counts: bool) -> None:
    report = report_of(service(), rule(expires=day))
    assert told(report) == ([] if counts else [("KV2001", "Service shop/web"), ("KV6002", "")])
    expired = [(d.span, d.message) for d in report.diagnostics if d.id == "KV6002"]
    message = "The suppression of KV2001 (known) expired on 2026-06-14; what it hid is reported again."
    assert expired == ([] if counts else [(PLACE, message)])


def test_one_that_suppresses_nothing_is_told_where_everything_was_asked() -> None:
    quiet = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
    assert told(report_of(quiet, rule())) == [("KV6003", "")]
    assert told(report_of(quiet, rule(), properties=("admitted",))) == []
    assert told(report_of(quiet, rule(), scenarios=("drain",))) == []
    assert told(report_of(quiet, rule(), part=True)) == []


def test_one_for_what_is_not_asked_without_nodes_is_not_called_idle() -> None:
    def idle(id: str, existing: str = "", **options: str) -> bool:
        return ("KV6003", "") in told(report_of(deployment(), rule(id, **options), existing=existing))

    node = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {allocatable: {cpu: 8, memory: 8Gi, pods: 9}}\n"
    assert [idle("KV3001"), idle("KV3001", node)] == [False, True]
    # This is asked, and holds; that names nothing; and this never needs nodes.
    assert [idle("KV4002"), idle("KV3001", name="wbe"), idle("KV2002")] == [True, True, True]


# -- annotations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "reasons"),
    [
        ('"KV2001: the pods come later"', ["the pods come later"]),
        ('"KV2001 until 2026-06-15: the pods:   come later"', ["the pods: come later"]),
        ('" KV2001:a ; KV2007 : b ;"', ["a"]),
        ('"KV2007: b\\nKV2001: a"', ["a"]),
    ],
)
def test_an_annotation_speaks_of_its_object(annotation: str, reasons: list[str]) -> None:
    report = report_of(service("web", ignore=annotation) + service("api"))
    assert hidden(report) == [("KV2001", "Service shop/web", By.ANNOTATION, reason) for reason in reasons]
    assert ("KV2001", "Service shop/api") in told(report)
    (one,) = report.suppressed
    assert one.span is not None
    assert (one.span.file, one.span.line) == ("wanted.yaml", 5)


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        ("KV2001", "'KV2001' of kverify.dev/ignore is not an id with its reason."),
        ('"KV2001: "', "kverify.dev/ignore gives no reason for KV2001."),
        ('"KV2001: see tickets; and the wiki"', "'and the wiki' of kverify.dev/ignore is not an id with its reason."),
        ('""', "kverify.dev/ignore is empty."),
        (
            '"KV40121: x"',
            "kverify.dev/ignore cannot be followed for KV40121: there is no such id; did you mean KV4012?",
        ),
        ('"KV1109: x"', "kverify.dev/ignore cannot be followed for KV1109: what is refused stays refused"),
        ('"KV6003: x"', "kverify.dev/ignore cannot be followed for KV6003: it is about suppressions"),
        ('"KV2001 until tomorrow: x"', "'tomorrow' of kverify.dev/ignore is not a day such as 2027-06-30."),
    ],
)
def test_an_annotation_that_cannot_be_followed_is_told_at_its_place(annotation: str, message: str) -> None:
    report = report_of(service(ignore=annotation))
    (problem,) = [d for d in report.diagnostics if d.id == "KV6001"]
    assert problem.message.startswith(message)
    assert (problem.severity, problem.object) == (Severity.WARNING, "Service shop/web")
    assert problem.path == "metadata.annotations[kverify.dev/ignore]"
    assert problem.span.line == 5


def test_an_annotation_of_the_pods_is_sent_where_it_belongs() -> None:
    text = deployment().replace(
        "template:\n    metadata: {", 'template:\n    metadata: {annotations: {kverify.dev/ignore: "KV4001: x"}, '
    )
    (problem,) = [d for d in report_of(text).diagnostics if d.id == "KV6001"]
    assert "stands at the pods of Deployment shop/web" in problem.message
    assert problem.path == "spec.template.metadata.annotations[kverify.dev/ignore]"


def test_a_workload_speaks_for_its_pods() -> None:
    """A pod that a ReplicaSet of the Deployment made names a ConfigMap key that is not there."""
    text = deployment(meta=', annotations: {kverify.dev/ignore: "ID: known"}')
    owned = "ownerReferences: [{apiVersion: apps/v1, kind: %s, name: %s, uid: u, controller: true}]"
    existing = f"""
apiVersion: apps/v1
kind: ReplicaSet
metadata: {{name: web-1, namespace: shop, {owned % ("Deployment", "web")}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: main, image: "x:1"}}]}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web-1-x, namespace: shop, {owned % ("ReplicaSet", "web-1")}}}
spec: {{containers: [{{name: main, image: "x:1"}}]}}
"""
    finding = Finding(
        id="KV4001", severity=Severity.ERROR, object="Pod shop/web-1-x", message="m", property="rollout-completes"
    )
    objects = bundle(text.replace("ID", "KV4001"), "")
    live = bundle("", existing)
    both = Bundle(objects.wanted, live.existing)
    report = suppress(Report(findings=(finding,)), both, Options(today=TODAY))
    assert hidden(report) == [("KV4001", "Pod shop/web-1-x", By.ANNOTATION, "known")]
    assert not hidden(suppress(Report(findings=(finding,)), live, Options(today=TODAY)))


def test_one_of_several_objects_is_enough() -> None:
    def finding(named: str) -> Finding:
        return Finding(id="KV4001", severity=Severity.ERROR, object=named, message="m", property="p")

    for named, count in (("Deployment a/x, Service a/y", 1), ("Deployment a/x, Node y", 0)):
        report = Report(findings=(finding(named),))
        found = suppress(
            report, bundle(), Options(today=TODAY, suppressions=(rule("KV4001", name="y", namespace="a"),))
        )
        assert len(found.suppressed) == count


@given(st.text(st.sampled_from(list("KV4005:; \n\tuntil2027-06-30x\x1b")), max_size=40))
def test_every_entry_of_any_annotation_is_followed_or_told(text: str) -> None:
    item = evolve(objects(service())[0], metadata=ObjectMeta(name="web", annotations={IGNORE: text}))
    found = list(annotated(item, lambda _: ""))
    entries = [part for part in text.replace("\n", ";").split(";") if part.strip()]
    assert len(found) == max(1, len(entries))
    for one in found:
        if isinstance(one, Suppression):
            assert one.id
            assert one.reason.strip()
            assert one.covers(Key("Service", "default", "web"))
