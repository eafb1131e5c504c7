"""What a step is: it gets a context, and gives a result with a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ranvier.core import WallStart
from ranvier.session.faults import Finding, Report, Severity, Verdict
from ranvier.session.parameters import RunWhen, StepPhase
from ranvier.session.steps._failures import refuse_parameters

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ranvier.session.operator import Operator
    from ranvier.session.programs import StopSignal
    from ranvier.session.record import SessionRecord

BEFORE, AFTER = StepPhase.BEFORE, StepPhase.AFTER

WriteMetadata: TypeAlias = "Callable[[], tuple[tuple[str, ...], Report]]"
"""Writes the metadata; gives the files, relative to the folder, and what is amiss."""


def _drop(_: str) -> None:
    """Log nowhere."""


@dataclass(frozen=True)
class StepContext:
    """All that a step may know and use.

    Parameters
    ----------
    session_folder
        Absolute; everything that a step makes goes there.
    record
        What is known of the session so far.
    operator
        Who is asked.
    stop
        The session's Stop; a step that takes long listens to it.
    parameters
        Of the step, without placeholders; `run_step` puts in those of the entry.
    session_parameters
        Of the session, merged and without placeholders. A parameter that the entry
        does not give is looked up here.
    repository
        Folder of the task code, None if the session has none.
    has_terminal
        True if a person sits at a terminal on which an editor may be opened.
    write_metadata
        Writes the session's metadata.
    log
        Takes a line that is written down and not shown.
    step, phase, number
        Of the entry: its path, its list, its place in it.
    began_stopped
        True if the session had been stopped when the step began.
    """

    session_folder: Path
    record: SessionRecord
    operator: Operator
    stop: StopSignal
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    session_parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    repository: Path | None = None
    has_terminal: bool = False
    write_metadata: WriteMetadata | None = None
    log: Callable[[str], None] = _drop
    step: str = ""
    phase: StepPhase = BEFORE
    number: int = 0
    began_stopped: bool = False

    @property
    def is_stopped(self) -> bool:
        """True if the step should end now.

        A step after an acquisition that was stopped is still to be done in full: only
        a second, urgent Stop ends that.
        """
        return self.stop.is_urgent if self.began_stopped else self.stop.is_requested

    def now(self) -> dt.datetime:
        """Give the time.

        Returns
        -------
        dt.datetime
            Aware; in the offset in which the session began.
        """
        import datetime as dt  # needed by few steps

        wall = dt.datetime.fromisoformat(WallStart.now().wall)
        return wall.astimezone(self.record.start.tzinfo)


@dataclass(frozen=True)
class StepResult:
    """What became of a step.

    Parameters
    ----------
    verdict
        The one thing that counts for `on_failure`.
    findings
        Why.
    files
        That it made, relative to the session folder, with "/".
    data
        What it found out, by name, as values of JSON; the names that metadata know
        are told in the reference.
    """

    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    files: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def done(
        cls,
        *findings: Finding,
        files: tuple[str, ...] = (),
        data: Mapping[str, Any] | None = None,
    ) -> StepResult:
        """Make a result whose verdict follows from its findings.

        Parameters
        ----------
        *findings
            An error makes it failed, a warning makes it a warning.
        files, data
            As those of a result.

        Returns
        -------
        StepResult
            OK if there are no findings.
        """
        return cls(Report(findings).verdict, findings, files, data or {})

    @classmethod
    def skipped(cls, finding: Finding) -> StepResult:
        """Make a result of a step that had no reason to be done.

        Returns
        -------
        StepResult
            With what the finding says.
        """
        return cls(Verdict.SKIPPED, (finding,))


@dataclass(frozen=True)
class StepParameter:
    """One parameter of a shipped step.

    Parameters
    ----------
    name
        As older parameter files have it.
    type
        JSON types that it may have.
    meaning
        In a few words, with its unit.
    default
        If it is given nowhere; None if it is then not known.
    rules
        Further words of JSON Schema: minimum, enum, …
    is_required
        True if the entry or the session must give it.
    """

    name: str
    type: tuple[str, ...]
    meaning: str
    default: Any = None
    rules: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_required: bool = False

    def to_schema(self) -> dict[str, Any]:
        """Give its JSON Schema; null stands for "not given", as in older files.

        Returns
        -------
        dict
            Of the value.
        """
        schema: dict[str, Any] = {"type": [*self.type, "null"], **self.rules}
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
        schema["description"] = self.meaning
        if self.default is not None:
            schema["default"] = self.default
        return schema


class Step(Protocol):
    """One act before or after an acquisition."""

    @property
    def name(self) -> str:
        """As a parameter file calls it."""
        ...

    @property
    def meaning(self) -> str:
        """What it does, in one sentence."""
        ...

    @property
    def phases(self) -> tuple[StepPhase, ...]:
        """When it makes sense."""
        ...

    @property
    def run_when(self) -> RunWhen:
        """Whether it is done after a failed acquisition, if its entry does not say."""
        ...

    @property
    def parameters(self) -> tuple[StepParameter, ...]:
        """What can be set."""
        ...

    @property
    def asks(self) -> tuple[str, ...]:
        """Names of the questions that it always asks and that must be answered."""
        ...

    def run(self, context: StepContext) -> StepResult:
        """Do it.

        Raises
        ------
        SessionError
            If it can't be done; `run_step` makes a failed result of any exception.
        """
        ...


@dataclass(frozen=True)
class ShippedStep:
    """A step of ours: a function, and what is known of it.

    Parameters
    ----------
    name, meaning, phases, parameters, run_when
        As those of a `Step`. Ours are all of use after a failed acquisition too.
    act
        Does it; finds every parameter in its context, with None for what is not known.
    asks
        Names of the questions that it always asks and that must be answered.
    """

    name: str
    meaning: str
    phases: tuple[StepPhase, ...]
    act: Callable[[StepContext], StepResult]
    parameters: tuple[StepParameter, ...] = ()
    run_when: RunWhen = RunWhen.ALWAYS
    asks: tuple[str, ...] = ()

    def run(self, context: StepContext) -> StepResult:
        """Do it, with each parameter from the entry, the session, or its default.

        Returns
        -------
        StepResult
            Of the act.

        Raises
        ------
        StepError
            If a parameter that is required is given nowhere.
        """
        values: dict[str, Any] = {}
        for parameter in self.parameters:
            given = context.parameters.get(parameter.name)
            if given is None:
                given = context.session_parameters.get(parameter.name)
            if given is None and parameter.is_required:
                found = f"{parameter.name} is not given"
                raise refuse_parameters(self.name, "", found, f"set {parameter.name}")
            values[parameter.name] = parameter.default if given is None else given
        return self.act(replace(context, parameters=values))


def warn(check: str, problem: str, code: str, **words: str) -> Finding:
    """Make a warning.

    Parameters
    ----------
    check
        The step.
    problem
        One sentence.
    code
        Its code.
    **words
        where, found, wanted, mend.

    Returns
    -------
    Finding
        With the severity of a warning.
    """
    return Finding(Severity.WARNING, check, problem, code, **words)


def note(check: str, problem: str) -> Finding:
    """Make a finding that says that all is well.

    Returns
    -------
    Finding
        With no code.
    """
    return Finding(Severity.OK, check, problem)
