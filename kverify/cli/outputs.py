"""``-o FORMAT[=FILE]``: in which forms a command says what it has found, and where each goes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kverify.cli import streams
from kverify.textfile import real, reason

if TYPE_CHECKING:
    from kverify.cli.arguments import OptionGroup
    from kverify.cli.configuration import Configuration
    from kverify.report.issues import View

STDOUT = "-"
_READ = (".yaml", ".yml", ".json")


class Output(NamedTuple):
    """A form and its file; ``-`` is standard output."""

    form: str
    file: str = STDOUT

    def __str__(self) -> str:
        return self.form if self.file == STDOUT else f"{self.form}={self.file}"


def add_output(parser: OptionGroup, forms: Sequence[str] = ("text", "json")) -> None:
    """``--output``, for :func:`requested`. ``forms`` are kept as a default, for those who complete command lines."""

    def output(text: str) -> Output:
        form, sign, file = text.partition("=")
        if form not in forms:
            raise argparse.ArgumentTypeError(f"{form!r} is not a format; choose from {', '.join(forms)}")
        if sign and not file:
            raise argparse.ArgumentTypeError(
                f"{text!r} names no file; write {form}=FILE, or {form} for standard output"
            )
        return Output(form, file or STDOUT)

    parser.set_defaults(forms=tuple(forms))
    parser.add_argument(
        "-o",
        "--output",
        metavar="FORMAT[=FILE]",
        type=output,
        action="append",
        default=[],
        help=f"{', '.join(forms)}; to standard output without =FILE; may be given several times (default: text)",
    )


def requested(
    arguments: argparse.Namespace, read: Sequence[str], beside_text: frozenset[str] = frozenset()
) -> tuple[Output, ...]:
    """The outputs that were asked for, text if none was.

    Exits with a usage error for two that go to one place (but for ``beside_text``, which may be on standard output
    together with text), and for a file that is one of those that are ``read``, or that would be the next time.
    """
    outputs: tuple[Output, ...] = tuple(arguments.output) or (Output("text"),)
    for number, output in enumerate(outputs):
        for other in outputs[:number]:
            same = output.file == other.file or (STDOUT not in (output.file, other.file) and _same(output, other))
            pair = {output.form, other.form}
            if same and output.file != STDOUT:
                arguments.parser.error(f"-o {other} and -o {output} are the same file")
            if same and not ("text" in pair and len(pair) == 2 and pair & beside_text):
                arguments.parser.error(
                    f"-o {other} and -o {output} both go to standard output; write one of them to a file: "
                    f"-o {output.form}=FILE"
                )
        if output.file != STDOUT:
            require_apart(arguments, f"-o {output}", output.file, read)
    return outputs


def _same(one: Output, other: Output) -> bool:
    return real(one.file) == real(other.file)


def inputs(arguments: argparse.Namespace, configuration: Configuration) -> tuple[str, ...]:
    """What a run of ``check`` reads and must not write over, but for the baseline."""
    specs = specifications([*configuration.specs, *arguments.specs])
    own = (configuration.file,) if configuration.file else ()
    return (*arguments.manifests, *arguments.cluster, *arguments.previous, *specs, *own)


def specifications(names: Sequence[str]) -> list[str]:
    """The files of specifications: a directory of them is read for these alone."""
    if not names:
        return []
    from kverify.spec.language.library import files_of

    return [str(path) for name in names for path in files_of(name)]


def require_apart(arguments: argparse.Namespace, option: str, name: str, read: Sequence[str]) -> None:
    """Exit with a usage error for a file to be written by ``option`` that is ``read``, or would be the next time."""
    file = real(name)
    for other in read:
        if other == STDOUT:
            continue
        path = real(other)
        if path == file:
            arguments.parser.error(f"{option} would overwrite {other}, which is read")
        if path.is_dir() and file.is_relative_to(path) and file.suffix in _READ:
            arguments.parser.error(f"{option} lies in {other}, where it would be read as a manifest the next time")


def write(
    arguments: argparse.Namespace, outputs: Sequence[Output], forms: Mapping[str, Callable[[Output], str]]
) -> list[tuple[Output, str]]:
    """Write each output as its form renders it, and say what was written. Exits with a usage error for a file that
    cannot be written, after everything else has been."""
    problems: list[str] = []
    written: list[tuple[Output, str]] = []
    for output in outputs:
        text = forms[output.form](output)
        written.append((output, text))
        try:
            if output.file == STDOUT:
                to_stdout(text)
                continue
            Path(output.file).write_bytes(text.encode("utf-8", "backslashreplace"))
        except streams.Unprintable as why:
            problems.append(f"standard output: {why}")
        except FileNotFoundError:
            problems.append(f"-o {output}: there is no directory {Path(output.file).parent}")
        except OSError as error:
            problems.append(f"-o {output}: {reason(error)}")
    if problems:
        arguments.parser.error("; ".join(problems))
    return written


def write_report(arguments: argparse.Namespace, outputs: Sequence[Output], view: View) -> list[tuple[Output, str]]:
    """Write a report in the forms of kverify/report/formats.py; text for a terminal as wide as that is. Says what was
    written."""
    from kverify.report import detail, github
    from kverify.report.formats import FORMATS
    from kverify.report.style import Style, line_width, wants_colour

    printed = {output.form for output in outputs if output.file == STDOUT}

    def render(output: Output) -> str:
        if output.form != "text" or output.file != STDOUT:
            return FORMATS[output.form].render(view)
        style = Style(wants_colour(sys.stdout), line_width(sys.stdout))
        lines = detail.lines(view, style)
        shown = "".join(f"{line}\n" for line in lines)
        return github.quoted(shown) if "github" in printed else shown

    return write(arguments, outputs, dict.fromkeys(FORMATS, render))


def to_stdout(text: str) -> None:
    """Print ``text``. What is found stands, whether or not anybody reads it to the end."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        streams.abandon(sys.stdout)
