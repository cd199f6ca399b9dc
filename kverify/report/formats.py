"""The table of formats: the only place to add one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from attrs import frozen

from kverify.report.issues import View


@frozen(kw_only=True)
class Format:
    """``render`` makes the whole text. ``beside_text``: lines for the log of a CI, which may go to standard output
    together with the text."""

    name: str
    says: str
    render: Callable[[View], str]
    beside_text: bool = False


def _text(view: View) -> str:
    from kverify.report import detail

    lines = detail.lines(view)
    return "".join(f"{line}\n" for line in lines)


def _json(view: View) -> str:
    from kverify.report import json

    return json.render(view.report, view.exit_code, view.sources)


def _html(view: View) -> str:
    from kverify.report import json
    from kverify.report.html import page

    # A report that was read has not all that the document says of its traces.
    return page(view.document or json.to_json(view.report, view.exit_code, view.sources))


def _module(name: str) -> Callable[[View], str]:
    """The renderer of a module, which is imported when it is asked for."""

    def render(view: View) -> str:
        text: str = import_module(f"kverify.report.{name}").render(view)
        return text

    return render


FORMATS: Mapping[str, Format] = {
    entry.name: entry
    for entry in (
        Format(name="text", says="for people", render=_text),
        Format(name="json", says="everything (kverify/report/schema/report-1.json)", render=_json),
        Format(name="sarif", says="SARIF 2.1.0, for code scanning", render=_module("sarif")),
        Format(name="junit", says="JUnit XML", render=_module("junit")),
        Format(name="github", says="annotations of GitHub Actions", render=_module("github"), beside_text=True),
        Format(name="gitlab", says="GitLab code quality", render=_module("gitlab")),
        Format(name="html", says="one page that plays traces", render=_html),
    )
}
