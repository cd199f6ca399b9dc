"""Ctrl-C and --timeout: the verdicts so far, exit code 3, and no process left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      topologySpreadConstraints:
      - {{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule,
          labelSelector: {{matchLabels: {{app: {name}}}}}}}
      containers:
      - {{name: c, image: "registry.example/{name}:1", resources: {{requests: {{cpu: {cpu}m}}}}}}
---
"""
NODE = """\
apiVersion: v1
kind: Node
metadata: {{name: {name}, labels: {{kubernetes.io/hostname: {name}}}}}
status: {{allocatable: {{cpu: "{cpu}", memory: 64Gi, pods: "110"}}, conditions: [{{type: Ready, status: "True"}}]}}
---
"""


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than anybody waits for."""
    folder = tmp_path_factory.mktemp("big")
    text = "".join(DEPLOYMENT.format(name=f"app{i}", cpu=100 + 10 * i) for i in range(120))
    nodes = "".join(NODE.format(name=f"node{i}", cpu=8 + i) for i in range(6))
    (folder / "all.yaml").write_text(text + nodes, "utf-8")
    return folder


@contextmanager
def started(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A run as a terminal would start it. Whatever happens, nothing is left of it."""
    command = [sys.executable, "-m", "kverify.cli.main", "check", str(folder), "-o", "json", *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=folder,
        # Where the tests run in the background of a script, Ctrl-C is ignored, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def children(process: int) -> list[int]:
    """The processes that a process has started, by /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == process and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def cpu_seconds(process: int) -> float:
    """What a process has used: how far it is, however busy the machine is."""
    fields = (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def gone(process: int) -> bool:
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@NEEDS_PROC
@pytest.mark.parametrize("to_all", [False, True], ids=["the process", "the terminal's group"])
def test_ctrl_c_in_a_pool(big: Path, to_all: bool) -> None:
    with started(big, "--jobs", "2") as process:
        assert wait_for(lambda: len(children(process.pid)) == 2)
        workers = children(process.pid)
        assert wait_for(lambda: all(cpu_seconds(worker) > 0.3 for worker in workers))
        (os.killpg if to_all else os.kill)(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=120)
        assert wait_for(lambda: all(map(gone, workers)))
    report = json.loads(out)
    assert (process.returncode, err) == (3, "")
    assert report["interrupted"].startswith("interrupted from the keyboard")


@NEEDS_PROC
def test_workers_do_not_outlive_a_process_that_is_killed(big: Path) -> None:
    with started(big, "--jobs", "2") as process:
        assert wait_for(lambda: len(children(process.pid)) == 2)
        workers = children(process.pid)
        process.kill()
        process.communicate(timeout=60)
        assert wait_for(lambda: all(map(gone, workers)))


@NEEDS_PROC
def test_ctrl_c_in_one_process(big: Path) -> None:
    with started(big, "--jobs", "1") as process:
        assert wait_for(lambda: cpu_seconds(process.pid) > 2.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (3, "")
    assert json.loads(out)["interrupted"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_time_is_over(big: Path, jobs: str) -> None:
    with started(big, "--jobs", jobs, "--timeout", "3") as process:
        out, err = process.communicate(timeout=120)
    report = json.loads(out)
    assert (process.returncode, err) == (3, "")
    assert report["interrupted"].startswith("the 3 seconds of --timeout are over; ")
