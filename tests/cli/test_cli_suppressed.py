"""What is suppressed, in every format: it fails nothing, it is counted, and it is shown on demand with its reason."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog

from kverify.cli.main import main

ROOT = Path(__file__).parents[2]
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {name}
  annotations: {{kverify.dev/ignore: "{ignore}"}}
spec: {{selector: {{app: nobody}}, ports: [{{port: 80}}]}}
"""
OTHERS = """\
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "@daily"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "x:1"}]}}}}
"""
"""Pods of the namespace, so that a Service that finds none is a finding."""
TOML = """\
fail-on = "warning"

[[suppress]]
id = "KV2001"
name = "one"
reason = "first\\u001b[2J ]]>"
"""


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("kverify.toml").write_text(TOML)
    Path("one.yaml").write_text(SERVICE.format(name="one", ignore="KV2007: x") + OTHERS)
    Path("two.yaml").write_text(SERVICE.format(name="two", ignore="KV2001: second"))


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    # The annotation of the first suppresses nothing, which is only an info.
    assert main(["check", "one.yaml", "two.yaml", *arguments]) == code
    return capsys.readouterr().out


def test_text_counts_and_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys)
    assert "KV2001" not in shown
    assert shown.rstrip().endswith("no proofs, 2 suppressed (--show-suppressed lists them)")
    shown = told(capsys, "--show-suppressed")
    assert "configuration: first\\x1b[2J ]]> (kverify.toml:3:1)" in shown
    assert "annotation: second (two.yaml:5:17)" in shown
    assert "warning[KV2001] Service default/two:" in shown
    assert "\x1b" not in shown
    assert shown.rstrip().endswith("no proofs, 2 suppressed")


def test_what_is_piped_in_makes_no_suppression_idle(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration may speak of another chart."""
    assert main(["check", "two.yaml"]) == 0
    assert "KV6003" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("two.yaml").read_bytes())))
    assert main(["check", "-"]) == 0
    assert "KV6003" not in capsys.readouterr().out


def test_what_is_not_suppressed_still_fails(capsys: pytest.CaptureFixture[str]) -> None:
    Path("three.yaml").write_text(SERVICE.format(name="three", ignore="KV2001: third").replace("ignore", "other"))
    assert "warning[KV2001] Service default/three" in told(capsys, "three.yaml", code=1)


def test_json_has_them_whole(capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads(told(capsys, "-o", "json"))
    jsonschema.validate(report, json.loads((ROOT / "kverify/report/schema/report-1.json").read_text("utf-8")))
    assert report["summary"]["suppressed"] == 2
    assert [(row["by"], row["reason"], row["span"]["line"]) for row in report["suppressed"]] == [
        ("configuration", "first\x1b[2J ]]>", 3),
        ("annotation", "second", 5),
    ]
    assert [row["diagnostic"]["object"] for row in report["suppressed"]] == [
        "Service default/one",
        "Service default/two",
    ]


def test_a_report_that_is_read_again_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "-o", "json=report.json")
    assert main(["report", "report.json", "--show-suppressed"]) == 0
    assert capsys.readouterr().out == told(capsys, "--show-suppressed")
    assert main(["report", "report.json", "-o", "sarif", "--show-suppressed"]) == 0
    again = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    (log,) = json.loads(told(capsys, "-o", "sarif", "--show-suppressed"))["runs"]
    assert again == log["results"]


def test_sarif_has_them_on_demand_with_their_justification(capsys: pytest.CaptureFixture[str]) -> None:
    """Only on demand: readers that do not know suppressions, GitHub among them, would make alerts of them."""
    (log,) = json.loads(told(capsys, "-o", "sarif"))["runs"]
    assert {result["ruleId"] for result in log["results"]} == {"KV6003"}
    assert all("suppressions" not in result for result in log["results"])
    whole = json.loads(told(capsys, "-o", "sarif", "--show-suppressed"))
    SarifLog.model_validate(whole)
    results: list[dict[str, Any]] = whole["runs"][0]["results"]
    found = {result["properties"]["object"]: result["suppressions"] for result in results if result["suppressions"]}
    assert {name: (one["kind"], one["justification"]) for name, (one,) in found.items()} == {
        "Service default/one": ("external", "first\\x1b[2J ]]>"),
        "Service default/two": ("inSource", "second"),
    }
    # 3.27.23: either every result says whether it is suppressed, or none does.
    assert [result["suppressions"] for result in results if result["ruleId"] == "KV6003"] == [[]]


def test_junit_skips_them(capsys: pytest.CaptureFixture[str]) -> None:
    root = ElementTree.fromstring(told(capsys, "-o", "junit"))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    skipped = cases["Service default/two"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "suppressed by annotation: second"
    assert (root.get("failures"), root.get("errors")) == ("0", "0")


@pytest.mark.parametrize("form", ["github", "gitlab"])
def test_annotations_and_code_quality_leave_them_out(capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert "KV2001" not in told(capsys, "-o", form)


def test_the_fingerprint_of_one_does_not_depend_on_who_else_is_suppressed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def prints(*arguments: str) -> dict[str, str]:
        main(["check", "one.yaml", "two.yaml", "-o", "sarif", "--show-suppressed", *arguments])
        (log,) = json.loads(capsys.readouterr().out)["runs"]
        return {
            result["message"]["text"]: result["partialFingerprints"]["kverify/v1"]
            for result in log["results"]
            if result["ruleId"] == "KV2001"
        }

    assert prints() == prints("--no-config")
    assert len(set(prints().values())) == 2
