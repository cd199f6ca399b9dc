"""The process in which Spacer runs: Horn clauses on standard input, an answer on standard output.

``python -m kverify.engines.spacer_worker SECONDS BYTES`` prints ``safe`` and the invariant as an SMT-LIB term over
``v0``, ``v1``, ...; or ``unsafe``; or ``unknown`` and a reason. See ``spacer.py``, which starts it.
"""

from __future__ import annotations

import math
import sys


def main() -> None:
    """Read, solve, print."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    _limit(seconds, memory)
    import z3

    solver = z3.SolverFor("HORN")
    solver.from_string(sys.stdin.read())
    answer = solver.check()
    if answer == z3.unsat:
        print("unsafe")
    elif answer == z3.unknown:
        print(f"unknown\n{solver.reason_unknown()}")
    else:
        model = solver.model()
        relation = next(f for f in model.decls() if f.name() == "Reachable")
        sorts = [relation.domain(i) for i in range(relation.arity())]
        arguments = [z3.Const(f"v{i}", sort) for i, sort in enumerate(sorts)]
        # The interpretation is one term over the arguments; Spacer lists no single points.
        found = z3.substitute_vars(model[relation].else_value(), *arguments)
        print(f"safe\n{z3.simplify(found).sexpr()}")


def _limit(seconds: float, memory: int) -> None:
    """The kernel ends this process when it has used up its share. Windows knows no such limits: there only the clock of
    the caller counts."""
    if sys.platform != "win32":
        import resource

        whole = math.ceil(seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


if __name__ == "__main__":
    main()
