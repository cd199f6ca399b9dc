"""The examples of a user's specification, with the cluster that they come with, and how they are shown."""

from __future__ import annotations

import re

from kverify.checks.declared.specs import Specs
from kverify.checks.options import Options
from kverify.checks.runs.examples import report_of, tried
from kverify.report.explain import explanation
from kverify.report.issues import View
from kverify.report.sarif import to_sarif
from kverify.report.style import Style
from kverify.spec.language.checker import check
from kverify.spec.language.library import assemble, standard

SPEC = """
policy budgets-count-the-missing
  "Budgets of Deployments say how many pods may be missing."
  for d in Deployment
  for b in PodDisruptionBudget where selects(b, d)
  forbid has(b.spec.minAvailable)
"""
WEB = """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "example.org/web:1"}]}
"""
BUDGET = """\
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: shop}
    spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
"""
OTHER = BUDGET.replace("minAvailable", "maxUnavailable")


def example(outcome: str, cluster: str = "") -> str:
    beside = f' with cluster """\n{cluster}    """' if cluster else ""
    return f'  example {outcome} """\n{WEB}    """{beside}\n'


def wrong(text: str) -> list[str]:
    library, problems = assemble([("x.kv", SPEC + text)])
    checked, more = check(library)
    assert not [*problems, *more]
    return [one.wrong for one in tried(Specs(checked=checked))]


def test_what_is_in_the_cluster_of_an_example_counts() -> None:
    assert wrong(example("passing", OTHER) + example("failing", BUDGET)) == ["", ""]
    assert wrong(example("failing", OTHER) + example("passing", BUDGET)) == [
        "nothing is found in it",
        "something is found in it",
    ]


def test_a_mistake_in_the_cluster_of_an_example_is_told() -> None:
    (told,) = wrong(example("passing", BUDGET.replace("policy/v1", "policy/v1beta1")))
    assert told.startswith("it is no sound input: line 1 of its cluster: ")


def test_a_cluster_is_shown_once() -> None:
    library, _ = assemble([("x.kv", SPEC + example("failing", BUDGET) + example("passing", BUDGET))])
    shown = list(explanation(library.checks["budgets-count-the-missing"], Style(False, 100)))
    assert shown.count("  kind: Deployment") == 2
    assert shown.count("  kind: PodDisruptionBudget") == 1
    assert shown.index("where the cluster (--cluster) has:") < shown.index("  kind: PodDisruptionBudget")
    assert shown[-1] == "where the cluster is the same"


def test_sarif_shows_the_cluster_too() -> None:
    library = standard()
    failing, _ = library.checks["claim-resize"].examples
    report = report_of(failing.text, Options(), failing.cluster)
    shown = to_sarif(View(report=report, exit_code=1, declaration=library.by_id))
    (rule,) = (rule for rule in shown["runs"][0]["tool"]["driver"]["rules"] if rule["id"] == "KV1317")
    assert re.findall(r"^(?:\*\*[WR]|where|kind|allow).*", rule["help"]["markdown"], re.MULTILINE) == [
        "**Wrong:**",
        "kind: PersistentVolumeClaim",
        "where the cluster (--cluster) has:",
        "kind: StorageClass",
        "allowVolumeExpansion: false",
        "kind: PersistentVolumeClaim",
        "**Right:**",
        "kind: PersistentVolumeClaim",
        "where the cluster (--cluster) has:",
        "kind: StorageClass",
        "allowVolumeExpansion: true",
        "kind: PersistentVolumeClaim",
    ]
