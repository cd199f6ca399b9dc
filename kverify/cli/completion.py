"""``kverify completion``: a script that teaches a shell the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from kverify.cli import outputs

SHELLS = ("bash", "zsh", "fish")
_FILES = ("FILE", "MANIFEST", "NEW", "OLD", "TRACE", "REPORT")
_DIRECTORIES = ("DIR",)

_DESCRIPTION = """\
Print a script that completes commands, options, files, formats, ids and names of properties."""

_EPILOG = """\
to have it in every new shell:
  bash   kverify completion bash > ~/.local/share/bash-completion/completions/kverify
  zsh    kverify completion zsh > ~/.zfunc/_kverify       (with fpath+=~/.zfunc before compinit)
  fish   kverify completion fish > ~/.config/fish/completions/kverify.fish
"""


def add_parser(commands: Any) -> None:
    """Add ``completion`` to the commands of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "completion",
        help="print a script that completes the command line in a shell",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))
    parser.add_argument("-v", "--verbose", action="store_true", help="tracebacks")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the script, and return the exit code."""
    outputs.to_stdout(script(arguments.shell))
    return 0


def script(shell: str) -> str:
    """The script for a shell of ``SHELLS``. The names of properties and ids are those of this version."""
    import shtab

    from kverify.cli.main import parser

    top = parser()
    known = _known()
    # What is set here is for the script alone: this parser never reads a command line.
    for command in _commands(top):
        for action in command._actions:
            names = command.get_default("forms") if action.dest == "output" else known.get(action.dest)
            if names and action.choices is None:
                action.choices = names
            elif action.metavar in _FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
            elif action.metavar in _DIRECTORIES:
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    return f"{shtab.complete(top, shell).rstrip()}\n"


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of all commands and their actions, each described by its line in the help of the one above."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for line in action._choices_actions:
                action.choices[line.dest].description = line.help
            for inner in action.choices.values():
                yield from _commands(inner)


def _known() -> dict[str, Sequence[str]]:
    """What can be said where there are no choices, by the name of the argument."""
    from kverify.api.versions import VERSIONS
    from kverify.checks.runs.registry import property_names, scenario_names
    from kverify.engines.portfolio import ENGINES
    from kverify.spec.language.library import standard

    ids = sorted(d.meta("id") for d in standard().checks.values())
    return {
        "properties": property_names(None),
        "scenarios": scenario_names(None),
        "kubernetes_version": VERSIONS,
        "engine": tuple(ENGINES),
        "names": (*ids, *property_names(None)),
    }
