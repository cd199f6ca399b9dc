"""What other programs run of us, pre-commit, GitHub and Docker: it uses what the command line has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from kverify.cli.main import parser

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_a_command_that_there_is(hook: dict[str, Any]) -> None:
    program, *words = hook["entry"].split()
    files = [] if hook.get("pass_filenames") is False else ["x.kv"]
    assert program in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert parser().parse_args([*words, *files]).command == words[0]
    # https://pre-commit.com/#new-hooks
    assert {"id", "name", "entry", "language"} <= hook.keys()
    known = {"id", "name", "description", "entry", "language", "files", "types_or", "pass_filenames"}
    assert hook.keys() <= known


def test_the_action_is_what_its_syntax_asks_for() -> None:
    """https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax"""
    assert ACTION.keys() == {"name", "description", "branding", "inputs", "outputs", "runs"}
    assert ACTION["runs"]["using"] == "composite"
    assert all(entry.keys() == {"description", "default"} for entry in ACTION["inputs"].values())
    assert all(isinstance(entry["default"], str) for entry in ACTION["inputs"].values())
    assert all(entry.keys() == {"description", "value"} for entry in ACTION["outputs"].values())
    for step in ACTION["runs"]["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert ("shell" in step) == ("run" in step)
        # An expression in a script would let whoever writes the input write the script.
        assert "${{" not in step.get("run", "")
    text = (ROOT / "action.yml").read_text("utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    ids = {step["id"] for step in ACTION["runs"]["steps"] if "id" in step}
    assert set(re.findall(r"steps\.([\w-]+)\.", text)) == ids


def check_step(folder: Path, **inputs: str) -> tuple[int, str, dict[str, str]]:
    """What the step of the action does in ``folder``: exit code, log, outputs. The runner calls bash like this."""
    (step,) = (step for step in ACTION["runs"]["steps"] if step.get("id") == "check")
    (folder / "tmp").mkdir(exist_ok=True)
    output = folder / "tmp" / "output"
    output.write_text("")
    names = {name: value[len("${{ inputs.") : -len(" }}")] for name, value in step["env"].items()}
    environment = {
        **os.environ,
        **{name: inputs.get(key, ACTION["inputs"][key]["default"]) for name, key in names.items()},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(folder / "tmp"),
        "GITHUB_OUTPUT": str(output),
        "KVERIFY_NO_CACHE": "1",
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    said = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return done.returncode, done.stdout + done.stderr, said


# A warning: the annotation gives no reason.
WARNED = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  annotations: {kverify.dev/ignore: KV4005}\n"
NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {allocatable: {cpu: 1, memory: 1Gi, pods: 9}}\n"


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_step_of_the_action_checks(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "web.yaml").write_text(WARNED)
    (tmp_path / "other.yaml").write_text(NODE)
    sarif = str(tmp_path / "tmp" / "kverify.sarif")
    code, log, said = check_step(tmp_path, paths="a b\n\n", cluster="other.yaml\n", args="--fail-on\n  warning")
    assert (code, said) == (1, {"sarif": sarif, "exit-code": "1"})
    assert "::warning file=a b/web.yaml,line=5" in log
    assert check_step(tmp_path, paths="a b")[0] == 0
    (tmp_path / "kverify.toml").write_text('paths = ["a b"]\nfail-on = "warning"\n')
    assert check_step(tmp_path)[0] == 1
    # Nothing of an input is run, or taken for a pattern.
    code, log, said = check_step(tmp_path, paths="$(touch ran)\n*.yaml; touch ran", args="`touch ran`")
    assert (code, said["exit-code"], (tmp_path / "ran").exists()) == (2, "2", False)


def test_the_image_has_what_a_wheel_is_built_from() -> None:
    """Everything that the build needs is copied, and nothing is copied that is ignored or not there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", project["project"]["readme"], *wheel["packages"], *wheel["force-include"]}
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.M) for name in line.split()[:-1]}
    assert needed <= copied
    assert all((ROOT / name).exists() for name in copied)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert kept == copied


def test_the_image_does_not_run_as_root_and_runs_us() -> None:
    assert re.findall(r"^USER (\d+)", DOCKERFILE, re.M)[-1] != "0"
    assert re.search(r'^ENTRYPOINT \["kverify"\]$', DOCKERFILE, re.M)
    python = project_python()
    versions = {tuple(map(int, version.split("."))) for version in re.findall(r"python:(\d+\.\d+)-slim", DOCKERFILE)}
    assert len(versions) == 1
    assert min(versions) >= python
    assert tuple(map(int, ACTION["inputs"]["python-version"]["default"].split("."))) >= python


def project_python() -> tuple[int, ...]:
    """The oldest Python that we run with."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return tuple(map(int, project["requires-python"].removeprefix(">=").split(".")))
