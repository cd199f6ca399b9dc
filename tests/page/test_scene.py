"""What the player is given to draw: the states of the trace and nothing else, whatever the trace."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from kverify.checks.finding import Finding, Report
from kverify.engines.verdict import Outcome, Step, Trace, Verdict
from kverify.manifest.diagnostics import Severity
from kverify.model.expr import integer
from kverify.model.legend import BudgetLegend, Legend, PlaceLegend, Pods, RevisionLegend, WorkloadLegend
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.report.html.scene import guards, refusals, scene
from kverify.report.json import to_json
from tests.page import documents

PHASES = ("starting", "ready", "available", "terminating")


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """A run of no particular rules over some workloads, revisions and places."""
    places = [PlaceLegend(name=f"n{i}", status="n0.status" if i == 0 else "") for i in range(draw(st.integers(1, 3)))]
    workloads = []
    variables = [Variable.choice("n0.status", ("up", "silent", "removed"), None)]
    for w in range(draw(st.integers(1, 2))):
        revisions = []
        for r in range(draw(st.integers(1, 2))):
            key = f"ns/w{w}/r{r}"
            pods = [Pods(f"{key}.pending", "pending")]
            pods += [Pods(f"{key}.{phase}@{place.name}", phase, place.name) for place in places for phase in PHASES]
            variables += [Variable(f"{key}.spec"), *(Variable(p.variable) for p in pods)]
            title = f"ReplicaSet w{w} ({r})"
            revisions.append(RevisionLegend(key=key, title=title, ready=True, wanted=f"{key}.spec", pods=tuple(pods)))
        workloads.append(
            WorkloadLegend(
                name=f"Deployment ns/w{w}",
                replicas=3,
                strategy="RollingUpdate",
                least=draw(st.integers(0, 3)),
                most=4,
                revisions=tuple(revisions),
            )
        )
    legend = Legend(workloads=tuple(workloads), places=tuple(places))
    system = TransitionSystem("any", tuple(variables), (), legend=legend)
    numbers = st.tuples(st.integers(0, 2), *(st.integers(0, 3) for _ in variables[1:]))
    states = draw(st.lists(numbers, min_size=1, max_size=6))
    steps = tuple(Step(Action(f"a{i}", "somebody", True, {}), state) for i, state in enumerate(states[1:]))
    loop = draw(st.none() | st.integers(0, len(steps) - 1)) if steps else None
    return Trace(system, states[0], steps, loop)


def finding(trace: Trace, prop: str = "any") -> Any:
    """The JSON form of a finding with ``trace``."""
    verdict = Verdict(outcome=Outcome.VIOLATED, method="by hand", trace=trace)
    made = Finding(
        id="KV4000", severity=Severity.ERROR, object="Service ns/s", message="m", property=prop, verdict=verdict
    )
    return to_json(Report(findings=(made,)), 1)["findings"][0]


def unfolded(model: Any) -> list[list[int]]:
    """The number of pods of every slot in every state, as the player puts them together."""
    states = []
    now = [0] * len(model["slots"])
    for moment in (model["start"], *model["steps"]):
        now = [moment["pods"].get(str(slot), number) for slot, number in enumerate(now)]
        states.append(now)
    return states


@given(traces())
def test_the_states_come_back_from_what_changes(trace: Trace) -> None:
    document = finding(trace)
    model = scene(document)
    assert model is not None
    written = document["verdict"]["trace"]
    revisions = [r for w in written["legend"]["workloads"] for r in w["revisions"]]
    names = [pods["variable"] for revision in revisions for pods in revision["pods"]]
    states = [written["start"], *(step["state"] for step in written["steps"])]
    assert unfolded(model) == [[state[name] for name in names] for state in states]
    assert model["loop"] == trace.loop


@given(traces())
def test_the_status_of_a_node_is_known_in_every_state(trace: Trace) -> None:
    document = finding(trace)
    model = scene(document)
    assert model is not None
    now: dict[str, str] = {}
    written = document["verdict"]["trace"]
    for moment, state in zip(
        (model["start"], *model["steps"]), (written["start"], *(s["state"] for s in written["steps"])), strict=True
    ):
        now |= moment["status"]
        assert now == {"0": state["n0.status"]}


@given(traces())
def test_curves_are_sums_over_the_dots(trace: Trace) -> None:
    model = scene(finding(trace))
    assert model is not None
    states = unfolded(model)
    totals = [curve for curve in model["curves"] if curve["lines"]]
    assert len(totals) == len({r["workload"] for r in model["revisions"]})
    for curve in totals:
        own = [
            i
            for i, (revision, *_) in enumerate(model["slots"])
            if model["revisions"][revision]["workload"] == curve["name"]
        ]
        for name, phases in (
            ("existing", {"pending", *PHASES[:3]}),
            ("ready", {"ready", "available"}),
            ("available", {"available"}),
        ):
            assert curve[name] == [sum(state[i] for i in own if model["slots"][i][1] in phases) for state in states]
        assert all(a <= r <= e for a, r, e in zip(curve["available"], curve["ready"], curve["existing"], strict=True))
        if "answering" in curve:
            assert all(a <= r for a, r in zip(curve["answering"], curve["ready"], strict=True))


@given(traces())
def test_every_change_is_told_and_nothing_else(trace: Trace) -> None:
    document = finding(trace)
    model = scene(document)
    assert model is not None
    written = document["verdict"]["trace"]
    before = written["start"]
    for step, shown in zip(written["steps"], model["steps"], strict=True):
        changed = [name for name in before if before[name] != step["state"][name]]
        assert len(shown["changes"]) == len(changed)
        assert all(old != new for _, old, new in shown["changes"])
        before = step["state"]


def test_promises_are_lines_with_their_reasons() -> None:
    (total, *_) = scene(documents.golden("shop")["findings"][0])["curves"]  # type: ignore[index]
    assert [(line["kind"], line["of"], line["values"], line["label"]) for line in total["lines"]] == [
        ("floor", "available", [3, 3, 3], "at least 3 available = 3 replicas − maxUnavailable 0"),
        ("ceiling", "wanted", [4, 4, 4], "at most 4 wanted = 3 replicas + maxSurge 1"),
        ("floor", "ready", [2, 2, 2], "PodDisruptionBudget shop/frontend: at least 2 healthy"),
    ]


def test_promises_follow_replicas_that_change() -> None:
    n = integer("n")
    workload = WorkloadLegend(name="w", replicas=n, strategy="RollingUpdate", least=n - 1, most=n, revisions=())
    system = TransitionSystem("s", (Variable("n"),), (), legend=Legend(workloads=(workload,), places=()))
    step = Step(Action("scale", "operator", True, {}), (2,))
    model = scene(finding(Trace(system, (3,), (step,))))
    assert model is not None
    (curves,) = model["curves"]
    assert [(line["kind"], line["values"]) for line in curves["lines"]] == [("floor", [2, 1]), ("ceiling", [3, 2])]
    assert not [line["label"] for line in curves["lines"] if any(sign in line["label"] for sign in "123")]


@given(traces())
def test_a_service_wants_an_endpoint_that_answers(trace: Trace) -> None:
    model = scene(finding(trace, "endpoints-kept"))
    assert model is not None
    lines = [line for curve in model["curves"] for line in curve["lines"] if "endpoint" in line["label"]]
    alone = len({r["workload"] for r in model["revisions"]}) == 1
    assert [set(line["values"]) for line in lines] == [{1}] * alone
    for line in lines:
        lost = any(moment["status"].get("0") in ("silent", "removed") for moment in (model["start"], *model["steps"]))
        assert line["of"] == ("answering" if lost else "ready")


@given(traces())
def test_a_budget_over_several_workloads_promises_nothing_of_one(trace: Trace) -> None:
    legend = trace.system.legend
    assert legend is not None
    keys = tuple(r.key for w in legend.workloads for r in w.revisions)
    budget = BudgetLegend(name="PodDisruptionBudget ns/b", desired=2, revisions=keys)
    system = evolve(trace.system, legend=evolve(legend, budgets=(budget,)))
    model = scene(finding(evolve(trace, system=system)))
    assert model is not None
    told = [line["label"] for curve in model["curves"] for line in curve["lines"] if "Budget" in line["label"]]
    assert len(told) == (len(legend.workloads) == 1)


def test_a_trace_without_legend_is_played_in_numbers() -> None:
    counter = TransitionSystem("counter", (Variable("n"),), ())
    model = scene(finding(Trace(counter, (0,), (Step(Action("up", "counter", True, {}), (1,)),))))
    assert model is not None
    assert (model["places"], model["curves"], model["slots"]) == ([], [], [])
    assert model["steps"][0]["changes"] == [("n", "0", "1")]


def test_nodes_with_the_same_reasons_are_told_together() -> None:
    rows = refusals(documents.golden("shop")["findings"][0])
    assert [(pods, nodes) for pods, nodes, _ in rows] == [
        ("ReplicaSet frontend (new)", ["control-plane-1"]),
        ("ReplicaSet frontend (new)", ["worker-1", "worker-2", "worker-3"]),
    ]


def test_guards_are_told_in_the_words_of_kubernetes() -> None:
    assert guards(documents.golden("shop")["findings"][0]) == [
        (
            "Deployment controller",
            ["scale up frontend (new)"],
            [("wanted pods of frontend (old) + wanted pods of frontend (new) ≤ 3", "now 4")],
        ),
        (
            "Deployment controller",
            ["scale down Deployment shop/frontend old"],
            [("4 ≤ wanted pods of frontend (old) + available pods of frontend (new)", "now 3")],
        ),
    ]
    assert guards(documents.drain()["findings"][0]) == [
        ("kubectl drain", ["evict available web"], [("3 ≤ available pods of web", "now 2")])
    ]
