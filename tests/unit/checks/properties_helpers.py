"""What tests of declared properties have in common: a small application, nodes, and one question."""

from __future__ import annotations

from typing import Any

from kverify.checks import Options, Report, run
from kverify.checks.declared.specs import Specs
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
