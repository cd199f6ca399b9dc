"""Reading recordings, and ``kverify conform`` on small ones written by hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kverify.cli.main import main
from kverify.cluster.recording import FirstSeen, RecordingError, ReplicaSetSeen, orders, read_recording

Write = Callable[..., Path]


def deployment(version: int, image: str = "app:v1", **more: Any) -> dict[str, Any]:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    shown = {"ev": "MODIFIED", "name": "web", "replicas": 1, "images": [image], "strategy": strategy, **more}
    return {"t": version / 10, "kind": "Deployment", "rv": str(version), **shown}


def replica_set(version: int, replicas: int, name: str = "web-1", **more: Any) -> dict[str, Any]:
    shown = {"ev": "MODIFIED", "owner": ["Deployment/web"], "images": ["app:v1"], "replicas": replicas, **more}
    return {"t": version / 10, "kind": "ReplicaSet", "name": name, "rv": str(version), **shown}


def pod(version: int, name: str = "web-1-a", **more: Any) -> dict[str, Any]:
    shown = {"ev": "MODIFIED", "owner": ["ReplicaSet/web-1"], "phase": "Pending", **more}
    return {"t": version / 10, "kind": "Pod", "name": name, "rv": str(version), **shown}


READY: dict[str, Any] = {"node": "n", "phase": "Running", "conditions": {"Ready": "True/Because"}}
GOING: dict[str, Any] = {**READY, "deletionTimestamp": "2026-01-01T00:00:00Z"}
START = [
    {"t": 0.05, "ev": "ACTION", "action": "create Deployment/web", "code": 201},
    deployment(1, ev="ADDED"),
    replica_set(2, 1, ev="ADDED"),
    pod(3, ev="ADDED"),
    pod(4, node="n"),
    pod(5, **READY),
]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def inner(lines: list[dict[str, Any]], name: str = "trace.jsonl") -> Path:
        path = tmp_path / name
        text = "".join(json.dumps(line) + "\n" for line in lines)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return inner


# -- reading -----------------------------------------------------------------------------------------------------------


def test_events_come_in_the_order_of_the_writes(write: Write) -> None:
    recording = read_recording(write([START[0], *reversed(START[1:])], "trace.jsonl.gz"))
    assert recording.name == "trace"
    assert [e.version for e in recording.events] == [1, 2, 3, 4, 5]
    assert [a.text for a in recording.actions] == ["create Deployment/web"]


def test_a_refused_eviction_removes_nothing(write: Write) -> None:
    actions = [
        {"t": 1, "ev": "ACTION", "action": "evict Pod/a", "code": 429},
        {"t": 2, "ev": "ACTION", "action": "evict Pod/b", "code": 201},
        {"t": 3, "ev": "ACTION", "action": "delete Pod/c", "code": 200},
        {"t": 4, "ev": "ACTION", "action": "kubectl delete pod d --wait=false", "rc": 0},
    ]
    assert [a.removes for a in read_recording(write([*START, *actions])).actions] == [None, None, "b", "c", "d"]


def test_actions_are_taken_from_the_file_beside(write: Write) -> None:
    write(START)
    assert len(read_recording(write(START[1:], "trace.full.jsonl")).actions) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "there are no events"),
        (b'{"t": 1}\n', r"trace.jsonl:1: not an event of a recording: no 'ev'"),
        (b"nonsense\n", r"trace.jsonl:1: not an event"),
        (b"[]\n", r"trace.jsonl:1: not an event"),
        (b'{"t": 1, "ev": "ADDED", "kind": "Pod", "name": "a", "rv": "x"}\n', "invalid literal"),
        (b"\xff\xfe", "not text"),
        (b"\x1f\x8b damaged", "the compressed file is damaged"),
    ],
)
def test_what_is_not_a_recording_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=message):
        read_recording(path)


def sets(*named: tuple[str, float, str]) -> list[FirstSeen]:
    return [
        FirstSeen(name, time, ReplicaSetSeen(replicas=0, template=name, images=(), created=created))
        for name, time, created in named
    ]


def test_replica_sets_are_ordered_by_second_and_name() -> None:
    found = orders(sets(("b", 1.1, "10:00:01"), ("a", 1.2, "10:00:01"), ("c", 0.9, "10:00:00")))
    assert [[s.name for s in order] for order in found] == [["c", "a", "b"]]


def test_without_creation_times_both_orders_are_possible() -> None:
    found = orders(sets(("b", 1.1, ""), ("a", 1.2, ""), ("c", 9.0, "")))
    assert [[s.name for s in order] for order in found] == [["b", "a", "c"], ["a", "b", "c"]]


# -- the command -------------------------------------------------------------------------------------------------------


def conform(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["conform", str(path)])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_a_run_conforms(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = conform(write(START), capsys)
    assert code == 0
    assert text.splitlines() == [
        "trace: Deployment web conforms: 6 of 6 events matched",
        "  least ready pods: 1 recorded, at least 1 by the model",
        "  largest sum of spec.replicas: 1 recorded, at most 2 by the model",
        "  assumed: minReadySeconds is not recorded: any number of seconds is allowed",
    ]


def test_a_pod_the_driver_deletes_is_replaced(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    action = {"t": 0.6, "ev": "ACTION", "action": "delete Pod/web-1-a", "code": 200}
    code, text = conform(write([*START, action, pod(6, **GOING), pod(7, "web-1-b", ev="ADDED")]), capsys)
    assert (code, "(the driver deleted 1)" in text) == (0, True)


def test_a_pod_nobody_deleted_is_refused(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = conform(write([*START, pod(6, **GOING)]), capsys)
    assert code == 1
    assert "does not conform: 6 of 7 events matched" in text
    assert "the model cannot follow at 0.600 s: Pod web-1-a MODIFIED (resourceVersion 6)" in text
    assert "live pods of web-1: 1 -> 0" in text
    assert "delete available web-1@a node needs" in text


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ([{"t": 1, "ev": "ADDED", "kind": "StatefulSet", "name": "db", "rv": "9"}], "StatefulSet db"),
        ([deployment(9, replicas=3)], "a change of spec.replicas of web from 1 to 3"),
        ([deployment(9, strategy={"type": "Recreate"})], "a change of spec.strategy of web"),
        ([deployment(9, ev="DELETED")], "the deletion of Deployment web"),
        ([pod(9, "alone", owner=[], ev="ADDED")], "Pod alone without a ReplicaSet"),
        ([replica_set(9, 1, "alone", owner=[], ev="ADDED")], "ReplicaSet alone without a Deployment"),
        ([replica_set(9, 0, "web-2", ev="ADDED")], "two ReplicaSets of web with the same template"),
        ([replica_set(8, 1, "web-2", images=["app:v2"], ev="ADDED"), deployment(9, paused=True)], "web paused in the"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_modelled_is_bad_input(
    write: Write, capsys: pytest.CaptureFixture[str], more: list[dict[str, Any]], reason: str
) -> None:
    code, text = conform(write([*START, *more]), capsys)
    assert code == 2
    assert f"not modelled: {reason}" in text


def test_a_change_of_a_node_is_not_modelled(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [
        {"t": 0, "ev": "INITIAL", "kind": "Node", "name": "n", "rv": "1", "conditions": {"Ready": "True/Yes"}},
        {"t": 1, "ev": "MODIFIED", "kind": "Node", "name": "n", "rv": "9", "conditions": {"Ready": "Unknown/Lost"}},
    ]
    code, text = conform(write([*START, *nodes]), capsys)
    assert (code, "not modelled: a change of node n" in text) == (2, True)


def test_a_pause_with_nothing_to_do_is_followed(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """A new template under a pause makes no ReplicaSet; after the pause it does."""
    paused = [deployment(6, paused=True), deployment(7, "app:v2", paused=True)]
    resumed = [deployment(8, "app:v2"), replica_set(9, 1, "web-2", images=["app:v2"], ev="ADDED")]
    assert conform(write([*START, *paused, *resumed]), capsys)[0] == 0
    assert conform(write([*START, *paused, replica_set(9, 1, "web-2", images=["app:v2"], ev="ADDED")]), capsys)[0] == 2


def test_the_worst_of_several_decides(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = write(START, "good.jsonl"), write([*START, pod(6, **GOING)], "bad.jsonl")
    assert main(["conform", str(good), str(bad)]) == 1
    assert main(["conform", str(good), str(bad), "no such file"]) == 2
    assert "no such file: No such file or directory" in capsys.readouterr().err


def test_damaged_manifest_beside_is_bad_input(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(START)
    path.with_suffix(".yaml").write_bytes(b"\xff\xff")
    assert conform(path, capsys)[0] == 2


def test_min_ready_seconds_come_from_the_manifest_beside(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(START)
    path.with_suffix(".yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {minReadySeconds: 3}\n", encoding="utf-8"
    )
    assert "assumed" not in conform(path, capsys)[1]
