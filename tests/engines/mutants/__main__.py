"""Try every oracle on every fault."""

from __future__ import annotations

from tests.engines.mutant_oracles import ORACLES, notices

from . import MUTANTS, seeded


def main() -> None:
    """Try everything on everything and print who notices what."""
    for name, oracle in ORACLES.items():
        trouble = notices(oracle)
        if trouble:
            print(f"WRONG without any fault: {name}: {trouble}")
    for mutant in MUTANTS:
        with seeded(mutant):
            found = [name for name, oracle in ORACLES.items() if notices(oracle)]
        print(f"{mutant.name}: {len(found)} of {len(ORACLES)}: {'; '.join(found) or 'SURVIVES'}", flush=True)


main()
