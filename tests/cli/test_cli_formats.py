"""``-o FORMAT=FILE``: whole outputs of every format, each held to what its readers publish.

``KVERIFY_UPDATE_GOLDEN=1 pytest tests/cli`` writes them anew. The commands run at the top of the checkout, as in a CI.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog

from kverify.cli.check_options import FORMS
from kverify.cli.main import main
from kverify.report.formats import FORMATS

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden" / "formats"
UPDATE = os.environ.get("KVERIFY_UPDATE_GOLDEN") == "1"
SCHEMA = json.loads((ROOT / "kverify/report/schema/report-1.json").read_text("utf-8"))

RUNS = {
    "shop": (1, ["examples/shop"]),
    "input": (2, ["tests/cli/input/several.yaml", "tests/cli/input/control-characters.yaml"]),
    "policies": (
        1,
        ["tests/cli/input/good.yaml", "--spec", "tests/cli/input/spec/policies.kv", "--set", "most=1Gi"],
    ),
    "kustomize": (1, ["-", "--rendered-from", "tests/cli/rendered/overlays/production"]),
    "proofs": (0, ["examples/clean/node-agent"]),
    "vacuous": (1, ["examples/peers"]),
    "unknown": (
        3,
        [
            "tests/scenarios/b08_local_pv_node_gone/pair_reachable.yaml",
            "--cluster",
            "tests/scenarios/b08_local_pv_node_gone/cluster_2.yaml",
            "--max-states",
            "5",
        ],
    ),
    "lasso": (
        1,
        [
            "tests/scenarios/kivi_c7_node_name_on_a_tainted_node/fails.yaml",
            "--cluster",
            "tests/scenarios/kivi_c7_node_name_on_a_tainted_node/cluster_3.yaml",
        ],
    ),
}
"""By name: the exit code and the arguments. ``-`` is what ``kubectl kustomize`` made of an overlay."""
BUILT = ROOT / "tests/cli/rendered/kustomize.yaml"
QUIET = ("proofs", "unknown")
"""Runs without a finding."""
SUFFIX = {
    "text": "txt",
    "json": "json",
    "sarif": "sarif",
    "junit": "xml",
    "github": "log",
    "gitlab": "gitlab.json",
    "html": "html",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """The text of each format of each run: one run writes them all.

    In a process of its own: which of several placements Z3 finds depends on what it was asked before.
    """
    folder = tmp_path_factory.mktemp("formats")
    made: dict[tuple[str, str], str] = {}
    for name, (code, arguments) in RUNS.items():
        wanted = [part for form in FORMATS for part in ("-o", f"{form}={folder / f'{name}.{form}'}")]
        command = [sys.executable, "-m", "kverify.cli.main", "check", *arguments, *wanted]
        given = BUILT.read_text("utf-8") if "-" in arguments else None
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, input=given)
        assert (done.returncode, done.stdout, done.stderr) == (code, "", "")
        made |= {(name, form): (folder / f"{name}.{form}").read_text("utf-8") for form in FORMATS}
        made[name, "html"] = without_assets(made[name, "html"])
    return made


def without_assets(page: str) -> str:
    """The page without its style, script and data, and the hashes of these: all its data are in the JSON form too."""
    page, styled = re.subn(r"(<style>).*?(</style>)", r"\1\2", page, flags=re.DOTALL)
    page, scripted = re.subn(r"(<script[^>]*>).*?(</script>)", r"\1\2", page, flags=re.DOTALL)
    page, hashed = re.subn(r"'sha256-[^']+'", "'sha256-'", page)
    assert styled == 1
    assert scripted == 2
    assert hashed >= 1
    return page


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("run", RUNS)
def test_the_whole_output(outputs: dict[tuple[str, str], str], run: str, form: str) -> None:
    path = GOLDEN / f"{run}.{SUFFIX[form]}"
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(outputs[run, form], "utf-8")
    assert outputs[run, form] == path.read_text("utf-8")


def test_the_command_line_offers_the_whole_table() -> None:
    assert tuple(FORMATS) == FORMS


def test_no_golden_file_is_forgotten() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{run}.{SUFFIX[form]}" for run in RUNS for form in FORMATS}


# -- each format is what its readers publish ---------------------------------------------------------------------------


@pytest.mark.parametrize("run", RUNS)
def test_json_is_what_its_schema_says(outputs: dict[tuple[str, str], str], run: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(outputs[run, "json"]), SCHEMA, cls=jsonschema.Draft202012Validator)


def test_the_schema_refuses_what_it_does_not_know(outputs: dict[tuple[str, str], str]) -> None:
    report = json.loads(outputs["shop", "json"])
    report["findings"][0]["colour"] = "red"
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.validate(report, SCHEMA, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("run", RUNS)
def test_sarif_is_what_the_schema_of_oasis_says(outputs: dict[tuple[str, str], str], run: str) -> None:
    # The classes are generated from sarif-schema-2.1.0.json; they refuse keys that it does not have.
    SarifLog.model_validate(json.loads(outputs[run, "sarif"]))


@pytest.mark.parametrize("run", RUNS)
def test_sarif_is_what_the_text_of_the_standard_says(outputs: dict[tuple[str, str], str], run: str) -> None:
    """What a schema cannot say: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, by section; and
    what GitHub asks for (https://docs.github.com/code-security/reference/code-scanning/sarif-files)."""
    (log,) = json.loads(outputs[run, "sarif"])["runs"]
    rules = log["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    assert len(set(ids)) == len(ids)
    assert all(rule["fullDescription"]["text"] and rule["help"]["text"] for rule in rules)
    for result in log["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]  # 3.27.6
        assert result["locations"]
    prints = [tuple(result["partialFingerprints"].values()) for result in log["results"]]
    assert len(set(prints)) == len(prints)  # 3.27.17
    (invocation,) = log["invocations"]
    assert invocation["exitCode"] == RUNS[run][0]
    assert invocation["executionSuccessful"] is (RUNS[run][0] != 2)
    for note in invocation["toolExecutionNotifications"]:
        assert ids[note["associatedRule"]["index"]] == note["associatedRule"]["id"]  # 3.52.4
    for message in find(log, "message"):
        # 3.11.5: single braces are placeholders, and there are no arguments.
        assert not re.search(r"[{}]", re.sub(r"\{\{|\}\}", "", message["text"]))
    for region in find(log, "region"):  # 3.30.6, 3.30.8
        assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
    for artifact in find(log, "artifactLocation"):
        assert (ROOT / artifact["uri"]).is_file()
        assert artifact["uriBaseId"] in log["originalUriBaseIds"]


def test_regions_are_the_text_that_is_meant(outputs: dict[tuple[str, str], str]) -> None:
    (log,) = json.loads(outputs["shop", "sarif"])["runs"]
    place = log["results"][0]["locations"][0]["physicalLocation"]
    region = place["region"]
    line = (ROOT / place["artifactLocation"]["uri"]).read_text("utf-8").split("\n")[region["startLine"] - 1]
    assert (line.strip(), line[region["startColumn"] - 1 : region["endColumn"] - 1]) == ("replicas: 3", "3")


def find(value: Any, key: str) -> Iterator[dict[str, Any]]:
    """Every value of ``key``, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key and isinstance(inner, dict):
                yield inner
            yield from find(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from find(inner, key)


# Element: required attributes, other attributes, children. From junit-10.xsd of Jenkins' xUnit plugin
# (https://github.com/jenkinsci/xunit-plugin, src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/).
JUNIT: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name"},
        {"time", "classname", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}


@pytest.mark.parametrize("run", RUNS)
def test_junit_is_what_the_schema_of_jenkins_says(outputs: dict[tuple[str, str], str], run: str) -> None:
    root = ElementTree.fromstring(outputs[run, "junit"])
    assert root.tag == "testsuites"
    for element in root.iter():
        required, others, children = JUNIT[element.tag]
        assert required <= set(element.attrib) <= required | others
        assert {child.tag for child in element} <= children
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        for kind, key in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.attrib[key]) == sum(case.find(kind) is not None for case in cases)
    for key in ("tests", "failures", "errors"):
        assert int(root.attrib[key]) == sum(int(suite.attrib[key]) for suite in root)
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(names)) == len(names)
    bad = int(root.attrib["errors"]) > 0, int(root.attrib["failures"]) > 0
    assert bad == {0: (False, False), 1: (False, True), 2: (True, False), 3: (False, False)}[RUNS[run][0]]


@pytest.mark.parametrize("run", RUNS)
def test_gitlab_is_what_its_documentation_says(outputs: dict[tuple[str, str], str], run: str) -> None:
    """https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format: these keys, these severities, paths
    relative to the repository without ``./``, one fingerprint for each problem."""
    entries = json.loads(outputs[run, "gitlab"])
    assert bool(entries) is (run not in QUIET)
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert (ROOT / entry["location"]["path"]).exists()
        assert not entry["location"]["path"].startswith((".", "/"))
        assert 1 <= entry["location"]["lines"]["begin"] <= entry["location"]["lines"]["end"]
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


@pytest.mark.parametrize("run", RUNS)
def test_github_reads_back_what_was_written(outputs: dict[tuple[str, str], str], run: str) -> None:
    lines = outputs[run, "github"].splitlines()
    commands = [parsed(line) for line in lines]
    assert bool(commands) is (run != "proofs")
    for name, properties, message in commands:
        assert name in ("error", "warning", "notice")
        assert properties.keys() <= {"file", "line", "endLine", "col", "endColumn", "title"}
        assert message
        assert "\x1b" not in message + "".join(properties.values())
        if "file" in properties:
            assert (ROOT / properties["file"]).is_file()


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it (actions/runner, ``src/Runner.Common/ActionCommand.cs``): the name up
    to the first blank, properties cut at commas and at their first ``=``, the message after the second ``::``."""
    assert line.startswith("::")
    head, sign, message = line[2:].partition("::")
    assert sign
    name, _, listed = head.partition(" ")
    pairs = (pair.partition("=") for pair in listed.split(",") if pair)
    return name, {key: unescaped(value, property=True) for key, _, value in pairs}, unescaped(message)


def unescaped(text: str, *, property: bool = False) -> str:
    marks = [("%0D", "\r"), ("%0A", "\n"), *([("%3A", ":"), ("%2C", ",")] if property else []), ("%25", "%")]
    for written, meant in marks:
        text = text.replace(written, meant)
    return text


# -- where outputs go ------------------------------------------------------------------------------------------------


def usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    return capsys.readouterr().err


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "utf-8")
    return "a.yaml"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-o", "json", "-o", "sarif"], "both go to standard output"),
        (["-o", "json", "-o", "github"], "both go to standard output"),
        (["-o", "text", "-o", "text=-"], "both go to standard output"),
        (["-o", "json=x", "-o", "sarif=./x"], "are the same file"),
        (["-o", "json="], "names no file"),
        (["-o", "yaml"], "is not a format; choose from text, json, sarif, junit, github, gitlab"),
        (["-o", "text=a.yaml"], "would overwrite a.yaml, which is read"),
    ],
)
def test_outputs_that_make_no_sense_are_refused(
    options: list[str], says: str, manifest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in usage(["check", manifest, *options], capsys)
    assert Path(manifest).read_text("utf-8").startswith("apiVersion")


def test_a_report_among_the_manifests_is_refused(manifest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "would be read as a manifest the next time" in usage(["check", ".", "-o", "json=r.json"], capsys)
    assert main(["check", ".", "-o", "sarif=r.sarif"]) == 0
    assert Path(manifest).exists()


@pytest.mark.parametrize("command", [["check", "a.yaml"], ["diff", "a.yaml"]])
def test_a_file_that_cannot_be_written_is_one_sentence_after_the_rest(
    command: list[str], manifest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del manifest
    with pytest.raises(SystemExit) as stop:
        main([*command, "-o", "json=no/such/r.json", "-o", "text"])
    shown = capsys.readouterr()
    assert stop.value.code == 2
    assert f"kverify {command[0]}: -o json=no/such/r.json: there is no directory no/such" in shown.err
    assert "1 object" in shown.out


def test_text_beside_annotations_cannot_give_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("::error title=forged::x\nkind: [\n", "utf-8")
    main(["check", "a.yaml", "-o", "github", "-o", "text"])
    lines = capsys.readouterr().out.splitlines()
    (start,) = [number for number, line in enumerate(lines) if line.startswith("::stop-commands::")]
    token = lines[start].removeprefix("::stop-commands::")
    assert lines[-1] == f"::{token}::"
    assert all(line.startswith("::error file=a.yaml,") for line in lines[:start])
    assert not [line for line in lines[start + 1 : -1] if token in line]


def test_several_outputs_of_a_difference(manifest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", manifest, "-o", "text", "-o", "json=d.json"]) == 1
    assert json.loads(Path("d.json").read_text("utf-8"))["schema"] == "kverify.diff/1"
    assert "created" in capsys.readouterr().out


def test_several_outputs_of_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT / "tests/cli/input")
    file = tmp_path / "fit.json"
    assert main(["fit", "good.yaml", "--cluster", "tutorial-nodes.yaml", "-o", "text", "-o", f"json={file}"]) == 0
    assert json.loads(file.read_text("utf-8"))["schema"].startswith("kverify.fit/")
    assert "fit" in capsys.readouterr().out


# -- fingerprints and names ----------------------------------------------------------------------------------------


def test_fingerprints_do_not_change_when_lines_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "tests/cli/input/several.yaml").read_text("utf-8")
    found = []
    for body in (text, f"# A comment.\n\n{text.replace('kind: ConfigMap', 'kind:    ConfigMap')}"):
        Path("a.yaml").write_text(body, "utf-8")
        assert main(["check", "a.yaml", "-o", "gitlab=g.json"]) == 2
        found.append(json.loads(Path("g.json").read_text("utf-8")))
    first, second = found
    assert [e["fingerprint"] for e in first] == [e["fingerprint"] for e in second]
    assert [e["location"] for e in first] != [e["location"] for e in second]


def test_what_was_rendered_by_helm_is_shown_at_its_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rendered = b"---\n# Source: shop/templates/settings.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: A}\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(rendered)))
    assert main(["check", "-", "-o", "sarif=s.sarif", "-o", "github=g.log"]) == 2
    (log,) = json.loads(Path("s.sarif").read_text("utf-8"))["runs"]
    (result,) = log["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "shop/templates/settings.yaml", "uriBaseId": "%SRCROOT%"}}
    assert result["message"]["text"].endswith("In line 5, column 18 of standard input.")
    _, properties, _ = parsed(Path("g.log").read_text("utf-8").rstrip("\n"))
    assert (properties["file"], "line" in properties) == ("shop/templates/settings.yaml", False)


def files_named(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The files of annotations for what `kubectl kustomize` (5.5) made of an overlay with origin annotations."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BUILT.read_bytes())))
    assert main(["check", "-", "-o", "github", *arguments]) == 1
    commands = [parsed(line) for line in capsys.readouterr().out.splitlines()]
    assert all("line" not in properties for _, properties, _ in commands)
    return [properties["file"] for _, properties, _ in commands]


def test_what_kustomize_built_is_shown_at_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert files_named([], monkeypatch, capsys) == ["pdb.yaml", "base/service.yaml"]
    there = ["--rendered-from", "overlays/production"]
    assert files_named(there, monkeypatch, capsys) == ["overlays/production/pdb.yaml", "base/service.yaml"]


def test_the_transcript_of_the_document_is_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BUILT.read_bytes())))
    assert main(["check", "-", "--rendered-from", "overlays/production"]) == 1
    transcript = re.search(r"```text\n(.*?)```", (ROOT / "docs/ci.md").read_text("utf-8"), re.DOTALL)
    assert transcript is not None
    assert capsys.readouterr().out.startswith(transcript[1])


def test_a_file_of_another_repository_is_none_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    remote = BUILT.read_text("utf-8").replace(
        "path: pdb.yaml\n", "path: pdb.yaml\n      repo: https://git.example/shop\n"
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(remote.encode())))
    assert main(["check", "-", "-o", "gitlab"]) == 1
    paths = [entry["location"]["path"] for entry in json.loads(capsys.readouterr().out)]
    assert paths == ["stdin", "base/service.yaml"]


def test_what_kustomize_built_is_what_it_builds() -> None:
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed: what it built once stays, and is used by the other tests")
    command = [program, "kustomize", str(BUILT.parent / "overlays" / "production")]
    built = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert built == BUILT.read_text("utf-8")
