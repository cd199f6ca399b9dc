"""Test items for pytest: one for each property of each object of a configuration, one for each example of a
specification."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from kverify.checks.declared.specs import Specs
from kverify.checks.finding import Report
from kverify.checks.runs.examples import try_one
from kverify.cli.configuration import Configuration, ConfigurationError, read
from kverify.spec.language.syntax import Declaration
from kverify.testing.suite import Case, Suite, SuiteError, specifications
from kverify.testing.verified import NotVerified, conclude, warnings_of


class KverifyItem(pytest.Item):
    """An item that is no Python function: it fails with a text and no traceback."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_marker("kverify")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The text of the findings; a traceback only of what should not have happened."""
        if isinstance(excinfo.value, NotVerified):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self.kverify_line - 1, self.name

    @property
    def kverify_line(self) -> int:
        """Where it is from."""
        return 1


class SuiteFile(pytest.File):
    """A configuration whose questions are tests."""

    @cached_property
    def suite(self) -> Suite:
        """Read once in each process."""
        # As a person in the current directory would call it, so that findings name files as on the command line.
        return Suite.of(read(Path(os.path.relpath(self.path))))

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each property of each object. No engine is asked."""
        try:
            cases = self.suite.cases
        except (ConfigurationError, SuiteError) as error:
            raise self.CollectError(f"the configuration cannot be used\n{error}") from error
        for case in cases:
            yield CaseItem.from_parent(self, name=case.name, case=case)


class CaseItem(KverifyItem):
    """One property of one object."""

    def __init__(self, *, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case

    def runtest(self) -> None:
        judged = self.case.judge()
        for warning in warnings_of(judged):
            self.warn(warning)
        conclude(judged)


class SpecificationFile(pytest.File):
    """A specification whose examples are tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each example."""
        try:
            specs = specifications([os.path.relpath(self.path)], Configuration())
        except SuiteError as error:
            raise self.CollectError(str(error)) from error
        assert specs is not None
        for declaration in specs.checked.library.asked():
            for number, example in enumerate(declaration.examples, 1):
                name = f"{declaration.name}[{example.outcome} example {number}]"
                yield ExampleItem.from_parent(self, name=name, specs=specs, declaration=declaration, number=number)


class ExampleItem(KverifyItem):
    """One example: it is found to fail, or to pass, as it says."""

    def __init__(self, *, specs: Specs, declaration: Declaration, number: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.specs = specs
        self.declaration = declaration
        self.number = number

    def runtest(self) -> None:
        tried = try_one(self.specs, self.declaration, self.number)
        if tried.wrong:
            raise NotVerified(f"{tried.example.span}: {self.name}: {tried.wrong}", Report())

    @property
    def kverify_line(self) -> int:
        return self.declaration.examples[self.number - 1].span.line
