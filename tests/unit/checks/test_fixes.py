"""What counts as a fix: the finding is gone, nothing as bad is new, and it was all looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from kverify.checks import Options, Report, run
from kverify.checks.finding import Finding
from kverify.checks.fixes import admission, apply_fixes, families, placement, search, with_fixes
from kverify.checks.fixes.candidate import Candidate, change
from kverify.checks.fixes.verify import Verifier, worse
from kverify.checks.fixes.workspace import Workspace
from kverify.checks.given.context import Context
from kverify.cluster.bundle import Bundle
from kverify.engines.budget import until
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.edit import Put

NODES = "".join(
    f"apiVersion: v1\nkind: Node\nmetadata: {{name: n{i}, labels: {{kubernetes.io/hostname: n{i}}}}}\n"
    'status: {allocatable: {cpu: "1", pods: "9"}}\n---\n'
    for i in range(2)
)
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "example.org/web:1", resources: {requests: {cpu: 600m}}}]
"""


def read(tmp_path: Path, text: str, nodes: str = NODES) -> tuple[Bundle, tuple[Diagnostic, ...]]:
    file, cluster = tmp_path / "web.yaml", tmp_path / "nodes.yaml"
    file.write_text(text, "utf-8")
    cluster.write_text(nodes, "utf-8")
    return Bundle.read([str(file)], [str(cluster)])


def verifier(bundle: Bundle, diagnostics: tuple[Diagnostic, ...]) -> tuple[Verifier, Report]:
    report = run(bundle, diagnostics, Options())
    work = Workspace(bundle, diagnostics, Options().kubernetes_version)
    return Verifier(work, report, Options()), report


def put(bundle: Bundle, *edits: Put) -> Candidate:
    return Candidate(text="a change", changes=change(bundle.wanted[0], *edits))


STRATEGY = ("spec", "strategy", "rollingUpdate")


def test_only_what_makes_it_go_away_is_a_fix(tmp_path: Path) -> None:
    bundle, diagnostics = read(tmp_path, WEB)
    judge, report = verifier(bundle, diagnostics)
    stuck = next(f for f in report.findings if f.id == "KV4001")
    assert judge.holds(put(bundle, Put((*STRATEGY, "maxSurge"), 2)), stuck) is None
    held = judge.holds(put(bundle, Put(STRATEGY, {"maxSurge": 0, "maxUnavailable": 1})), stuck)
    assert held is not None
    (changed,) = held[0].changes
    assert changed.after == WEB.replace("maxSurge: 1, maxUnavailable: 0", "maxSurge: 0, maxUnavailable: 1")


def test_the_first_toleration_that_matches_a_taint_counts(tmp_path: Path) -> None:
    """A later one without an end changes nothing; taints that differ in their value are several."""
    pod = """
      tolerations:
      - {key: pool, operator: Exists, effect: NoExecute, tolerationSeconds: 5}
      - {key: pool, operator: Exists}
"""
    nodes = NODES
    for node, value in ("n0", "a"), ("n1", "b"):
        taint = f"spec: {{taints: [{{key: pool, value: {value}, effect: NoExecute}}]}}"
        nodes = nodes.replace(f"hostname: {node}}}}}\n", f"hostname: {node}}}}}\n{taint}\n")
    bundle, diagnostics = read(tmp_path, WEB.rstrip() + pod, nodes)
    finding = next(f for f in run(bundle, diagnostics, Options()).findings if f.id == "KV4012")
    found = [candidate.text for candidate in placement.tolerated(Context(bundle, Options()), finding)]
    assert [text.split()[1] for text in found] == ["pool=a:NoExecute", "pool=b:NoExecute"]


def test_all_quotas_that_are_short_are_raised_together(tmp_path: Path) -> None:
    quotas = "".join(
        f"---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: {name}}}\nspec: {{hard: {{{hard}}}}}\n"
        for name, hard in (("pods", 'pods: "1"'), ("cpu", "requests.cpu: 700m, pods: 9"))
    )
    web = WEB.replace("maxSurge: 1, maxUnavailable: 0", "maxSurge: 0, maxUnavailable: 1")
    bundle, diagnostics = read(tmp_path, web + quotas)
    judge, report = verifier(bundle, diagnostics)
    refused = next(f for f in report.findings if f.id == "KV3004")
    (candidate,) = admission.quotas(Context(bundle, Options()), refused)
    held = judge.holds(candidate, refused)
    assert held is not None
    (changed,) = held[0].changes
    assert 'spec: {hard: {pods: "2"}}' in changed.after
    assert "spec: {hard: {requests.cpu: 1200m, pods: 9}}" in changed.after
    assert candidate.cost == "the namespace may use more pods and requests.cpu"


