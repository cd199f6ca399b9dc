"""``python -m benchmarks [NAME...]``: run all benchmark modules, or those that are named, one after the other."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from pathlib import Path


def names() -> list[str]:
    """Every benchmark module, in alphabetical order."""
    found = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return sorted(name for name in found if not name.startswith("_"))


def main(chosen: list[str]) -> int:
    """Run benchmarks; 1 if one of them did not reach what it has to."""
    known = names()
    unknown = [name for name in chosen if name not in known]
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    os.environ["KVERIFY_NO_CACHE"] = "1"  # What is measured shall happen.
    failed = 0
    for name in chosen or known:
        print(f"== {name}", flush=True)
        failed |= int(importlib.import_module(f"benchmarks.{name}").main() or 0)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
