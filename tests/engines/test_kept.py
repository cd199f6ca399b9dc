"""Answers that are kept are the answers that would be found, and nothing else is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.checks import Options, run
from kverify.cluster.bundle import Bundle
from kverify.engines import kept, portfolio, spacer
from kverify.engines.budget import until
from kverify.engines.explicit import within
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import integer
from kverify.model.system import Action, Fairness, TransitionSystem, Variable
from kverify.report import json as as_json
from kverify.spec.property import Always, EventuallyAlways, Possibly, Property, Reaches
from kverify.store import Store

N, M = integer("n"), integer("m")
SYSTEM = TransitionSystem(
    "two counters",
    (Variable("n", 0, 5, 0), Variable("m", 0, 5, 0)),
    (
        Action("up", "test", N < 4, {"n": N + 1}, says="n becomes {after[n]}"),
        Action("over", "test", M < N - 1, {"m": M + 1}),
    ),
)
QUESTIONS: list[Property] = [
    Always(name="small", condition=N <= 4),
    Always(name="smaller", condition=N <= 2),
    Reaches(name="to four", goal=N == 4),
    Reaches(name="to five", goal=N == 5),
    EventuallyAlways(name="ends", goal=M == 3),
    EventuallyAlways(name="never", goal=M == 4),
]


class Counting:
    """Counts how often an engine was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.count = 0
        climb = portfolio.climb

        def counted(*arguments: Any) -> Verdict:
            self.count += 1
            return climb(*arguments)

        monkeypatch.setattr(portfolio, "climb", counted)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counting:
    return Counting(monkeypatch)


def steps(verdict: Verdict) -> Any:
    trace = verdict.trace
    return trace and (trace.start, [(s.action.name, s.state) for s in trace.steps], trace.loop, list(trace.sentences()))


@pytest.mark.parametrize("cover", [False, True])
@pytest.mark.parametrize("prop", QUESTIONS, ids=lambda prop: prop.name)
def test_an_answer_is_found_once(prop: Property, cover: bool, asked: Counting, tmp_path: Path) -> None:
    alone = portfolio.decide(SYSTEM, prop, cover=cover)
    with kept.keeping(Store(tmp_path)):
        first, second = (portfolio.decide(SYSTEM, prop, cover=cover) for _ in range(2))
    assert asked.count == 2
    for verdict in (first, second):
        assert steps(verdict) == steps(alone)
        same = evolve(verdict, trace=None), evolve(alone, trace=None)
        assert same[0] == same[1]


CHANGED = [
    evolve(SYSTEM, name="another"),
    evolve(SYSTEM, variables=(Variable("n", 0, 6, 0), SYSTEM.variables[1])),
    evolve(SYSTEM, actions=(evolve(SYSTEM.actions[0], guard=N < 3), SYSTEM.actions[1])),
    evolve(SYSTEM, actions=(evolve(SYSTEM.actions[0], says="n grows"), SYSTEM.actions[1])),
    evolve(SYSTEM, actions=(evolve(SYSTEM.actions[0], fairness=Fairness.NONE), SYSTEM.actions[1])),
    evolve(SYSTEM, actions=(evolve(SYSTEM.actions[0], updates={"n": N + 2}), SYSTEM.actions[1])),
    evolve(SYSTEM, actions=(evolve(SYSTEM.actions[0], environment=True), SYSTEM.actions[1])),
    evolve(SYSTEM, actions=SYSTEM.actions[::-1]),
    evolve(SYSTEM, starts=((1, 0),)),
]


@pytest.mark.parametrize("system", CHANGED, ids=range(len(CHANGED)))
def test_another_system_is_another_question(system: TransitionSystem, asked: Counting, tmp_path: Path) -> None:
    with kept.keeping(Store(tmp_path)):
        portfolio.decide(SYSTEM, QUESTIONS[0])
        portfolio.decide(system, QUESTIONS[0])
    assert asked.count == 2


@pytest.mark.parametrize(
    "bounds", [{"limit": 3}, {"depth": 2}, {"certain": False}, {"engine": "explicit"}, {"effort": 9}]
)
def test_other_bounds_are_another_question(bounds: dict[str, Any], asked: Counting, tmp_path: Path) -> None:
    with kept.keeping(Store(tmp_path)):
        portfolio.decide(SYSTEM, QUESTIONS[1])
        portfolio.decide(SYSTEM, QUESTIONS[1], **bounds)
        with within(max_bytes=10**9):
            portfolio.decide(SYSTEM, QUESTIONS[1])
    assert asked.count == 3