def test_what_brings_something_as_bad_is_no_fix(tmp_path: Path) -> None:
    """With requests that fit no node the rollout is not asked about any more, and the pods are Pending."""
    bundle, diagnostics = read(tmp_path, WEB)
    judge, report = verifier(bundle, diagnostics)
    stuck = next(f for f in report.findings if f.id == "KV4001")
    containers = ("spec", "template", "spec", "containers", 0, "resources", "requests", "cpu")
    assert judge.holds(put(bundle, Put(containers, "3")), stuck) is None
    # So is what the API server would not take.
    assert judge.holds(put(bundle, Put(("spec", "replicas"), -1)), stuck) is None
    assert judge.holds(put(bundle, Put(("spec", "replicas"), "two")), stuck) is None


def test_less_bad_findings_may_be_new(tmp_path: Path) -> None:
    bundle, diagnostics = read(tmp_path, WEB)
    _, report = verifier(bundle, diagnostics)
    less = evolve(report, findings=tuple(f for f in report.findings if f.severity is not Severity.WARNING))
    assert report.findings != less.findings
    assert not worse([report], less, Severity.ERROR)
    assert worse([report], less, Severity.WARNING)
    assert not worse([less], report, Severity.WARNING)


def test_the_search_is_bounded_and_says_what_was_looked_at(tmp_path: Path) -> None:
    other = WEB.replace("web", "api").replace("replicas: 2", "replicas: 0")
    bundle, diagnostics = read(tmp_path, f"{WEB}---\n{other}")
    report = run(bundle, diagnostics, Options())
    found = with_fixes(report, bundle, diagnostics, Options())
    (fix,) = next(f.fixes for f in found.findings if f.id == "KV4001")
    assert fix.again == ("Deployment default/web",)
    assert fix.cost
    none = with_fixes(report, bundle, diagnostics, Options(), most=0)
    assert [f.fixes for f in none.findings] == [() for _ in report.findings]
    # A repair that says the same is not said twice.
    assert fix.text not in [r.text for f in found.findings for r in f.repairs]


def test_fixes_together_are_checked_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was thought of each by itself: what makes the whole worse is dropped, from the last on."""
    small = WEB.replace("600m", "550m").replace("replicas: 2", "replicas: 1")
    bundle, diagnostics = read(tmp_path, f"{small}---\n{small.replace('web', 'api')}")
    report = run(bundle, diagnostics, Options())
    stuck = [f.object for f in report.findings if f.severity is Severity.ERROR]
    assert stuck == ["Deployment default/web", "Deployment default/api"]

    def first(ctx: Context, finding: Finding) -> Iterator[Candidate]:
        edit = Put(STRATEGY, {"maxSurge": 0, "maxUnavailable": 1})
        if finding.object == "Deployment default/api":
            edit = Put(("spec", "replicas"), 9)
        item = next(w for w in ctx.bundle.wanted if finding.object.endswith(f"/{w.metadata.name}"))
        yield Candidate(text="a change", changes=change(item, edit))

    def unseen(judge: Verifier, candidate: Candidate, _: object) -> tuple[Workspace, tuple[str, ...]]:
        return judge.work.revised(candidate.changes), ()

    monkeypatch.setattr(families, "FINDINGS", {"KV4001": (first,)})
    monkeypatch.setattr(Verifier, "holds", unseen)
    applied = apply_fixes(report, bundle, diagnostics, Options())
    assert [problem.object for problem, _ in applied.fixes] == ["Deployment default/web"]
    (changed,) = applied.changes
    assert changed.after == changed.before.replace(
        "maxSurge: 1, maxUnavailable: 0", "maxSurge: 0, maxUnavailable: 1", 1
    )


def test_generated_objects_have_no_fix() -> None:
    """What is in no file cannot be changed."""
    bundle, _ = Bundle.read([])
    assert with_fixes(Report(), bundle, (), Options()).mended == ()


OLD_INGRESS = """\
apiVersion: extensions/v1beta1   # old
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - host: example.org   # ours
    http:
      paths:
      - path: /
        backend:
          serviceName: web
          servicePort: 80
"""
NEW_INGRESS = """\
apiVersion: networking.k8s.io/v1   # old
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - host: example.org   # ours
    http:
      paths:
      - path: /
        backend:
          service:
            name: web
            port:
              number: 80
        pathType: ImplementationSpecific
