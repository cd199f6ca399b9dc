"""``python -m benchmarks.oracle FILE...``: agreement with recorded verdicts of a real kube-scheduler.

Files are in the format of ``shared/oracle/README.md``, plain or compressed. For each file and each kind of answer it
says how many were compared and how many agree, then the same for every plugin, and explains the first disagreements.
The exit code is 1 when there are any.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from attrs import field, frozen

from benchmarks import _oracle
from kverify.model.scheduling import DEFAULT_PROFILE

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "oracle"
SHOWN = 10
ASPECTS = (
    _oracle.NODES,
    _oracle.PLUGINS,
    _oracle.FIRST,
    _oracle.MESSAGE,
    _oracle.GATED,
    _oracle.PREEMPTION,
    _oracle.ATTEMPTS,
    _oracle.SCORES,
    _oracle.BEST,
    _oracle.SCORE_ERROR,
)


@frozen
class Tally:
    """How often each aspect was compared, how often it differed, and the first differences in words."""

    compared: Counter[str] = field(factory=Counter)
    differing: Counter[str] = field(factory=Counter)
    explained: list[str] = field(factory=list)

    def add(self, check: _oracle.Check) -> None:
        self.compared[check.aspect] += 1
        if not check.agrees:
            self.differing[check.aspect] += 1
            if len(self.explained) < SHOWN:
                self.explained.append(str(check))

    def line(self, aspect: str) -> str:
        compared, differing = self.compared[aspect], self.differing[aspect]
        return f"  {aspect:<28} {compared - differing:>8} of {compared:>8}  {100 * (1 - differing / compared):7.3f} %"


def main(paths: list[str] | None = None) -> int:
    """Compare ``paths``, or the recordings next to this checkout; 1 when anything differs, 2 for a bad path."""
    files = [Path(path) for path in paths] if paths else sorted(RECORDED.glob("*.jsonl*"))
    missing = [path for path in files if not path.is_file()]
    if missing or not files:
        print(
            f"not a file: {', '.join(map(str, missing))}" if missing else f"no recordings in {RECORDED}",
            file=sys.stderr,
        )
        return 2 if missing else 0
    plugins = Tally()
    differing = 0
    for path in files:
        tally = Tally()
        for record in _oracle.records(path):
            for check in _oracle.checks(record):
                (tally if check.aspect in ASPECTS else plugins).add(check)
        print(path.name)
        for aspect in ASPECTS:
            if tally.compared[aspect]:
                print(tally.line(aspect))
        for text in tally.explained:
            print(f"  {text}")
        sys.stdout.flush()
        differing += tally.differing.total()
    print("rejections by plugin")
    for plugin in DEFAULT_PROFILE:
        if plugins.compared[plugin.name]:
            print(plugins.line(plugin.name))
    for text in plugins.explained:
        print(f"  {text}")
    differing += plugins.differing.total()
    print("everything agrees" if not differing else f"{differing} differences")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
