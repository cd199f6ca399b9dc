"""``kverify completion``: the scripts, run by the shells they are for."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from kverify.checks import CHECKS
from kverify.cli.completion import SHELLS, script
from kverify.cli.main import main, parser

COMPLETIONS = [
    ("kverify che", {"check"}),
    ("kverify check --fail-on ", {"error", "warning"}),
    ("kverify check --property rollout-", {"rollout-completes"}),
    ("kverify check --property ", set(CHECKS)),
    ("kverify check --scenario node", {"node-loss"}),
    ("kverify check --kubernetes-version 1.3", {"1.32", "1.33", "1.34", "1.35", "1.36", "1.37"}),
    ("kverify check -o s", {"sarif"}),
    ("kverify check --engine spa", {"spacer"}),
    ("kverify fit -o ", {"text", "json", "yaml"}),
    ("kverify diff -o ", {"text", "json"}),
    ("kverify check --sho", {"--show-suppressed"}),
    ("kverify check dep", {"deploy"}),
    ("kverify check deploy/ --cluster no", {"nodes.yaml"}),
    ("kverify check --traces d", {"deploy"}),
    ("kverify explain KV6", {"KV6001", "KV6002", "KV6003", "KV6004"}),
    ("kverify spec l", {"list"}),
    ("kverify spec list --func", {"--functions"}),
    ("kverify completion ", set(SHELLS)),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "nodes.yaml").touch()
    for shell in SHELLS:
        (tmp_path / f"_kverify.{shell}").write_text(script(shell))
    return tmp_path


def run(shell: str, code: str, folder: Path) -> list[str]:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed, so it cannot complete anything")
    options = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run([shell, *options, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize(("line", "completions"), COMPLETIONS, ids=[line for line, _ in COMPLETIONS])
def test_bash_completes(folder: Path, line: str, completions: set[str]) -> None:
    words = [*shlex.split(line), *([""] if line.endswith(" ") else [])]
    code = f"""
    source _kverify.bash
    complete -p kverify > /dev/null || exit 1
    COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}
    _shtab_kverify
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert set(run("bash", code, folder)) == completions


@pytest.mark.parametrize(("line", "completions"), COMPLETIONS, ids=[line for line, _ in COMPLETIONS])
def test_fish_completes(folder: Path, line: str, completions: set[str]) -> None:
    lines = run("fish", f"source _kverify.fish; complete -C {shlex.quote(line)}", folder)
    offered = {one.split("\t")[0].rstrip("/") for one in lines}
    # fish offers files beside what was asked for, where a word could be one.
    assert completions <= offered
    assert offered - completions <= {"deploy", "nodes.yaml"}


def test_zsh_takes_it_from_its_path(folder: Path) -> None:
    (folder / "zfunc").mkdir()
    (folder / "_kverify.zsh").rename(folder / "zfunc" / "_kverify")
    code = "fpath=($PWD/zfunc $fpath); autoload -Uz compinit; compinit -D -u; print $_comps[kverify]"
    assert run("zsh", "zsh -n zfunc/_kverify", folder) == []
    assert run("zsh", code, folder) == ["_kverify"]


def test_every_command_is_in_every_script(capsys: pytest.CaptureFixture[str]) -> None:
    (commands,) = (action.choices for action in parser()._actions if action.dest == "command")
    assert commands
    for shell in SHELLS:
        assert main(["completion", shell]) == 0
        text = capsys.readouterr().out
        assert [name for name in commands if name not in text] == []


def test_the_parser_that_reads_command_lines_is_not_touched() -> None:
    script("bash")
    arguments = parser().parse_args(["check", "x", "-o", "sarif=x.sarif", "--property", "own"])
    assert (str(arguments.output[0]), arguments.properties) == ("sarif=x.sarif", ["own"])
