"""The table of functions and events in ``docs/properties.md``, from the language itself.

python -m tools.function_table        # writes it anew
"""

from __future__ import annotations

from pathlib import Path

from kverify.spec.language.events import EVENTS
from kverify.spec.language.functions import Stage, functions

DOCUMENT = Path(__file__).parents[1] / "docs" / "properties.md"
BEGIN, END = "<!-- functions -->", "<!-- end of functions -->"
_STAGES = {
    Stage.CONSTANT: "numbers",
    Stage.MANIFEST: "manifests",
    Stage.BINDING: "bindings",
    Stage.STATE: "the state",
    Stage.PLACED: "the state, node by node",
}


def table() -> str:
    """Both tables, as they stand in the document."""
    lines = ["| function | asks | meaning |", "| --- | --- | --- |"]
    for signature in sorted(functions().values(), key=lambda s: (s.stage, s.name)):
        arguments = ", ".join(_short(str(p)) for p in signature.parameters) + (", ..." if signature.rest else "")
        meaning = f"Not modelled: {signature.unmodelled}." if signature.unmodelled else signature.doc
        rule = f" ({signature.rule})" if signature.rule else ""
        lines.append(f"| `{signature.name}({arguments})` | {_STAGES[signature.stage]} | {meaning}{rule} |")
    lines += ["", "### Events", "", "| event | | meaning |", "| --- | --- | --- |"]
    for event in EVENTS.values():
        meaning = f"{event.doc} Not modelled yet." if event.unmodelled else event.doc
        lines.append(f"| `{event.name}` | {'people' if event.by_people else 'cluster'} | {meaning} |")
    return "\n".join(lines)


def _short(words: str) -> str:
    """``a workload (Deployment, ...)`` as ``workload``."""
    return words.split(" (")[0].removeprefix("a ").removeprefix("an ")


def rewritten(text: str) -> str:
    """The document with its tables as they should be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text("utf-8")), "utf-8")
