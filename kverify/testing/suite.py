"""The questions of a configuration as tests: listed without asking an engine, answered one by one, once per process."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from attrs import evolve, field, frozen

from kverify.api.versions import DEFAULT_VERSION
from kverify.checks.declared.specs import NoSuchParameter, Specs, read_specs
from kverify.checks.finding import Answer, Finding, Proof, Report
from kverify.checks.given.context import Context
from kverify.checks.names import TOGETHER
from kverify.checks.options import Options, UnknownProperty
from kverify.checks.runs.asking import ask
from kverify.checks.runs.question import Check, Question, last, questions
from kverify.checks.runs.registry import CHECKS, asked
from kverify.checks.runs.run import of_input, overruled, run
from kverify.checks.runs.suppress import suppress
from kverify.cli.configuration import Configuration
from kverify.cli.configuration.known import unknown
from kverify.cluster.bundle import Bundle
from kverify.engines.verdict import Outcome, Verdict
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.report import baseline
from kverify.report.source import Sources
from kverify.report.style import Style
from kverify.report.text import diagnostic_lines
from kverify.testing.verified import ANYTHING, Judgement, conclude, judge, warnings_of
from kverify.textfile import read_file, reason

INPUT = "input"
"""The name of the question whether the manifests are sound."""


class SuiteError(ValueError):
    """The configuration, or what it names, cannot be used. The message has all problems, each with its place."""


@frozen(eq=False)
class Case:
    """One property of one object. ``name`` is unique in its suite."""

    suite: Suite = field(repr=False)
    name: str
    property: str = INPUT
    object: str = ""
    question: Question | None = field(default=None, repr=False)

    def report(self) -> Report:
        """The answer; the engines are asked when it is first wanted."""
        return self.suite.answer(self.question)

    def judge(self) -> Judgement:
        """What becomes of the test."""
        return judge(self.report(), self.suite.fail_on, self.suite.sources)

    def assert_verified(self) -> Report:
        """Fail with the text of the findings, or skip where there is nothing to decide; else the report."""
        __tracebackhide__ = True
        judged = self.judge()
        for warning in warnings_of(judged):
            warnings.warn(warning, stacklevel=2)
        conclude(judged)
        return self.report()


@frozen(eq=False, kw_only=True)
class Suite:
    """Everything a configuration asks. ``Suite.of`` makes one."""

    bundle: Bundle = field(repr=False)
    diagnostics: tuple[Diagnostic, ...] = field(repr=False)
    options: Options = field(repr=False)
    fail_on: Severity = Severity.ERROR
    known: baseline.Baseline | None = None
    sources: Sources = field(factory=Sources, repr=False)
    _answers: dict[Question | None, Report] = field(factory=dict, init=False, repr=False)
    _asked: dict[Question, tuple[Answer, ...]] = field(factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, configuration: Configuration, *, extra: Specs | None = None) -> Suite:
        """The suite of a configuration. ``extra`` are specifications instead of those that it names.

        Raises ``SuiteError``.
        """
        if not configuration.paths:
            raise SuiteError(f"{configuration.file or 'nothing'} names no manifests; set paths in it")
        version = configuration.kubernetes_version or DEFAULT_VERSION
        specs = specifications(configuration.specs, configuration)
        # Ids of the configuration are of its own specifications; what ``extra`` asks is looked up when it is asked.
        mistakes = list(unknown(configuration if extra is None else evolve(configuration, properties=()), specs))
        if mistakes:
            raise SuiteError("\n".join(mistakes))
        bundle, diagnostics = Bundle.read(configuration.paths, configuration.cluster, configuration.previous, version)
        usual = Options()
        options = Options(
            kubernetes_version=version,
            properties=configuration.properties,
            scenarios=configuration.scenarios,
            max_states=configuration.max_states or usual.max_states,
            max_bytes=None if configuration.max_memory is None else configuration.max_memory * 1_000_000,
            boundary=configuration.boundary,
            specs=extra or specs,
            severities=configuration.severities,
            suppressions=configuration.suppressions,
            # Each test sees a part only: what suppresses nothing here may suppress something there.
            part=True,
        )
        return cls(
            bundle=bundle,
            diagnostics=diagnostics,
            options=options,
            fail_on=configuration.fail_on or Severity.ERROR,
            known=_baseline(configuration.baseline),
        )

    # -- listing ---------------------------------------------------------------------------------------------------

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The properties that are asked. Raises ``SuiteError`` for names of none."""
        try:
            return asked(self.options)
        except UnknownProperty as error:
            raise SuiteError(str(error)) from error

    @cached_property
    def context(self) -> Context:
        """What all questions share."""
        return Context(self.bundle, self.options)

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """Every test: whether the input is sound, then each property of each object. No engine is asked for that."""
        names: dict[str, int] = {}

        def case(name: str, question: Question | None = None) -> Case:
            # Two objects may have one title, and every test needs a name of its own.
            names[name] = names.get(name, 0) + 1
            unique = name if names[name] == 1 else f"{name}#{names[name]}"
            if question is None:
                return Case(self, unique)
            return Case(self, unique, question.property, question.object, question)

        found = [case(INPUT)]
        for position, check in enumerate(self.checks):
            listed = questions(position, check, self.context)
            found += [case(f"{check.name}[{question.object}]", question) for question in listed]
            # Of a property of one's own it only says that there is nothing to ask.
            together = last(listed, position, check)
            if together is not None and (check.name in CHECKS or not listed):
                found.append(case(f"{check.name}[{TOGETHER}]", together))
        return tuple(found)

    def chosen(self, properties: Sequence[str] = (), objects: Sequence[str] = ()) -> Iterator[Case]:
        """The cases of these properties and objects (globs)."""
        for case in self.cases:
            if any(fnmatchcase(case.property, one) for one in properties or (ANYTHING,)) and any(
                fnmatchcase(case.object, one) for one in objects or (ANYTHING,)
            ):
                yield case

    # -- answering -------------------------------------------------------------------------------------------------

    def answer(self, question: Question | None) -> Report:
        """The answer to one question, or (None) what is wrong with the input."""
        if question not in self._answers:
            self._answers[question] = self._settled(self._report(question))
        return self._answers[question]

    def run(self) -> Report:
        """The answers to all questions, as ``kverify check`` gives them. Raises ``SuiteError``."""
        try:
            return self._settled(run(self.bundle, self.diagnostics, self.options), suppressed=True)
        except UnknownProperty as error:
            raise SuiteError(str(error)) from error

    def _report(self, question: Question | None) -> Report:
        version = self.options.kubernetes_version
        if question is None:
            said, _ = of_input(self.context, self.diagnostics)
            verdict = Verdict(outcome=Outcome.HOLDS, method="reading")
            if not self.bundle.wanted:
                verdict = evolve(verdict, outcome=Outcome.VACUOUS, reason="the manifests have no objects")
            sound = Proof(id="KV1001", object="", property=INPUT, message="the input is sound", verdict=verdict)
            return Report(diagnostics=said, proofs=(sound,), kubernetes_version=version)
        answers = self._answered(question)
        findings = [overruled(a, self.options) for a in answers if isinstance(a, Finding)]
        proofs = tuple(a for a in answers if isinstance(a, Proof))
        return Report(findings=tuple(findings), proofs=proofs, kubernetes_version=version)

    def _answered(self, question: Question) -> tuple[Answer, ...]:
        check = self.checks[question.check]
        if question.object == TOGETHER:
            return self._together(question, check)
        own = self._ask(question)
        together = last(questions(question.check, check, self.context), question.check, check)
        if together is None or any(isinstance(answer, Finding | Proof) for answer in own):
            return own
        # What is decided of all objects at once is an answer for each of them.
        shared = self._together(together, check)
        return tuple(a for a in shared if isinstance(a, Finding | Proof) and a.object == question.object)

    def _together(self, question: Question, check: Check) -> tuple[Answer, ...]:
        before = [a for one in questions(question.check, check, self.context) for a in self._ask(one)]
        return self._ask(question, before)

    def _ask(self, question: Question, before: Sequence[Answer] = ()) -> tuple[Answer, ...]:
        if question not in self._asked:
            answers = ask(self.context, self.checks, question, before).answers
            assert answers is not None, "nobody limits the time of a suite"
            self._asked[question] = answers
        return self._asked[question]

    def _settled(self, report: Report, *, suppressed: bool = False) -> Report:
        """Without what is suppressed, and what the baseline has."""
        if not suppressed:
            report = suppress(report, self.bundle, self.options)
        if self.known is None:
            return report
        return baseline.apply(report, self.sources, self.known, whole=False)


def specifications(paths: Sequence[str], configuration: Configuration) -> Specs | None:
    """The specifications in these files, with the parameters of a configuration. Raises ``SuiteError``."""
    try:
        specs, problems = read_specs(paths, configuration.parameters)
    except NoSuchParameter as error:
        raise SuiteError(f"{configuration.file}: {error}") from error
    if problems:
        raise SuiteError(text_of(problems))
    return specs


def text_of(problems: Sequence[Diagnostic]) -> str:
    """Problems with their lines of source."""
    return "\n".join(line for problem in problems for line in diagnostic_lines(problem, Sources(), Style()))


def _baseline(name: str | None) -> baseline.Baseline | None:
    if name is None:
        return None
    try:
        return baseline.read(name, read_file(Path(name)))
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"the baseline {name} cannot be read: {reason(error)}") from error
    except baseline.BaselineError as error:
        raise SuiteError(f"the baseline cannot be read: {error}") from error
