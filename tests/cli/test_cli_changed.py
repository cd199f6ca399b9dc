"""``--changed-since``: with a real repository."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kverify.cli.main import main

pytestmark = [
    pytest.mark.skipif(shutil.which("git") is None, reason="--changed-since asks git, which is not installed"),
    pytest.mark.usefixtures("here"),
]

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers: [{{name: c, image: "registry.example/{name}:1", envFrom: [{{configMapRef: {{name: {name}}}}}]}}]
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\ndata: {{a: b}}\n"
NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"
QUOTA = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: all, namespace: shop}\nspec: {hard: {pods: 20}}\n"
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: api, namespace: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: api}}}
"""
NAMES = ("web", "api", "shy")


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with three Deployments, each with its settings, and one with a budget."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        write(tmp_path, f"deploy/{name}.yaml", DEPLOYMENT.format(name=name))
        write(tmp_path, f"deploy/{name} settings.yaml", SETTINGS.format(name=name))
    write(tmp_path, "deploy/budget.yaml", BUDGET)
    write(tmp_path, "nodes.yaml", NODE)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")


@pytest.fixture
def asked(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[str, dict[str, Any]]]:
    """The Deployments that were asked about, and the report."""

    def run(*options: str) -> tuple[str, dict[str, Any]]:
        arguments = ["--property", "promises-kept", "--changed-since", "HEAD", "-o", "json", *options]
        main(["check", "deploy", *arguments])
        report = json.loads(capsys.readouterr().out)
        names = sorted(proof["object"].removeprefix("Deployment shop/") for proof in report["proofs"])
        return " ".join(names), report

    return run


Asked = Callable[..., tuple[str, dict[str, Any]]]


def test_nothing_has_changed(asked: Asked) -> None:
    names, report = asked()
    assert names == ""
    said = "7 objects that feel nothing of what changed since HEAD were not asked about"
    assert any(text.startswith(said) for text in report["assumptions"])


def unlink(name: str) -> Callable[[Path], None]:
    return lambda here: (here / name).unlink()


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(here: Path) -> None:
        path = here / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    return change


def commit(here: Path) -> None:
    edit("deploy/web.yaml", "replicas: 2", "replicas: 3")(here)
    git(here, "commit", "-q", "-a", "-m", "second")


def link(here: Path) -> None:
    (here / "elsewhere").mkdir()
    (here / "deploy/web.yaml").rename(here / "elsewhere/web.yaml")
    (here / "deploy/web.yaml").symlink_to(here / "elsewhere/web.yaml")
    git(here, "add", ".")
    git(here, "commit", "-q", "-m", "link")
    edit("elsewhere/web.yaml", "replicas: 2", "replicas: 3")(here)


def linked_settings_are_gone(here: Path) -> None:
    (here / "elsewhere").mkdir()
    (here / "deploy/shy settings.yaml").rename(here / "elsewhere/settings.yaml")
    (here / "deploy/shy settings.yaml").symlink_to(here / "elsewhere/settings.yaml")
    git(here, "add", ".")
    git(here, "commit", "-q", "-m", "link")
    write(here, "elsewhere/settings.yaml", SETTINGS.format(name="other"))


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (edit("deploy/web.yaml", "replicas: 2", "replicas: 3"), "web"),
        (edit("deploy/web settings.yaml", "{a: b}", "{a: c}"), "web"),
        (edit("deploy/budget.yaml", "minAvailable: 1", "minAvailable: 2"), "api"),
        (unlink("deploy/budget.yaml"), "api"),
        (unlink("deploy/shy settings.yaml"), "shy"),
        (edit("deploy/budget.yaml", "app: api", "app: web"), "api web"),
        (lambda here: write(here, "deploy/new.yaml", DEPLOYMENT.format(name="new")), "new"),
        (lambda here: git(here, "mv", "deploy/web.yaml", "deploy/moved.yaml"), "web"),
        (lambda here: write(here, "README", "nothing"), ""),
        (link, "web"),
        (linked_settings_are_gone, "shy"),
    ],
    ids=[
        "workload",
        "settings",
        "budget",
        "no budget",
        "no settings",
        "selector",
        "new",
        "moved",
        "other",
        "link",
        "no linked settings",
    ],
)
def test_what_is_asked(change: Callable[[Path], None], names: str, asked: Asked, here: Path) -> None:
    change(here)
    assert asked()[0] == names


def test_a_commit_counts_from_before_it(asked: Asked, here: Path) -> None:
    commit(here)
    assert asked()[0] == ""
    assert asked("--changed-since", "HEAD~1")[0] == "web"


def test_a_changed_cluster_asks_everything(asked: Asked, here: Path) -> None:
    assert asked("--cluster", "nodes.yaml")[0] == ""
    write(here, "nodes.yaml", NODE.replace("n1", "n2"))
    names, report = asked("--cluster", "nodes.yaml")
    assert names == "api shy web"
    assert "the cluster has changed since HEAD, so everything was asked about" in report["assumptions"]


def test_a_cluster_that_git_does_not_know_is_named(asked: Asked, here: Path) -> None:
    write(here, "live.yaml", NODE)
    names, report = asked("--cluster", "live.yaml")
    assert names == ""
    assert any(text.startswith("live.yaml is not in the repository") for text in report["assumptions"])


def test_a_new_file_of_the_cluster_asks_everything_once_git_knows_it(asked: Asked, here: Path) -> None:
    write(here, "cluster/nodes.yaml", NODE)
    git(here, "add", ".")
    git(here, "commit", "-q", "-m", "cluster")
    write(here, "cluster/quota.yaml", QUOTA)
    names, report = asked("--cluster", "cluster")
    assert names == ""
    assert any(text.startswith("cluster/quota.yaml is not in the repository") for text in report["assumptions"])
    git(here, "add", ".")
    assert asked("--cluster", "cluster")[0] == "api shy web"
    git(here, "commit", "-q", "-m", "quota")
    assert asked("--cluster", "cluster")[0] == ""
    assert asked("--cluster", "cluster", "--changed-since", "HEAD~1")[0] == "api shy web"


