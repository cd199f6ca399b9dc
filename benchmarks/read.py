"""How fast manifests are read, typed and validated, beside what plain parsers need for the same text.

CPU seconds of one process, the least of several runs; every row of a table is measured in the same run, so the ratios
hold on any machine. The promises: 2,000 objects a second from YAML to typed and validated objects, 20,000 a second out
of a JSON dump into documents, and ten times as many objects in no more than twelve times the time, unless
the plain parser itself grows faster on that text (its dicts no longer fit the caches of the processor).

kubernetes-validate and Checkov are run on the same objects where they are installed (each in an environment of its own,
because their requirements contradict each other).
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import process_time

import yaml
from attrs import frozen

from benchmarks._cpu import measured
from benchmarks._shapes import as_dump, as_lines, as_yaml, cluster, repository
from kverify.api import decode_all
from kverify.manifest import read_text

SIZES = (100, 1_000, 10_000)
MOST_GROWTH = 12.0
PEERS_SIZE = 300


@frozen
class Task:
    """Something done with a text of ``count`` objects. ``promise`` is the least number of objects a second;
    ``reference`` marks the plain parser that the rows after it are compared with.
    """

    name: str
    text: Callable[[int], str]
    run: Callable[[str], object]
    promise: int | None = None
    reference: bool = False


def _typed(text: str, file: str) -> int:
    """From text to typed and validated objects; ``RuntimeError`` if there is anything to complain of."""
    read = read_text(text, file)
    decoded = decode_all(read.documents)
    problems = (*read.diagnostics, *decoded.diagnostics)
    if problems:
        raise RuntimeError(f"{problems[0].span}: {problems[0].message}")
    return len(decoded.objects)


def _load_all(text: str) -> int:
    return sum(1 for _ in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


TASKS = (
    Task("YAML, PyYAML alone", lambda count: as_yaml(repository(count)), _load_all, reference=True),
    Task("YAML, read", lambda count: as_yaml(repository(count)), lambda text: read_text(text, "m.yaml")),
    Task(
        "YAML, typed and validated",
        lambda count: as_yaml(repository(count)),
        lambda text: _typed(text, "m.yaml"),
        2_000,
    ),
    Task("JSON dump, json alone", lambda count: as_dump(cluster(count)), json.loads, reference=True),
    Task("JSON dump, read", lambda count: as_dump(cluster(count)), lambda text: read_text(text, "d.json"), 20_000),
    Task("JSON dump, typed and validated", lambda count: as_dump(cluster(count)), lambda text: _typed(text, "d.json")),
    Task("JSON lines, read", lambda count: as_lines(cluster(count)), lambda text: read_text(text, "-")),
)


def seconds(run: Callable[[], object], repeat: int) -> float:
    """The least CPU time of several runs."""
    times = []
    for _ in range(repeat):
        begin = process_time()
        run()
        times.append(process_time() - begin)
    return min(times)


def table(count: int) -> dict[str, float]:
    """Print a row for each task; the seconds by its name."""
    found: dict[str, float] = {}
    reference = 1.0
    for task in TASKS:
        text = task.text(count)
        taken = seconds(lambda task=task, text=text: task.run(text), 5 if count < SIZES[-1] else 2)  # type: ignore[misc]
        found[task.name] = taken
        reference = taken if task.reference else reference
        late = "  TOO SLOW" if task.promise is not None and count / taken < task.promise else ""
        print(
            f"{task.name:<32}{count:>8,}{len(text) / 1e6:>8.2f}{taken:>9.3f}{count / taken:>11,.0f}"
            f"{len(text) / taken / 1e6:>8.1f}{taken / reference:>10.2f}{task.promise or '-':>9}{late}",
            flush=True,
        )
    return found


def kubernetes_validate(text: str) -> float | None:
    """CPU seconds of parsing and validating with kubernetes-validate; None where it is not installed."""
    if importlib.util.find_spec("kubernetes_validate") is None:
        return None
    module = importlib.import_module("kubernetes_validate")
    version = module.latest_version()

    def run() -> None:
        for item in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            module.validate(item, version, strict=True)

    return seconds(run, 1)


def checkov(text: str) -> float | None:
    """CPU seconds of a whole run of Checkov on one file, its start included; None where it is not installed."""
    program = shutil.which("checkov")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "all.yaml").write_text(text)
        command = [program, "--framework", "kubernetes", "-d", folder, "-o", "json", "--quiet"]
        output, taken = measured(command, (0, 1))
        if not output.strip():
            raise RuntimeError("checkov said nothing")
    return taken


def peers() -> None:
    """Print how long others take for the same objects."""
    text = as_yaml(repository(PEERS_SIZE))
    own = seconds(lambda: _typed(text, "m.yaml"), 3)
    print(f"\n{'the same objects, validated by':<32}{'objects':>8}{'CPU s':>9}{'objects/s':>11}{'× kverify':>11}")
    print(f"{'kverify':<32}{PEERS_SIZE:>8,}{own:>9.3f}{PEERS_SIZE / own:>11,.0f}{1:>11.1f}")
    for name, run in (("kubernetes-validate", kubernetes_validate), ("checkov", checkov)):
        taken = run(text)
        if taken is None:
            print(f"{name:<32}{PEERS_SIZE:>8,}  not installed")
        else:
            print(
                f"{name:<32}{PEERS_SIZE:>8,}{taken:>9.3f}{PEERS_SIZE / taken:>11,.0f}{taken / own:>11.1f}", flush=True
            )


def main() -> int:
    """Print all tables; 1 if a promise is not kept."""
    read_text("a: 1\n", "warm.yaml")
    print(f"{'task':<32}{'objects':>8}{'MB':>8}{'CPU s':>9}{'objects/s':>11}{'MB/s':>8}{'× alone':>10}{'promise':>9}")
    found = {count: table(count) for count in SIZES}
    failed = any(
        task.promise is not None and count / times[task.name] < task.promise
        for count, times in found.items()
        for task in TASKS
    )
    print(
        f"\n{'growth, ten times the objects':<32}"
        + "".join(f"{f'{few:,} to {more:,}':>18}" for few, more in pairwise(SIZES))
    )
    most = MOST_GROWTH
    for task in TASKS:
        ratios = [found[more][task.name] / found[few][task.name] for few, more in pairwise(SIZES)]
        most = max(MOST_GROWTH, ratios[-1]) if task.reference else most
        late = not task.reference and ratios[-1] > most
        failed = failed or late
        print(f"{task.name:<32}" + "".join(f"{ratio:>17.1f}×" for ratio in ratios) + ("  TOO MUCH" if late else ""))
    peers()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
