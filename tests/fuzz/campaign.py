"""A coverage-guided campaign: ``make fuzz``, or ``python -m tests.fuzz.campaign [OPTION OF LIBFUZZER...] [CORPUS]``.

It ends at the first input that raises, takes longer than its time or more than its memory; the input is then in a file
``crash-…``, ``timeout-…`` or ``oom-…``. Mend it, and move the file to ``tests/fuzz/found``, where the suite reads it.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import random
import sys
from pathlib import Path
from typing import Any

import atheris

# Everything, and before anything else has imported it: what is imported later is not watched.
with atheris.instrument_imports(include=["kverify"]):
    import kverify.api
    import kverify.manifest

    for package in (kverify.manifest, kverify.api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    from tests.fuzz.target import look, seeds

LIMITS = ("-timeout=20", "-rss_limit_mb=2048", "-max_len=8192")
MARKS = ("---\n", "...\n", "- ", ": ", "? ", "|\n", ">-\n", "<<: ", "&a ", "*a", "# ", "\t", "{{ ", "# Source: ")
CHARACTERS = ("\ufeff", "\u2028", "\u2000", "\x85", "\r\n", '\\"', "\\u", "\\ud83d", "\\'", "\\/")
SCALARS = ("!!binary ", "!!int ", "%YAML", "null", "true", "1e999", "0x", ".inf", "100m", "25%")
NAMES = ("apiVersion", "kind", "metadata", "spec", "items", "List", "template", "containers", "$patch", "matchLabels")
WORDS = MARKS + CHARACTERS + SCALARS + NAMES
STRANGE: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        1,
        2**31,
        2**63,
        2**64,
        1e300,
        0.5,
        "",
        "x",
        "0",
        "-1",
        "100m",
        "1e9Gi",
        "25%",
        "a/b",
        "a" * 254,
    ),
    *(
        "10.0.0.0/8",
        "::1",
        "*/5 * * * *",
        "2024-01-01T00:00:00Z",
        "Always",
        "TCP",
        "self.x > 1",
        [],
        {},
        [None],
        {"": None},
    ),
)


def mutate(data: bytes, size: int, seed: int) -> bytes:
    """Every other time changes a value of the object instead of a byte of its text, which mostly breaks the YAML."""
    chance = random.Random(seed)
    if chance.random() < 0.5:
        try:
            plain = json.loads(data)
        except ValueError:
            documents = kverify.manifest.read_text(data.decode("utf-8", "surrogateescape"), "fuzz.yaml").documents
            plain = documents[0].plain if documents else None
        if isinstance(plain, dict) and plain:
            changed: bytes = json.dumps(replaced(plain, chance)).encode("utf-8", "surrogatepass")
            return changed[:size]
    result: bytes = atheris.Mutate(data, size)
    return result


def replaced(value: Any, chance: random.Random) -> Any:
    """A copy with something strange, or another part of it, in one place."""
    if not isinstance(value, (dict, list)) or not value or chance.random() < 0.15:
        return chance.choice(STRANGE)
    if isinstance(value, list):
        index = chance.randrange(len(value))
        changed = replaced(value[index], chance)
        return [*value[:index], *([changed] * chance.randint(0, 2)), *value[index + 1 :]]
    key = chance.choice(list(value))
    name = chance.choice((key, key, key, chance.choice(list(value)), chance.choice(WORDS)))
    return {**value, name: replaced(value[key], chance)}


def main(arguments: list[str]) -> None:
    """Write the seeds into the corpus and run until the options say stop."""
    options = [argument for argument in arguments if argument.startswith("-")]
    corpus = Path(next((argument for argument in arguments if not argument.startswith("-")), ".fuzz"))
    corpus.mkdir(parents=True, exist_ok=True)
    for name, data in seeds():
        (corpus / name).write_bytes(data)
    dictionary = corpus.with_name(f"{corpus.name}.dict")
    escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in WORDS)
    dictionary.write_text("".join(f'"{word}"\n' for word in escaped))
    atheris.Setup([sys.argv[0], *LIMITS, f"-dict={dictionary}", *options, str(corpus)], look, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
