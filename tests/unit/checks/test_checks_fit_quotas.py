"""Pods that a quota does not admit never wait for a node: ``kverify fit`` says that, and asks about the others."""

from __future__ import annotations

from kverify.engines.schedulability import Room
from tests.unit.checks.test_checks_volumes import Yaml, deployment, fit, node


def quota(**hard: str) -> Yaml:
    found = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "default"}}
    return {**found, "spec": {"hard": hard}}


def named(name: str, replicas: int) -> Yaml:
    item = deployment(replicas=replicas)
    item["metadata"]["name"] = name
    item["spec"]["selector"]["matchLabels"] = {"app": name}
    item["spec"]["template"]["metadata"]["labels"] = {"app": name}
    return item


def test_only_the_pods_that_are_admitted_are_asked_about() -> None:
    """Five pods of one cpu: a node of three has room for the two that the quota admits."""
    report = fit([deployment(replicas=5)], [node("n1", cpu="3"), quota(pods="2")])
    (row,) = report.rows
    assert (row.maker.most, row.answer.room) == (2, Room.ALWAYS)
    (short,) = report.short
    assert short.message.startswith("only 2 of 5 pods are admitted: ResourceQuota default/q allows 2 pods")
    assert short.cause.path == "spec.hard[pods]"
    assert report.exit_code == 1


def test_without_the_quota_they_do_not_fit() -> None:
    report = fit([deployment(replicas=5)], [node("n1", cpu="3")])
    assert (report.rows[0].answer.room, report.short) == (Room.IMPOSSIBLE, ())


def test_a_quota_that_admits_everything_says_nothing() -> None:
    report = fit([deployment(replicas=2)], [node("n1", cpu="3"), quota(pods="2")])
    assert (report.short, report.exit_code) == ((), 0)


def test_nothing_is_asked_of_a_workload_without_an_admitted_pod() -> None:
    report = fit([deployment(replicas=2)], [node("n1"), quota(pods="0")])
    assert report.rows == ()
    assert [short.wanted for short in report.short] == [True]


def test_a_surge_that_is_not_admitted_is_no_failure_of_fit() -> None:
    item = deployment(replicas=2)
    item["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
    report = fit([item], [node("n1", cpu="2"), quota(pods="2")])
    assert [(short.wanted, row.maker.most) for short, row in zip(report.short, report.rows, strict=True)] == [
        (False, 2)
    ]
    assert report.exit_code == 0


def test_a_placement_with_more_pods_than_are_admitted_together_blocks_nobody() -> None:
    """Each of two workloads is admitted alone, both are not: they would not fit together, and need not."""
    both = [named("a", 2), named("b", 2)]
    assert fit(both, [node("n1", cpu="3")]).core
    report = fit(both, [node("n1", cpu="3"), quota(pods="3")])
    assert not report.core
    assert {row.answer.room for row in report.rows} == {Room.UNKNOWN}
    assert all("ResourceQuota default/q admits" in row.answer.reason for row in report.rows)
    assert [short.wanted for short in report.short] == [True, True]
