"""``kverify.toml``: external objects, closed references, and what a mistake in it looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from kverify.cli import configuration
from kverify.cli.configuration import ConfigurationError
from kverify.cli.main import main
from kverify.cluster.references import External
from tests.unit.cluster.cluster_helpers import deployment

GOOD = """
references = "closed"

[[external]]
kind = "Secret"
name = "tls-*"
reason = "written by cert-manager"
"""


def test_what_is_declared(tmp_path: Path) -> None:
    file = tmp_path / "kverify.toml"
    file.write_text(GOOD)
    boundary = configuration.read(file).boundary
    assert boundary.closed
    assert boundary.externals == (External(kind="Secret", name="tls-*", reason="written by cert-manager"),)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("refernces = 'open'", [":1: no key is called 'refernces'; did you mean references?"]),
        ("references = 'half'", [':1: references is "open" or "closed", not \'half\'']),
        ("[external]\nkind = 'x'", [":1: write each external as a table: [[external]]"]),
        (
            "[[external]]\nkind = 'x'\n[[external]]\nnam = 'y'",
            [
                ":1: external 1 has no reason; add reason = ...",
                ":4: external 2: no key is called 'nam'; did you mean name?",
                ":3: external 2 has no kind; add kind = ...",
                ":3: external 2 has no reason; add reason = ...",
            ],
        ),
        (
            "[[external]]\nkind = 1\nreason = ' '",
            [":1: kind of external 1 is a text, not 1", ":1: reason of external 1"],
        ),
        ("references = ", [": Invalid value"]),
    ],
)
def test_all_mistakes_are_told_at_their_lines(tmp_path: Path, text: str, problems: list[str]) -> None:
    file = tmp_path / "kverify.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        configuration.read(file)
    lines = str(raised.value).splitlines()
    assert all(line.startswith(f"{file}{problem}") for line, problem in zip(lines, problems, strict=True)), lines


def test_a_configuration_beside_the_manifests_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(deployment(extra="volumes: [{name: v, secret: {secretName: tls-web}}]"))
    assert main(["check", "web.yaml"]) == 0
    assert "assumed to exist: Secret shop/tls-web" in capsys.readouterr().out
    Path("kverify.toml").write_text('references = "closed"\n')
    assert main(["check", "web.yaml"]) == 2
    assert "error[KV2004] Deployment shop/web: Secret shop/tls-web is not there" in capsys.readouterr().out
    Path("kverify.toml").write_text(GOOD)
    assert main(["check", "web.yaml"]) == 0
    assert "tls-web" not in capsys.readouterr().out


def test_a_missing_configuration_that_was_asked_for_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["check", "x.yaml", "--config", "no/such.toml"])
    assert raised.value.code == 2
    assert "no/such.toml: No such file or directory" in capsys.readouterr().err


POLICY = 'policy named\n  for d in Deployment\n  require d.name == wanted\nparameter wanted = "api"\n'


def run_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toml: str, *arguments: str) -> int:
    """``kverify check`` of one Deployment called web, with a configuration beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kverify.toml").write_text(toml)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "own.kv").write_text(POLICY)
    (tmp_path / "web.yaml").write_text(deployment())
    try:
        return main(["check", "web.yaml", "--property", "named", *arguments])
    except SystemExit as stop:
        return int(stop.code or 0)


@pytest.mark.parametrize(
    ("toml", "arguments", "code"),
    [
        ("specs = ['policies']", (), 1),
        ("specs = ['policies']\n[severity]\nnamed = 'warning'", (), 0),
        ("specs = ['policies']\n[parameters]\nwanted = '\"web\"'", (), 0),
        ("specs = ['policies']\n[parameters]\nwanted = '\"web\"'", ("--set", 'wanted="api"'), 1),
    ],
)
def test_specifications_parameters_and_severities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toml: str, arguments: tuple[str, ...], code: int
) -> None:
    assert run_in(tmp_path, monkeypatch, toml, *arguments) == code


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("specs = 'policies'", "specs is a list of paths"),
        ("specs = ['policies']\n[severity]\nnamed = 'bad'", "named is error, warning or info, not 'bad'"),
        ("specs = ['policies']\n[severity]\nKV40001 = 'info'", "did you mean KV4001?"),
        ("specs = ['policies']\n[severity]\nKV1109 = 'info'", "what is refused stays refused"),
        ("specs = ['policies']\n[parameters]\nwantd = '1'", "did you mean wanted?"),
        ("specs = ['policies']\n[parameters]\nwanted = '1'", "wanted is a text, and this is a number"),
        ("specs = ['policies']\n[parameters]\nwanted = '1 +'", "is not a value"),
        ("parameters = 3", "write parameters as a table"),
    ],
)
def test_mistakes_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], toml: str, words: str
) -> None:
    assert run_in(tmp_path, monkeypatch, toml) == 2
    assert words in capsys.readouterr().err
