"""Who declares a gang, and what becomes of declarations that mean nothing; counts, interrupts and room in classes."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings

from kverify.checks.builtin.gangs import declared
from kverify.checks.fit.fit import run
from kverify.checks.fit.synthesis import run as synthesize
from kverify.checks.given import room
from kverify.checks.given.pods import makers_of
from kverify.checks.options import Options
from kverify.cluster.admission import Admission
from kverify.engines.schedulability import Cluster, Demand, Room, fit
from kverify.report.fit_synthesis import summary
from tests.engines.fit_cases import questions
from tests.unit.checks.test_checks_pods import DEPLOYMENT, SCALER, bundle, node

GROUP = "---\napiVersion: scheduling.x-k8s.io/v1alpha1\nkind: PodGroup\nmetadata: {name: g}\nspec: {minMember: 3}\n"


def job(name: str, template: str = "{}", spec: str = "") -> str:
    return (
        f"---\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}}}\nspec:\n  parallelism: 2\n  completions: 2\n"
        f"  template:\n    metadata: {template}\n    spec: {{restartPolicy: Never{spec}, containers: "
        "[{name: c, image: i, resources: {requests: {cpu: '1'}}}]}\n"
    )


def found(text: str) -> tuple[list[tuple[str, tuple[int, ...], int, bool]], list[str]]:
    admission = Admission(bundle(text))
    answer = declared(admission, makers_of(admission))
    return [(g.title, g.members, g.least, g.ends) for g in answer.gangs], [str(note) for note in answer.notes]


def test_an_annotation_makes_all_pods_a_gang_or_so_many() -> None:
    text = job("a", "{annotations: {kverify.dev/gang: 'true'}}") + job("b", "{annotations: {kverify.dev/gang: '1'}}")
    assert found(text) == ([("Job default/a", (0,), 2, True), ("Job default/b", (1,), 1, True)], [])
    off = DEPLOYMENT.replace("{name: web}", "{name: web, annotations: {kverify.dev/gang: 'false'}}", 1)
    assert found(off) == ([], [])
    assert found(off.replace("'false'", "'true'"))[0] == [("Deployment default/web", (0,), 4, False)]


def test_pods_of_one_group_are_one_gang() -> None:
    label = "{labels: {scheduling.x-k8s.io/pod-group: g}}"
    volcano = "{annotations: {scheduling.k8s.io/group-name: g}}"
    assert found(job("a", label) + job("b", volcano) + GROUP)[0] == [("PodGroup default/g", (0, 1), 3, True)]


@pytest.mark.parametrize(
    ("template", "spec", "says"),
    [
        ("{annotations: {kverify.dev/gang: 'yes'}}", "", "neither true, false nor a number of pods"),
        ("{labels: {scheduling.x-k8s.io/pod-group: other}}", "", "its PodGroup default/other is not in the input"),
        (
            "{annotations: {kverify.dev/gang: 'true'}}",
            ", schedulerName: volcano",
            "the scheduler volcano places its gang",
        ),
    ],
)
def test_what_is_no_gang_is_said(template: str, spec: str, says: str) -> None:
    gangs, (note,) = found(job("a", template, spec) + GROUP)
    assert gangs == []
    assert says in note


def test_an_autoscaled_workload_that_does_not_fit_is_counted_and_others_on_request() -> None:
    six = node("n1", 6)
    (row,) = run(bundle(DEPLOYMENT + SCALER, six), (), Options()).counts
    assert (row.always, row.rolling, row.impossible) == (6, 4, 7)
    assert list(row.asked()) == [(1, 6, Room.ALWAYS), (7, 8, Room.IMPOSSIBLE)]
    assert run(bundle(DEPLOYMENT, six), (), Options()).counts == ()
    assert len(run(bundle(DEPLOYMENT, six), (), Options(), counting=True).counts) == 1


def test_an_interrupt_keeps_what_is_known() -> None:
    def stop(words: str) -> None:
        if words.startswith("counting"):
            raise KeyboardInterrupt

    def stop_at_last(words: str) -> None:
        if words.startswith("counting") and words.endswith(": 6"):
            raise KeyboardInterrupt

    report = run(bundle(DEPLOYMENT, node("n1")), (), Options(progress=stop), counting=True)
    assert [row.answer.room for row in report.rows] == [Room.ALWAYS]
    assert [(row.always, row.impossible) for row in report.counts] == [(None, None)]
    later = run(bundle(DEPLOYMENT, node("n1", 6)), (), Options(progress=stop_at_last), counting=True)
    (row,) = later.counts
    assert (row.always, row.impossible, later.exit_code) == (5, 7, 3)
    assert [(part.first, part.last, part.room) for part in row.ranges] == [
        (0, 5, Room.ALWAYS),
        (6, 6, Room.UNKNOWN),
        (7, None, Room.IMPOSSIBLE),
    ]
    assert row.ranges[1].evidence.reason == "interrupted from the keyboard"
    assert "interrupted" in report.interrupted
    assert report.exit_code == 3


def test_an_interrupted_synthesis_has_no_answer() -> None:
    def stop(words: str) -> None:
        if words.startswith("trying"):
            raise KeyboardInterrupt

    wanted = bundle(DEPLOYMENT, node("n1"))
    report = synthesize(wanted, (), Options(progress=stop), wanted.nodes)
    assert (report.bought, report.exit_code) == ((), 3)
    assert report.interrupted


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(questions())
def test_classes_and_single_nodes_agree(question: tuple[list[Demand], Cluster]) -> None:
    demands, cluster = question
    demands = [evolve(row, title=f"d{d}") for d, row in enumerate(demands)]
    exact = fit(demands, cluster, limit=50_000)
    small, large, room.SMALL, room.LARGE = room.SMALL, room.LARGE, 0, 0
    try:
        answer = room.room_for(demands, cluster)
    finally:
        room.SMALL, room.LARGE = small, large
    if answer.room is Room.FRAGILE and answer.doubtful:
        assert exact.room in (Room.FRAGILE, Room.IMPOSSIBLE)
    elif Room.UNKNOWN not in (answer.room, exact.room):
        assert answer.room is exact.room
    if answer.room in (Room.FRAGILE, Room.IMPOSSIBLE):
        assert answer.message
        assert sum(number for number, _, _ in answer.refusals) == len(cluster.nodes)


def test_what_needs_no_node_gets_none() -> None:
    nothing = bundle("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n", node("n1"))
    report = synthesize(nothing, (), Options(), nothing.nodes)
    assert (report.bought, report.exit_code) == ((), 0)
    assert summary(report) == "no nodes: nothing of the manifests needs one"


def test_a_kind_on_which_a_daemon_has_no_room_is_not_used() -> None:
    daemon = DEPLOYMENT.replace("kind: Deployment", "kind: DaemonSet").replace("  replicas: 4\n", "")
    daemon = daemon.replace("name: web", "name: agent", 1).replace("cpu: '1'", "cpu: '3'")
    wanted = bundle(DEPLOYMENT + "---\n" + daemon, node("tiny", 2) + node("large", 5))
    report = synthesize(wanted, (), Options(), wanted.nodes)
    assert report.unusable == (("tiny", "DaemonSet default/agent has no room on it: Insufficient cpu"),)
    assert [(row.name, row.number) for row in report.bought] == [("large", 3)]
    assert report.synthesis is not None
    assert report.synthesis.minimal
