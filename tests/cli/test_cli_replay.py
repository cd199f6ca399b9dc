"""``kverify check --traces`` and ``kverify replay``: what was found can be looked at again, and nothing else passes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from kverify.cli.main import main
from kverify.engines import explicit, induction, liveness, walk
from kverify.engines.verdict import Step, Trace
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.report.itf import from_itf, read, render

A01 = Path(__file__).parents[1] / "scenarios" / "a01_rollout_antiaffinity_full"
TRACE = "traces/KV4001-Deployment-default-web.itf.json"


@pytest.fixture(name="folder", scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with manifests and the traces of a check."""
    folder = tmp_path_factory.mktemp("replay")
    for name in ("fails.yaml", "cluster_3.yaml"):
        copy(A01 / name, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        arguments = ["--cluster", "cluster_3.yaml", "--traces", "traces", "--property", "rollout-completes"]
        assert main(["check", "fails.yaml", *arguments]) == 1
        yield folder


def replayed(path: str | Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["replay", str(path)])
    return code, capsys.readouterr().out


def test_a_trace_is_confirmed_without_any_search(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(*_: object, **__: object) -> None:
        raise AssertionError("an engine was asked")

    for engine in (explicit, liveness, walk, induction):
        monkeypatch.setattr(engine, "check", search)
    monkeypatch.setattr(liveness, "completes", search)
    code, out = replayed(folder / TRACE, capsys)
    assert code == 0
    assert out.splitlines() == [
        "confirmed: rollout of Deployment default/web: 'a rollout completes' is violated by this run:",
        "    1. The Deployment controller scales up ReplicaSet web (new) from 0 to 1",
        "    2. ReplicaSet web (new) creates a pod",
        "2 steps were taken again in the model of the inputs; nothing was searched.",
    ]


def test_the_file_is_in_the_informal_trace_format(folder: Path) -> None:
    data = json.loads((folder / TRACE).read_text())
    assert data["#meta"]["format"] == "ITF"
    assert [state["#meta"]["index"] for state in data["states"]] == [0, 1, 2]
    assert all(set(state) == {*data["vars"], "#meta"} for state in data["states"])
    assert set(data["#meta"]["varTypes"]) == set(data["vars"])
    assert "loop" not in data


def _state(data: Any) -> None:
    data["states"][1]["default/web/new.spec"] = 2


def _both(data: Any) -> None:
    data["states"][1]["default/web/new.spec"] = data["states"][2]["default/web/new.spec"] = 2


def _start(data: Any) -> None:
    data["states"][0]["default/web/old.spec"] = 2


def _shorter(data: Any) -> None:
    del data["states"][1]


def _swapped(data: Any) -> None:
    first, second = (state["#meta"] for state in data["states"][1:])
    first["action"], second["action"] = second["action"], first["action"]


def _conjured(data: Any) -> None:
    data["states"][1]["#meta"]["action"] = "conjure"


def _nameless(data: Any) -> None:
    del data["states"][1]["#meta"]["action"]


def _text(data: Any) -> None:
    data["states"][1]["default/web/new.spec"] = "one"


def _variable(data: Any) -> None:
    data["states"][1]["default/web/other.spec"] = 1


def _missing(data: Any) -> None:
    del data["states"][1]["default/web/new.spec"]


def _loop(data: Any) -> None:
    data["loop"] = 1


def _far_loop(data: Any) -> None:
    data["loop"] = 7


def _question(data: Any) -> None:
    data["#meta"]["kverify"]["fingerprint"] = "0" * 64


def _check(data: Any) -> None:
    data["#meta"]["kverify"]["property"] = "drain-ends"


def _no_check(data: Any) -> None:
    data["#meta"]["kverify"]["property"] = "all-is-well"


def _fairness(data: Any) -> None:
    data["#meta"]["kverify"]["fair"]["everything"] = "none"


def _file(data: Any) -> None:
    data["#meta"]["kverify"]["files"]["fails.yaml"] = "0" * 64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_state, "step 1, scale up default/web/new, leads to"),
        (_both, "step 1, scale up default/web/new, leads to"),
        (_start, "is not an initial state"),
        (_shorter, "step 1: create default/web/new is not enabled"),
        (_swapped, "step 1: create default/web/new is not enabled"),
        (_conjured, "the model has no action 'conjure'"),
        (_nameless, "state 1 does not say which action leads to it"),
        (_text, "state 1: 'one' is no value of default/web/new.spec"),
        (_variable, "state 1 gives a value to 'default/web/other.spec'"),
        (_missing, "state 1 lacks 'default/web/new.spec'"),
        (_loop, "the model has no action 'None'"),
        (_far_loop, "the loop goes back to state 7, which is not there"),
        (_question, "another model than the one the trace was taken from"),
        (_check, "drain-ends: the inputs give another model"),
        (_no_check, "no property is called all-is-well"),
        (_fairness, "another model than the one the trace was taken from"),
        (_file, "fails.yaml has changed since the trace was written"),
    ],
)
def test_a_trace_that_was_tampered_with_is_refused(
    folder: Path, change: Callable[[Any], None], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads((folder / TRACE).read_text())
    change(data)
    forged = folder / "forged.txt"
    forged.write_text(json.dumps(data))
    code, out = replayed(forged, capsys)
    assert code == 1
    assert out.startswith(f"refused: {forged}: ")
    assert message in out


def test_a_trace_of_inputs_that_have_changed_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fails.yaml", "cluster_3.yaml"):
        copy(folder / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cluster_3.yaml").write_text((tmp_path / "cluster_3.yaml").read_text() + "# another word\n")
    assert replayed(folder / TRACE, capsys) == (
        1,
        f"refused: {folder / TRACE}: cluster_3.yaml has changed since the trace was written\n",
    )
    (tmp_path / "cluster_3.yaml").unlink()
    assert "cluster_3.yaml is not there any more" in replayed(folder / TRACE, capsys)[1]


def test_manifests_from_standard_input_have_to_come_again(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (folder / "fails.yaml").read_bytes()

    def given(data: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))

    given(text)
    arguments = ["--cluster", "cluster_3.yaml", "--traces", str(tmp_path), "--property", "rollout-completes"]
    assert main(["check", "-", *arguments]) == 1
    (trace,) = tmp_path.iterdir()
    given(text)
    assert replayed(trace, capsys)[0] == 0
    given(text + b"# more")
    code, out = replayed(trace, capsys)
    assert (code, out.partition(".itf.json: ")[2]) == (
        1,
        "standard input is not what it was when the trace was written\n",
    )


def test_the_report_is_there_also_when_the_traces_cannot_be_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as stop:
        main(["check", str(folder / "fails.yaml"), "--traces", str(tmp_path / "file"), "--property", "promises-kept"])
    assert stop.value.code == 2
    captured = capsys.readouterr()
    assert "1 object wanted" in captured.out
    assert f"--traces {tmp_path / 'file'}: File exists" in captured.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "this is not JSON"),
        ("[]", "there is no #meta"),
        ('{"#meta": {}}', "this trace was not written by kverify"),
        ('{"#meta": {"kverify": {}}, "states": []}', "the trace has no states"),
        ('{"#meta": {"kverify": {}}, "states": [{}]}', "the trace has the form None"),
        ('{"#meta": {"kverify": {"schema": "kverify.trace/1"}}, "states": [{}]}', "says about itself cannot be read"),
    ],
)
def test_what_is_no_trace_file_is_a_usage_error(
    tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trace.json"
    path.write_text(text)
    with pytest.raises(SystemExit) as stop:
        main(["replay", str(path)])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_traces_are_not_written_where_they_would_be_read_as_manifests(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["check", str(folder), "--traces", str(folder / "sub")])
    assert stop.value.code == 2
    assert "would be read as manifests" in capsys.readouterr().err


def test_a_name_that_two_actions_have_stands_for_the_one_that_is_possible() -> None:
    """Of actions for several target revisions of a workload one at most is possible at a time."""
    at = Variable("at", 0, 2, initial=0)
    first = Action("go", "somebody", at.expr == 0, {"at": 1})
    second = Action("go", "somebody", at.expr == 1, {"at": 2})
    system = TransitionSystem("walk", variables=(at,), actions=(first, second))
    trace = Trace(system, (0,), (Step(first, (1,)), Step(second, (2,))))
    again = from_itf(system, read(render(trace, {})))
    assert [step.action for step in again.steps] == [first, second]