def test_what_a_bound_leaves_unknown_is_kept_and_what_a_clock_does_is_not(
    asked: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept.keeping(Store(tmp_path)):
        for _ in range(2):
            verdict = portfolio.decide(SYSTEM, QUESTIONS[1], limit=1, engine="explicit")
            assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, "more than 1 states; 2 states explored")
        assert asked.count == 1
        for _ in range(2):
            with until(1e-9, "over"):
                portfolio.decide(SYSTEM, QUESTIONS[0])
        assert asked.count == 3
        for reason, times in (("Spacer was stopped after 20 CPU seconds", 2), ("Spacer gave up: unknown", 1)):
            slow = spacer.Answer(None, reason)
            monkeypatch.setattr(spacer, "ask", lambda *_, answer=slow, **__: answer)
            before = asked.count
            for _ in range(2):
                portfolio.decide(SYSTEM, evolve(QUESTIONS[0], name=reason), engine="spacer")
            assert asked.count == before + times


@pytest.mark.parametrize(
    ("run", "prop"), [("trace", QUESTIONS[1]), ("witness", Possibly(name="may", goal=N == 4))], ids=["trace", "witness"]
)
def test_a_run_that_is_none_is_not_shown(run: str, prop: Property, asked: Counting, tmp_path: Path) -> None:
    """Somebody has changed an entry, digest and all."""
    store = Store(tmp_path)
    with kept.keeping(store):
        true = portfolio.decide(SYSTEM, prop)
        (path,) = tmp_path.glob("??/*")
        key = path.parent.name + path.name
        entry = json.loads(store.read(key) or "")
        entry[run]["steps"][-1][1] = [5, 5]
        store.write(key, json.dumps(entry))
        again = portfolio.decide(SYSTEM, prop)
    assert asked.count == 2
    assert steps(again) == steps(true)
    assert (again.witness and again.witness.steps) == (true.witness and true.witness.steps)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fair": [null, false], "question": ["Fair", {}]}', "[" * 99_999])
def test_what_is_no_answer_is_not_there(text: str, asked: Counting, tmp_path: Path) -> None:
    store = Store(tmp_path)
    with kept.keeping(store):
        portfolio.decide(SYSTEM, QUESTIONS[1])
        (path,) = tmp_path.glob("??/*")
        store.write(path.parent.name + path.name, text)
        portfolio.decide(SYSTEM, QUESTIONS[1])
    assert asked.count == 2


# -- whole runs --------------------------------------------------------------------------------------------------------

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: default}}
spec:
  replicas: {replicas}
  {strategy}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: {label}}}}}
    spec:
      containers: [{{name: c, image: "{image}", resources: {{requests: {{cpu: {cpu}}}}}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: web, namespace: default}}
spec: {{minAvailable: {least}, selector: {{matchLabels: {{app: web}}}}}}
---
apiVersion: v1
kind: Node
metadata: {{name: n1, labels: {{kubernetes.io/hostname: n1}}}}
status: {{allocatable: {{cpu: "2", memory: 8Gi, pods: "10"}}}}
---
apiVersion: v1
kind: Node
metadata: {{name: n2, labels: {{kubernetes.io/hostname: n2}}}}
status: {{allocatable: {{cpu: "{room}", memory: 8Gi, pods: "10"}}}}
"""
FIELDS = st.fixed_dictionaries(
    {
        "replicas": st.integers(0, 3),
        "strategy": st.sampled_from(["", "strategy: {type: Recreate}", "minReadySeconds: 5"]),
        "label": st.sampled_from(["web", "web", "other"]),
        "image": st.sampled_from(["i:1", "i:2"]),
        "cpu": st.sampled_from(["100m", '"1"', '"3"']),
        "least": st.integers(1, 3),
        "room": st.sampled_from(["1", "2", "4"]),
    }
)


@settings(max_examples=4)
@given(inputs=st.lists(FIELDS, min_size=2, max_size=2))
def test_runs_with_kept_answers_say_the_same(
    inputs: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever field has changed since."""
    folder = tmp_path_factory.mktemp("kept")
    path, cache = folder / "web.yaml", folder / "store"
    for fields in [*inputs, inputs[0]]:
        path.write_text(MANIFEST.format(**fields), "utf-8")
        bundle, problems = Bundle.read([str(path)])
        said = [as_json.render(run(bundle, problems, Options(cache=where)), 0) for where in (cache, None, cache)]
        assert said[0] == said[1] == said[2]
