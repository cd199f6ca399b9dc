"""``kverify spec``: check, format, list and show specifications in the property language."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kverify.manifest.diagnostics import Diagnostic
    from kverify.report.source import Sources
    from kverify.spec.language.checker import Checked
    from kverify.spec.language.library import Library

_DESCRIPTION = """\
Work with specifications: properties, policies and scenarios as text (docs/properties.md)."""

_EPILOG = """\
examples:
  kverify spec check shop.kv
  kverify spec format --check specs/
  kverify spec test shop.kv
  kverify spec list
  kverify spec list --functions
  kverify check shop/ --spec shop.kv

exit codes:
  0  everything is as it should be
  1  format --check: a file is not formatted; test: an example does not do as it says
  2  a specification has mistakes
"""


def add_parser(commands: Any) -> None:
    """Add ``spec`` to the commands of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "spec",
        help="check, format, test, list and show properties and policies",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    kinds = parser.add_subparsers(title="commands", dest="action", metavar="ACTION", required=True)
    check = _action(kinds, "check", "find every mistake: names, types, structure")
    _files(check, "+")
    layout = _action(kinds, "format", "write files in the one layout, comments kept")
    _files(layout, "+")
    layout.add_argument("--check", action="store_true", help="change nothing; exit code 1 where something would change")
    test = _action(kinds, "test", "run the examples of properties and policies")
    _files(test, "+")
    names = _action(kinds, "list", "one line for every declaration (default: of the standard library)")
    _files(names, "*")
    names.add_argument("--functions", action="store_true", help="list the functions of the language instead")
    names.add_argument("--events", action="store_true", help="list what may happen in a scenario instead")
    show = _action(kinds, "show", "every declaration in full, with what it asks")
    _files(show, "+")
    parser.set_defaults(parser=parser)


def _action(kinds: Any, name: str, meaning: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = kinds.add_parser(name, help=meaning, description=meaning, allow_abbrev=False)
    parser.add_argument("-v", "--verbose", action="store_true", help="tracebacks")
    parser.set_defaults(
        run={"check": _check, "format": _format, "list": _list, "show": _show, "test": _test}[name], parser=parser
    )
    return parser


def _files(parser: argparse.ArgumentParser, number: str) -> None:
    parser.add_argument("files", metavar="FILE", nargs=number, help="a .kv file, a directory, or - for standard input")


def _read(arguments: argparse.Namespace) -> tuple[Library, list[Diagnostic], Sources]:
    from kverify.report.source import Sources
    from kverify.spec.language.library import read_files

    sources = Sources()
    stdin = None
    if "-" in arguments.files:
        stdin = sources.texts["-"] = sys.stdin.read()
    library, problems = read_files(arguments.files, stdin)
    return library, list(problems), sources


def print_problems(problems: list[Diagnostic], sources: Sources) -> None:
    """Problems of specifications as all problems are shown."""
    from kverify.report.style import Style, line_width, wants_colour
    from kverify.report.text import diagnostic_lines

    style = Style(wants_colour(sys.stdout), line_width(sys.stdout))
    for problem in sorted(problems, key=lambda p: p.span):
        for line in diagnostic_lines(problem, sources, style):
            print(line)
        print()


def _checked(arguments: argparse.Namespace) -> Checked | None:
    """What the files declare; None if there are problems, which are then printed."""
    from kverify.spec.language.checker import check

    library, problems, sources = _read(arguments)
    checked, more = check(library)
    if not problems and not more:
        return checked
    print_problems([*problems, *more], sources)
    return None


def _check(arguments: argparse.Namespace) -> int:
    from kverify.report.spec import summary
    from kverify.spec.language.checker import check

    library, problems, sources = _read(arguments)
    problems += check(library)[1]
    print_problems(problems, sources)
    print(summary(library, len(problems)))
    return 2 if problems else 0


def _format(arguments: argparse.Namespace) -> int:
    from kverify.spec.language.formatter import format_file

    library, problems, sources = _read(arguments)
    # Only what cannot be read stands in the way; names and types may be wrong.
    unread = [p for p in problems if p.span.file in library.own and p.id in ("KV5001", "KV5002", "KV5003")]
    unread += [p for p in problems if p.span.file not in library.own and p.id == "KV5001"]
    if unread:
        print_problems(unread, sources)
        return 2
    from kverify.textfile import reason, write_file

    code = 0
    for file in library.files:
        if file.name not in library.own:
            continue
        text = format_file(file)
        if file.name == "-":
            sys.stdout.write(text)
        elif Path(file.name).read_bytes() != text.encode():
            code = 1
            if not arguments.check:
                try:
                    write_file(Path(file.name), text)
                except OSError as error:
                    arguments.parser.error(f"{file.name}: {reason(error)}")
            print(f"{file.name}: {'would be formatted' if arguments.check else 'formatted'}")
    return code if arguments.check else 0


def _test(arguments: argparse.Namespace) -> int:
    from kverify.checks.declared.specs import Specs
    from kverify.checks.runs.examples import tried

    checked = _checked(arguments)
    if checked is None:
        return 2
    number = wrong = 0
    for example in tried(Specs(checked=checked)):
        number += 1
        if example.wrong:
            wrong += 1
            name = f"{example.declaration.name}, {example.example.outcome} example {example.number}"
            print(f"{example.example.span}: {name}: {example.wrong}")
    print(f"{number} example{'s' * (number != 1)}, {wrong or 'none'} wrong")
    return 1 if wrong else 0


def _list(arguments: argparse.Namespace) -> int:
    from kverify.report import spec
    from kverify.report.style import Style, line_width, wants_colour

    style = Style(wants_colour(sys.stdout), line_width(sys.stdout))
    if arguments.functions or arguments.events:
        lines = spec.function_listing(style) if arguments.functions else spec.event_listing(style)
    elif arguments.files:
        library, problems, sources = _read(arguments)
        if problems:
            print_problems(problems, sources)
            return 2
        lines = spec.listing(library, style)
    else:
        from kverify.spec.language.library import standard

        lines = spec.listing(standard(), style)
    for line in lines:
        print(line)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from kverify.report.spec import declarations
    from kverify.report.style import Style, line_width, wants_colour

    checked = _checked(arguments)
    if checked is None:
        return 2
    for line in declarations(checked, Style(wants_colour(sys.stdout), line_width(sys.stdout))):
        print(line)
    return 0
