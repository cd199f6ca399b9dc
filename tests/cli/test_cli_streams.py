"""Standard streams that are closed, full or not read to the end: what is found stands, and the exit code says so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kverify.cli.main import main

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: "2"
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: "registry.example/web:1"}]
"""
FULL = "No space left on device"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.yaml").write_text(WEB, "utf-8")
    return tmp_path


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line in which ``kverify`` is this one."""
    line = line.replace("kverify ", f"{sys.executable} -m kverify.cli.main ")
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command", ["check web.yaml", "check web.yaml --diff", "explain KV4004", "spec list", "--help", "--version"]
)
def test_a_full_disk_is_no_fault_of_ours(command: str, here: Path) -> None:
    done = shell(f"kverify {command} > /dev/full")
    assert done.returncode == 2
    assert f"standard output: {FULL}" in done.stderr
    assert "internal error" not in done.stderr
    assert "Traceback" not in done.stderr
    assert list(here.iterdir()) == [here / "web.yaml"]


def test_the_other_outputs_are_written_where_one_cannot_be(here: Path) -> None:
    done = shell("kverify check web.yaml -o text -o json=report > /dev/full")
    assert done.returncode == 2
    assert json.loads((here / "report").read_text("utf-8"))["exitCode"] == 2


def test_what_cannot_be_said_on_the_side_keeps_nothing_from_being_done(here: Path) -> None:
    done = shell("kverify check web.yaml --fix -o json 2> /dev/full")
    assert json.loads(done.stdout)["exitCode"] == done.returncode == 0
    assert "replicas: 2\n" in (here / "web.yaml").read_text("utf-8")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_take_nothing_and_are_not_taken_for_files(closed: str, here: Path) -> None:
    done = shell(f"kverify check web.yaml --fix -o json=report -o text {closed}")
    assert done.returncode == 0
    assert json.loads((here / "report").read_text("utf-8"))["exitCode"] == 0
    assert (here / "web.yaml").read_text("utf-8") == WEB.replace('"2"', "2")
    assert "wrote" not in done.stdout


def test_a_mistake_is_a_mistake_whether_or_not_it_can_be_told(here: Path) -> None:
    assert here.is_dir()
    for stream in ("2> /dev/full", "2>&-"):
        assert shell(f"kverify check web.yaml --no-such-option {stream}").returncode == 2


@pytest.mark.parametrize("option", ["-o json=loop", "--write-baseline loop", "--traces loop", "--baseline loop"])
def test_links_that_lead_nowhere_are_no_fault_of_ours(option: str, here: Path) -> None:
    (here / "web.yaml").write_text(WEB.replace('"2"', "2"), "utf-8")
    (here / "loop").symlink_to("loop")
    done = shell(f"kverify check web.yaml {option}")
    assert done.returncode == 2
    assert done.stderr.startswith(f"kverify check: {option}: ")


def test_a_specification_that_cannot_be_written_stays_as_it_was(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: int) -> None:
        raise OSError(28, FULL)

    text = 'policy  few\n  "F."\n  for s in Service\n  require true\n'
    (here / "own.kv").write_text(text, "utf-8")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SystemExit) as stop:
        main(["spec", "format", "own.kv"])
    assert stop.value.code == 2
    assert f"own.kv: {FULL}" in capsys.readouterr().err
    assert (here / "own.kv").read_text("utf-8") == text
    assert sorted(here.iterdir()) == [here / "own.kv", here / "web.yaml"]


def test_a_directory_that_is_gone_is_no_fault_of_ours(here: Path) -> None:
    done = shell(f"mkdir gone && cd gone && rmdir {here}/gone && kverify check ../web.yaml")
    assert done.returncode == 2
    assert done.stderr == "kverify: the current directory: No such file or directory\n"