"""
NO_SELECTOR = WEB.replace("  selector: {matchLabels: {app: web}}\n", "")


@pytest.mark.parametrize(
    ("text", "id", "after"),
    [
        (OLD_INGRESS, "KV1301", NEW_INGRESS),
        (f"{WEB}---\n{OLD_INGRESS}", "KV1301", f"{WEB}---\n{NEW_INGRESS}"),
        (
            NO_SELECTOR,
            "KV1201",
            NO_SELECTOR.replace("  strategy:", "  selector:\n    matchLabels:\n      app: web\n  strategy:"),
        ),
        (
            WEB.replace("labels: {app: web}", "labels: {app: wbe}"),
            "KV1212",
            WEB,
        ),
        (WEB.replace("replicas: 2", 'replicas: "2"'), "KV1103", WEB),
        (WEB.replace("kind: Deployment", "kind: Deploymnet"), "KV1302", WEB),
        (WEB.replace("apiVersion: apps/v1", "apiVersion: v1"), "KV1302", WEB),
        (WEB.replace("{app: web}", "{app: 1}", 1).replace("{app: web}", '{app: "1"}'), "KV1102", None),
        (
            WEB.replace("{requests: {cpu: 600m}}", "{requests: {cpu: 600m}}, runAsUser: 1"),
            "KV1109",
            None,
        ),
        (WEB.replace("selector:", "progressDeadlineSeconds: 9\n  minReadySeconds: 9\n  selector:"), "KV1202", None),
    ],
)
def test_what_is_refused_is_mended_in_its_place(text: str, id: str, after: str | None, tmp_path: Path) -> None:
    bundle, diagnostics = read(tmp_path, text)
    report = run(bundle, diagnostics, Options())
    found = with_fixes(report, bundle, diagnostics, Options())
    problem = next(d for d in found.diagnostics if d.id == id)
    (fix,) = found.fixes_of(problem)
    (changed,) = fix.changes
    assert after is None or changed.after == after
    (tmp_path / "web.yaml").write_text(changed.after, "utf-8")
    _, again = Bundle.read([str(tmp_path / "web.yaml")])
    assert id not in [d.id for d in again]


def test_an_object_with_several_mistakes_is_mended_one_by_one(tmp_path: Path) -> None:
    """It stays refused while there is one left; what it does once it is taken is no reason to leave it refused."""
    text = WEB.replace("replicas: 2", 'replicas: "2"').replace("strategy:", "strateggy:")
    bundle, diagnostics = read(tmp_path, text)
    report = run(bundle, diagnostics, Options())
    assert sorted(d.id for d in report.diagnostics) == ["KV1103", "KV1109"]
    found = with_fixes(report, bundle, diagnostics, Options())
    assert all(found.fixes_of(d) for d in found.diagnostics)
    applied = apply_fixes(report, bundle, diagnostics, Options())
    (changed,) = applied.changes
    assert changed.after == WEB
    assert len(applied.fixes) == 2


def test_a_search_that_was_stopped_is_not_all_there_is_to_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, diagnostics = read(tmp_path, WEB)
    report = run(bundle, diagnostics, Options())

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(search, "first", stop)
    with until(None) as budget:
        assert not any(f.fixes for f in with_fixes(report, bundle, diagnostics, Options()).findings)
    assert budget.late


def test_what_was_found_stays_when_ctrl_c_comes_between_two_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, diagnostics = read(tmp_path, WEB.replace("replicas: 2", 'replicas: "2"').replace("strategy:", "strateggy:"))
    report = run(bundle, diagnostics, Options())
    listed = search.candidates
    seen: list[object] = []

    def stop(*of: Any) -> Any:
        seen.append(of)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return listed(*of)

    monkeypatch.setattr(search, "candidates", stop)
    with until(None) as budget:
        found = with_fixes(report, bundle, diagnostics, Options())
    assert [len(found.fixes_of(d)) for d in found.diagnostics] == [1, 0]
    assert found.interrupted == "interrupted from the keyboard"
    assert budget.late


APART = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - {labelSelector: {matchLabels: {app: api}}, topologyKey: kubernetes.io/hostname}
      containers: [{name: api, image: "example.org/api:1", resources: {requests: {cpu: 10m}}}]
"""


def test_what_a_fix_changes_is_asked_about_even_if_it_was_not_before(tmp_path: Path) -> None:
    """As in a run of what has changed since a revision."""
    bundle, diagnostics = read(tmp_path, WEB + APART)
    options = Options(touched=frozenset(("Deployment default/web",)), part=True)
    report = run(bundle, diagnostics, options)
    judge = Verifier(Workspace(bundle, diagnostics, options.kubernetes_version), report, options)
    (stuck,) = (f for f in report.findings if f.id == "KV4001")
    web, api = sorted(bundle.wanted, key=lambda item: item.metadata.name, reverse=True)
    mend = change(web, Put(STRATEGY, {"maxSurge": 0, "maxUnavailable": 1}))
    harm = change(api, Put(STRATEGY, {"maxSurge": 1, "maxUnavailable": 0}))
    assert judge.holds(Candidate(text="mend", changes=mend), stuck) is not None
    assert judge.holds(Candidate(text="mend and harm", changes=(*mend, *harm)), stuck) is None
