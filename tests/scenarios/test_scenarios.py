"""Real failures are found, with the right object, field and certainty; their repaired pairs have no error.

Each folder holds the manifests of one scenario, clusters, and ``expect.yaml``::

    source: where it was reported
    runs:
      - manifest: fails.yaml
        cluster: cluster_3.yaml     # left out: nothing is known of the nodes
        spec: kept.kv               # properties that are asked as well, if there are any
        exit: 1                     # of `kverify check`
        refused: [KV1216]           # ids of errors of the input
        proved: [KV4002]            # ids that have a proof, and only proofs that hold
        findings:                   # all of them, no more and no fewer
          - {id: KV4001, severity: error, object: Deployment default/web, certainty: certain,
             steps: 2, causes: [fields that are among those named], says: [words that are printed]}
      - command: fit                # `kverify fit`, with further arguments if there are any; exit as above, and
        arguments: [--lose, zone]
        verdicts: {Deployment default/web: fragile}     # of all workloads
        losses: {zone a: {Deployment default/web: impossible}}  # all that do not always fit, of all losses
        counts: {Deployment default/web: {always: 5, impossible: 6}}    # for all that are counted
        says: [words that are printed]
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kverify.checks import Finding, Options, Report, run
from kverify.checks.declared.specs import Specs
from kverify.cli.main import main
from kverify.cluster.bundle import Bundle
from kverify.engines.verdict import Outcome
from kverify.manifest.diagnostics import Severity
from kverify.spec.language.checker import check
from kverify.spec.language.library import assemble

HERE = Path(__file__).parent


def runs(command: str) -> Iterator[Any]:
    for path in sorted(HERE.glob("*/expect.yaml")):
        for case in yaml.safe_load(path.read_text("utf-8"))["runs"]:
            if case.get("command", "check") == command:
                words = " ".join([case["manifest"], *case.get("arguments", [])])
                name = f"{path.parent.name}/{words}@{case.get('cluster', 'open')}"
                yield pytest.param(path.parent, case, id=name.replace(".yaml", ""))


RUNS = list(runs("check"))
FITS = list(runs("fit"))


def paths(folder: Path, case: dict[str, Any]) -> tuple[list[str], list[str]]:
    cluster = [str(folder / case["cluster"])] if "cluster" in case else []
    return [str(folder / case["manifest"])], cluster


def report_of(folder: Path, case: dict[str, Any]) -> Report:
    bundle, diagnostics = Bundle.read(*paths(folder, case))
    if "spec" not in case:
        return run(bundle, diagnostics, Options())
    path = folder / case["spec"]
    library, problems = assemble([(str(path), path.read_text("utf-8"))])
    checked, more = check(library)
    assert (problems, more) == ((), ())
    return run(bundle, diagnostics, Options(specs=Specs(checked=checked)))


def everything(finding: Finding) -> str:
    notes = (cause.note for cause in finding.causes)
    repairs = (repair.text for repair in finding.repairs if repair.verified)
    return "\n".join(
        (
            finding.message,
            finding.opening,
            *finding.steps,
            finding.outcome,
            *finding.details,
            *finding.sizes,
            *notes,
            *repairs,
        )
    )


@pytest.mark.parametrize(("folder", "case"), RUNS)
def test_scenario(folder: Path, case: dict[str, Any]) -> None:
    report = report_of(folder, case)
    errors = [d.id for d in report.diagnostics if d.severity is Severity.ERROR]
    assert errors == case.get("refused", [])
    found = [(f.id, str(f.severity), f.object, f.certainty and f.certainty.value) for f in report.findings]
    expected = [(e["id"], e["severity"], e["object"], e["certainty"]) for e in case["findings"]]
    assert sorted(found) == sorted(expected)
    for entry in case["findings"]:
        candidates = [f for f in report.findings if (f.id, f.object) == (entry["id"], entry["object"])]
        assert any(matches(finding, entry) for finding in candidates), (entry, candidates)
    for wanted in case.get("proved", []):
        outcomes = {p.verdict.outcome for p in report.proofs if p.id == wanted}
        assert outcomes == {Outcome.HOLDS}, wanted
    assert report.exit_code() == case["exit"]


def matches(finding: Finding, entry: dict[str, Any]) -> bool:
    text = everything(finding)
    return (
        all(words in text for words in entry.get("says", []))
        and {c.path for c in finding.causes} >= set(entry.get("causes", []))
        and entry.get("steps", len(finding.steps)) == len(finding.steps)
    )


@pytest.mark.parametrize(("folder", "case"), RUNS)
def test_every_verdict_carries_its_evidence(folder: Path, case: dict[str, Any]) -> None:
    """Proofs say method and scope; causes lie in the files; traces are runs of their systems."""
    report = report_of(folder, case)
    for proof in report.proofs:
        assert proof.verdict.method
        assert proof.verdict.scope or proof.verdict.outcome is not Outcome.HOLDS
    for finding in report.findings:
        assert finding.causes
        assert all(Path(cause.span.file).is_file() for cause in finding.causes)
        assert finding.verdict is not None
        trace = finding.verdict.trace
        if trace is not None:
            state = trace.start
            for step in trace.steps:
                state = trace.system.step(state, step.action)
            assert state == trace.final


@pytest.mark.parametrize(("folder", "case"), RUNS)
def test_exit_code(folder: Path, case: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    manifests, cluster = paths(folder, case)
    arguments = ["check", *manifests, *(["--cluster", *cluster] if cluster else [])]
    arguments += ["--spec", str(folder / case["spec"])] if "spec" in case else []
    assert main(arguments) == case["exit"]
    assert capsys.readouterr().out


@pytest.mark.parametrize(("folder", "case"), FITS)
def test_fit(folder: Path, case: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """The verdicts and counts of ``kverify fit``, each with the evidence that belongs to it."""
    manifests, cluster = paths(folder, case)
    arguments = ["fit", *manifests, *(["--cluster", *cluster] if cluster else []), *case.get("arguments", [])]
    assert main([*arguments, "-o", "json"]) == case["exit"]
    answer = json.loads(capsys.readouterr().out)
    assert {row["object"]: row["verdict"] for row in answer["workloads"]} == case["verdicts"]
    losses = {loss["lost"]: {row["object"]: row["verdict"] for row in loss["workloads"]} for loss in answer["losses"]}
    assert losses == case.get("losses", {})
    counts = {row["object"]: row for row in answer["counts"]}
    assert counts.keys() == case.get("counts", {}).keys()
    for title, ends in case.get("counts", {}).items():
        assert {name: counts[title][name] for name in ends} == ends
    for row in answer["workloads"]:
        assert row["method"]
        assert (row["verdict"] in ("fragile", "impossible")) == bool(row["message"] and row["refusals"])
    for row in answer["counts"]:
        for part in row["ranges"]:
            evidence = part["evidence"]
            assert evidence["reason"] if part["verdict"] == "unknown" else evidence["method"]
            if part["verdict"] in ("fragile", "impossible"):
                assert evidence["message"] or evidence["core"]
    assert main(arguments) == case["exit"]
    printed = " ".join(capsys.readouterr().out.split())
    for words in case.get("says", []):
        assert words in printed


def test_there_are_runs_for_every_folder() -> None:
    folders = {p.name for p in HERE.iterdir() if p.is_dir() and not p.name.startswith("__")}
    assert folders == {p.parent.name for p in HERE.glob("*/expect.yaml")}
