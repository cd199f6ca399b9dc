"""``kverify report``: a report that was written down, in another form."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kverify.cli import outputs
from kverify.cli.check_options import FORMS as CHECK_FORMS
from kverify.textfile import read_file, reason

_DESCRIPTION = """\
Show a report again that `kverify check -o json=FILE` has written, in another form: as a page
that plays the traces, for a CI, or as text. Nothing is checked, and the manifests need not
be there any more."""

_EPILOG = """\
examples:
  kverify check shop/ -o json=report.json -o text
  kverify report report.json --html report.html
  kverify report report.json -o sarif=kverify.sarif -o junit=kverify.xml

exit codes:
  0  written
  2  bad input or usage
"""

FORMS = tuple(form for form in CHECK_FORMS if form != "json")
"""JSON is what is read."""


def add_parser(commands: Any) -> None:
    """Add ``report`` to the commands of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "report",
        help="show a report again, as a page that plays its traces or in another form",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("report", metavar="REPORT", help="a file that kverify check -o json=FILE has written")
    parser.add_argument("--html", metavar="FILE", help="write the page to FILE, like -o html=FILE")
    outputs.add_output(parser, FORMS)
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning"),
        default="error",
        help="the least severity that is a failure, for forms that tell failures from notes (default: error)",
    )
    parser.add_argument("--show-suppressed", action="store_true", help="list what is suppressed, and why")
    parser.add_argument("-v", "--verbose", action="store_true", help="every proof with its evidence; tracebacks")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Read, write, and return the exit code."""
    from kverify.manifest.diagnostics import Severity
    from kverify.report.formats import FORMATS
    from kverify.report.issues import View
    from kverify.report.reading import ReportFileError, read
    from kverify.spec.language.library import standard

    if arguments.html:
        arguments.output = [*arguments.output, outputs.Output("html", arguments.html)]
    beside = frozenset(name for name, entry in FORMATS.items() if entry.beside_text)
    wanted = outputs.requested(arguments, (arguments.report,), beside)
    name = arguments.report
    try:
        written = read(read_file(Path(name)))
    except (OSError, UnicodeDecodeError) as error:
        arguments.parser.error(f"{name}: {reason(error)}")
    except ReportFileError as error:
        arguments.parser.error(f"{name}: {error}")
    view = View(
        report=written.report,
        exit_code=written.exit_code,
        fail_on=Severity[arguments.fail_on.upper()],
        sources=written.sources,
        declaration=standard().by_id,
        verbose=arguments.verbose,
        document=written.document,
        show_suppressed=arguments.show_suppressed,
    )
    outputs.write_report(arguments, wanted, view)
    return 0