def test_a_directory_that_git_does_not_know_is_named_once(asked: Asked, here: Path) -> None:
    write(here, "live/nodes.yaml", NODE)
    write(here, "live/quota.yaml", QUOTA)
    _, report = asked("--cluster", "live")
    said = [text.split(" ")[0] for text in report["assumptions"] if "is not in the repository" in text]
    assert said == ["live"]


@pytest.mark.parametrize(
    ("name", "text", "configures"),
    [
        ("kverify.toml", 'references = "closed"\n', True),
        ("pyproject.toml", '[tool.kverify]\nreferences = "closed"\n', True),
        ("pyproject.toml", "[project]\n", False),
    ],
    ids=["kverify", "pyproject", "other"],
)
def test_a_changed_configuration_asks_everything(
    name: str, text: str, configures: bool, asked: Asked, here: Path
) -> None:
    everything = "api shy web" if configures else ""
    write(here, name, text)
    assert asked()[0] == everything
    git(here, "add", ".")
    git(here, "commit", "-q", "-m", "configuration")
    assert asked()[0] == ""
    (here / name).unlink()
    assert asked()[0] == everything


def test_a_changed_import_of_a_specification_asks_everything(asked: Asked, here: Path) -> None:
    (here / "rules").mkdir()
    write(here, "rules/own.kv", 'import "lib.kv"\n')
    write(here, "rules/lib.kv", "# one\n")
    git(here, "add", ".")
    git(here, "commit", "-q", "-m", "rules")
    assert asked("--spec", "rules/own.kv")[0] == ""
    write(here, "rules/lib.kv", "# two\n")
    assert asked("--spec", "rules/own.kv")[0] == "api shy web"


def test_a_configuration_that_is_gone_asks_everything(asked: Asked, here: Path) -> None:
    write(here, "kverify.toml", 'references = "closed"\n')
    git(here, "add", ".")
    git(here, "commit", "-q", "-m", "configured")
    assert asked()[0] == ""
    unlink("kverify.toml")(here)
    assert asked()[0] == "api shy web"


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "HEAD~9"])
def test_an_unknown_revision(revision: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["check", "deploy", f"--changed-since={revision}"])
    assert stop.value.code == 2
    assert f"there is no revision {revision!r} in {here}" in capsys.readouterr().err
    assert not (here / "x").exists()


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    outside = tmp_path / "outside"
    (outside / "deploy").mkdir(parents=True)
    monkeypatch.chdir(outside)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    write(outside, "deploy/web.yaml", DEPLOYMENT.format(name="web"))
    with pytest.raises(SystemExit):
        main(["check", "deploy", "--changed-since", "main"])
    assert "run kverify inside of a git repository" in capsys.readouterr().err


def test_no_git(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(here))
    with pytest.raises(SystemExit):
        main(["check", "deploy", "--no-cache", "--changed-since", "main"])
    assert "--changed-since main: git is not installed (see" in capsys.readouterr().err


def test_who_uses_the_same_claim_is_asked_too(asked: Asked, here: Path) -> None:
    plain = [DEPLOYMENT.format(name=name) for name in ("web", "api")]
    volume = "      volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]\n"
    write(here, "deploy/web.yaml", plain[0] + volume)
    git(here, "commit", "-q", "-a", "-m", "claim")
    assert asked()[0] == ""
    write(here, "deploy/api.yaml", plain[1] + volume)
    assert asked("--cluster", "nodes.yaml")[0] == "api web"
    git(here, "commit", "-q", "-a", "-m", "shared")
    write(here, "deploy/api.yaml", plain[1])
    assert asked("--cluster", "nodes.yaml")[0] == "api web"


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_what_git_is_told_not_to_look_at_is_looked_at(mark: str, asked: Asked, here: Path) -> None:
    git(here, "update-index", mark, "deploy/web.yaml", "deploy/api.yaml", "deploy/shy.yaml", "nodes.yaml")
    names, _ = asked()
    assert names == "", "what is as it was is not asked about"
    write(here, "deploy/web.yaml", DEPLOYMENT.format(name="web").replace("replicas: 2", "replicas: 3"))
    (here / "deploy" / "shy.yaml").unlink()
    index = (here / ".git" / "index").read_bytes()
    names, report = asked()
    assert names == "web"
    assert "5 objects that feel nothing" in json.dumps(report["assumptions"])
    assert (here / ".git" / "index").read_bytes() == index, "the marks stay"
    write(here, "nodes.yaml", NODE + "spec: {unschedulable: true}\n")
    assert asked("--cluster", "nodes.yaml")[0] == "api web"


def test_what_a_sparse_checkout_leaves_out_is_not_gone(asked: Asked, here: Path) -> None:
    git(here, "sparse-checkout", "set", "--no-cone", "/deploy/", "!/deploy/web.yaml")
    assert not (here / "nodes.yaml").exists()
    names, report = asked("--cluster", ".")
    assert names == ""
    assert "since HEAD were not asked about" in json.dumps(report["assumptions"])


def test_a_monitor_of_files_is_not_asked(asked: Asked, here: Path) -> None:
    """It is a program that the configuration of the repository names, and may be wrong."""
    monitor = here / "monitor"
    monitor.write_text(f"#!/bin/sh\necho asked >> {here}/said\n", "utf-8")
    monitor.chmod(0o755)
    git(here, "config", "core.fsmonitor", str(monitor))
    assert asked()[0] == ""
    assert not (here / "said").exists()
