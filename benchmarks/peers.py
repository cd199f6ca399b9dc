"""One manifest that every schema accepts and that cannot work: which of its failures do checkers find, and where?

``examples/peers/reports.yaml`` has six objects and six failures. Each checker is run on it as its users run it. A
failure counts as found if anything that is said is about it (``mentions``, generous on purpose; ``-v`` prints all that
was said, to judge by oneself). Peers come from the dependency group ``peers`` (``make peers``), and are left out, with
the reason, where they are not installed. Times are CPU seconds of the whole process.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import frozen

from benchmarks import _cpu

ROOT = Path(__file__).parent.parent
MANIFEST = "examples/peers/reports.yaml"
RUNS = 3


@frozen
class Failure:
    """What goes wrong when the manifest is applied. ``mentions`` is found in whatever names it, ``id`` is kverify's,
    ``fields`` are where it has to be shown."""

    name: str
    mentions: str
    id: str
    fields: tuple[str, ...]


FAILURES = (
    Failure(
        "the Service selects nothing",
        r"dangling|no endpoints|selects? no|match(es)? no pod",
        "KV2001",
        ("spec.selector.app",),
    ),
    Failure(
        "the budget forbids every eviction",
        r"evict|disruption|\bpdb\b|minAvailable",
        "KV4003",
        ("PodDisruptionBudget default/reports spec.minAvailable", "spec.replicas"),
    ),
    Failure(
        "the autoscaler's least is below the budget",
        r"minReplicas",
        "KV4003",
        (
            "HorizontalPodAutoscaler default/reports spec.minReplicas",
            "PodDisruptionBudget default/reports spec.minAvailable",
        ),
    ),
    Failure(
        "every apply fights the autoscaler",
        r"autoscal|\bhpa\b",
        "KV4010",
        ("spec.replicas", "HorizontalPodAutoscaler default/reports spec.maxReplicas"),
    ),
    Failure(
        "no node takes the pods",
        r"node ?selector|unschedul|insufficient|nodes are available|no node",
        "KV3001",
        (
            "spec.template.spec.nodeSelector[disktype]",
            "spec.template.spec.containers[0].resources.requests[cpu]",
        ),
    ),
    Failure(
        "the quota admits none of them",
        r"quota",
        "KV3004",
        ("ResourceQuota default/compute spec.hard[requests.cpu]", "spec.replicas"),
    ),
)


@frozen
class Said:
    """One thing a checker said: its text, and where it said that it is."""

    text: str
    place: str


@frozen
class Run:
    """One checker's run: all that was said, the CPU seconds it took, and which version it was.

    ``exact``: a failure is found only if its id is said at every one of its fields, as is asked of kverify.
    """

    said: tuple[Said, ...]
    seconds: float
    version: str
    exact: bool = False


def measured(command: Sequence[str], codes: tuple[int, ...]) -> tuple[str, float]:
    """Standard output and the least CPU seconds of a few runs. ``RuntimeError`` if one did not end as it should."""
    runs = [_cpu.measured(command, codes, ROOT) for _ in range(RUNS)]
    return runs[-1][0], min(seconds for _, seconds in runs)


def kverify() -> Run:
    """``kverify check``, with every field that a finding or diagnostic names as a place of its own."""
    command = [sys.executable, "-m", "kverify.cli.main"]
    output, seconds = measured([*command, "check", "--no-cache", MANIFEST, "-o", "json"], (1,))
    report = json.loads(output)
    said = []
    for finding in report["findings"]:
        said += [Said(f"{finding['id']} {finding['message']}", _place(cause)) for cause in finding["causes"]]
    for problem in report["diagnostics"]:
        said.append(Said(f"{problem['id']} {problem['message']}", _place(problem)))
    version, _ = measured([*command, "--version"], (0,))
    return Run(tuple(said), seconds, version.split()[-1], exact=True)


def _place(cause: dict[str, object]) -> str:
    span = cause["span"]
    assert isinstance(span, dict)
    return f"{span['line']}:{span['column']} {cause['path']}"


def checkov() -> Run | str:
    """Checkov's failed checks; each has the lines of its whole object."""
    program = shutil.which("checkov")
    if program is None:
        return "not installed"
    command = [program, "--framework", "kubernetes", "-f", MANIFEST, "-o", "json", "--quiet"]
    output, seconds = measured(command, (0, 1))
    report = json.loads(output)
    said = []
    for entry in report["results"]["failed_checks"]:
        first, last = entry["file_line_range"]
        said.append(
            Said(f"{entry['check_id']} {entry['check_name']} ({entry['resource']})", f"lines {first} to {last}")
        )
    return Run(tuple(said), seconds, report["summary"]["checkov_version"])


def kubernetes_validate() -> Run | str:
    """What kubernetes-validate does not let pass; its exit code is 1 then."""
    program = shutil.which("kubernetes-validate")
    if program is None:
        return "not installed"
    output, seconds = measured([program, "--strict", "--quiet", MANIFEST], (0, 1))
    version, _ = measured([program, "--version"], (0,))
    said = tuple(Said(line, MANIFEST) for line in output.splitlines() if line.strip())
    return Run(said, seconds, version.split()[-1])


CHECKERS: dict[str, Callable[[], Run | str]] = {
    "kverify": kverify,
    "Checkov": checkov,
    "kubernetes-validate": kubernetes_validate,
}


def found(run: Run, failure: Failure) -> bool:
    """Anything that was said is about the failure. kverify has to name the id and every field, each with its place."""
    if run.exact:
        own = [said for said in run.said if said.text.startswith(failure.id)]
        return {said.place.partition(" ")[2] for said in own} >= set(failure.fields)
    return any(re.search(failure.mentions, said.text, re.IGNORECASE) for said in run.said)


def others(run: Run) -> int:
    """How many things were said that are about none of the failures."""
    texts = dict.fromkeys(said.text for said in run.said)
    return sum(
        not any(text.startswith(f.id) or re.search(f.mentions, text, re.IGNORECASE) for f in FAILURES) for text in texts
    )


def table(runs: dict[str, Run]) -> list[str]:
    """The table in Markdown, as ``docs/comparison.md`` has it; without the row of times."""
    head = ["real failure", *(f"{name} {run.version}" for name, run in runs.items())]
    rows = [[f.name, *("found" if found(run, f) else "–" for run in runs.values())] for f in FAILURES]
    rows.append(["what else it says", *(str(others(run)) for run in runs.values())])
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def main() -> int:
    """Print the table; 1 if kverify does not find all."""
    runs = {}
    for name, checker in CHECKERS.items():
        run = checker()
        if isinstance(run, str):
            print(f"{name}: left out, {run} (make peers)")
        else:
            runs[name] = run
    print("\n".join(table(runs)))
    own = runs["kverify"].seconds
    seconds = [f"{run.seconds:.2f} ({run.seconds / own:.1f} × kverify)" for run in runs.values()]
    print(f"| CPU seconds, whole process | {' | '.join(seconds)} |")
    if "-v" in sys.argv:
        for name, run in runs.items():
            print(f"\n{name}:", *(f"  {said.place}: {said.text}" for said in run.said), sep="\n")
    return int(not all(found(runs["kverify"], failure) for failure in FAILURES))


if __name__ == "__main__":
    sys.exit(main())
