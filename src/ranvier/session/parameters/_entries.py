"""Entries of the two lists of steps, in any of their forms, made one form."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.core import format_value
from ranvier.session.faults import ParameterValidationError, Report
from ranvier.session.parameters._faults import contradiction, incomplete, wrong_value
from ranvier.session.parameters._shapes import as_list

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ranvier.session.faults import Finding
    from ranvier.session.parameters._faults import KeyPath
    from ranvier.session.parameters._merging import Parameters


class StepKind(enum.StrEnum):
    """Whose step it is: one of ours, or a file of the task repository."""

    SHIPPED = "launcher_module"
    SCRIPT = "script_module"


class StepPhase(enum.StrEnum):
    """When it is done."""

    BEFORE = "before"
    AFTER = "after"

    @property
    def key(self) -> str:
        """Key of the list that has the steps of this phase."""
        when = "pre" if self is StepPhase.BEFORE else "post"
        return f"{when}_acquisition_pipeline"


class FailurePolicy(enum.StrEnum):
    """What a failure of a step means for the session."""

    CONTINUE = "continue"
    ABORT = "abort"
    PROMPT = "prompt"


class RunWhen(enum.StrEnum):
    """Whether a step after the acquisition is done if that failed."""

    ALWAYS = "always"
    SUCCESS = "success"


@dataclass(frozen=True)
class StepEntry:
    """One step that a session is to do.

    Parameters
    ----------
    kind, path
        Whose it is, and its name or its file in the repository.
    phase, number
        Which list it stands in, and where, from 0.
    parameters
        Its own.
    on_failure
        What its failure means.
    function, function_args, output_filename
        Of a script: what is called with what, and the file for what it returns.
    schema
        JSON Schema of its parameters, or the file that has it.
    run_when
        None: as the step itself has it.
    """

    kind: StepKind
    path: str
    phase: StepPhase
    number: int
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    on_failure: FailurePolicy = FailurePolicy.CONTINUE
    function: str = ""
    function_args: dict[str, Any] = field(default_factory=dict[str, Any])
    output_filename: str = ""
    schema: str | dict[str, Any] | None = None
    run_when: RunWhen | None = None

    @property
    def key_path(self) -> str:
        """Where it stands: "pre_acquisition_pipeline[0]"."""
        return f"{self.phase.key}[{self.number}]"


def read_entries(parameters: Parameters) -> tuple[StepEntry, ...]:
    """Read the steps of a session.

    Parameters
    ----------
    parameters
        Merged; with placeholders filled if the steps are to be done.

    Returns
    -------
    tuple of StepEntry
        Those before the acquisition, then those after it, in order.

    Raises
    ------
    ParameterValidationError
        RV-S18 if one does not say what it is, RV-S12 if it says it twice, RV-S14 if
        something in it is not what it can be; all at once.

    Examples
    --------
    >>> from ranvier.session.parameters import merge
    >>> entries = read_entries(merge(file={"pre_acquisition_pipeline": ["disk"]}))
    >>> entries[0].path, entries[0].key_path
    ('disk', 'pre_acquisition_pipeline[0]')
    """
    findings: list[Finding] = []
    entries = tuple(iter_entries(parameters, findings))
    Report.of(findings).raise_errors(ParameterValidationError)
    return entries


def iter_entries(
    parameters: Parameters, findings: list[Finding]
) -> Iterable[StepEntry]:
    """Give the entries that can be read, and put down what is wrong with the others.

    Parameters
    ----------
    parameters
        Merged.
    findings
        Gets a finding for each fault.

    Yields
    ------
    StepEntry
        In order.
    """
    for phase in StepPhase:
        for number, raw in enumerate(as_list(parameters.values.get(phase.key))):
            reader = _Reader(parameters, (phase.key, number), raw, findings)
            entry = reader.read(phase, number)
            if entry is not None:
                yield entry


class _Reader:
    """Reads one entry."""

    def __init__(
        self,
        parameters: Parameters,
        path: KeyPath,
        raw: Any,
        findings: list[Finding],
    ) -> None:
        self._parameters = parameters
        self._path = path
        self._findings = findings
        self._raw: dict[str, Any] = (
            {"module_path": raw} if isinstance(raw, str) else raw
        )

    def read(self, phase: StepPhase, number: int) -> StepEntry | None:
        before = len(self._findings)
        if not isinstance(self._raw, dict):  # pyright: ignore[reportUnnecessaryIsInstance]
            self._wrong((), self._raw, "text or a mapping")
            return None
        kind = self._read_kind()
        path = self._take(str, "module_path", "repo_relative_path") or ""
        if not path:
            mend = 'write "module_path": a step that we ship, or a file'
            where = self._parameters.where(self._path)
            text = f"the step {phase.key}[{number}]"
            self._findings.append(incomplete(text, where, '"module_path"', mend))
        own = dict(self._take(dict, "module_parameters") or {})
        schema: Any = self._raw.get("module_schema")
        if not (schema is None or isinstance(schema, str | dict)):
            self._wrong(("module_schema",), schema, "text or a mapping")
        # Scripts name their function beside their parameters, or among them.
        inner = own if kind is StepKind.SCRIPT else {}
        entry = StepEntry(
            kind=kind,
            path=path,
            phase=phase,
            number=number,
            on_failure=self._read_policy(),
            function=self._take_call(str, inner, "function") or "",
            function_args=self._take_call(dict, inner, "function_args", "kwargs") or {},
            output_filename=self._take_call(str, inner, "output_filename") or "",
            parameters=own,
            schema=schema,  # pyright: ignore[reportUnknownArgumentType]
            run_when=self._read_word(RunWhen, "run_when"),
        )
        return entry if len(self._findings) == before else None

    def _read_kind(self) -> StepKind:
        words = [self._raw.get(name) for name in ("module_type", "type")]
        given = [StepKind.SCRIPT if w == "repo_module" else w for w in words if w]
        for word in given:
            if word not in tuple(StepKind):
                self._wrong(
                    ("module_type",), word, "`launcher_module`, `script_module`"
                )
                return StepKind.SHIPPED
        if len(given) == 2 and given[0] != given[1]:
            self._contradict("module_type", ["module_type", "type"], words)
        if given:
            return StepKind(given[0])
        # An old entry without its type is known by the older name of its file.
        is_script = "repo_relative_path" in self._raw
        return StepKind.SCRIPT if is_script else StepKind.SHIPPED

    def _read_policy(self) -> FailurePolicy:
        names = ("on_failure", "failure_policy", "fail_policy", "fail_action")
        found = {name: self._read_word(FailurePolicy, name) for name in names}
        said = {name: policy for name, policy in found.items() if policy is not None}
        aborts = self._raw.get("abort_on_fail")
        if aborts is True:
            said["abort_on_fail"] = FailurePolicy.ABORT
        elif aborts is False and not said:
            return FailurePolicy.CONTINUE
        elif aborts not in (None, False):
            self._wrong(("abort_on_fail",), aborts, "true or false")
        if len(set(said.values())) > 1:
            self._contradict("on_failure", list(said), list(said.values()))
        return next(iter(said.values()), FailurePolicy.CONTINUE)

    def _read_word(self, words: Any, name: str) -> Any:
        word = self._raw.get(name)
        if word is None:
            return None
        if word not in tuple(words):
            wanted = ", ".join(f"`{each}`" for each in words)
            self._wrong((name,), word, wanted)
            return None
        return words(word)

    def _take_call(self, family: type, inner: dict[str, Any], *names: str) -> Any:
        """Take what an entry says of a call, be it beside or among its parameters."""
        mine = {name: self._raw[name] for name in names if name in self._raw}
        theirs = {name: inner.pop(name) for name in names if name in inner}
        return self._choose(family, names[0], [*mine.items(), *theirs.items()])

    def _take(self, family: type, *names: str) -> Any:
        given = [(name, self._raw[name]) for name in names if name in self._raw]
        return self._choose(family, names[0], given)

    def _choose(self, family: type, name: str, given: list[tuple[str, Any]]) -> Any:
        given = [(each, value) for each, value in given if value is not None]
        for each, value in given:
            if not isinstance(value, family):
                self._wrong((each,), value, "text" if family is str else "a mapping")
                return None
        if given and any(value != given[0][1] for _, value in given):
            self._contradict(name, [each for each, _ in given], [v for _, v in given])
        return given[0][1] if given else None

    def _wrong(self, path: KeyPath, value: Any, wanted: str) -> None:
        here = (*self._path, *path)
        where = self._parameters.where(here)
        self._findings.append(wrong_value(here, where, format_value(value), wanted))

    def _contradict(self, key: str, names: list[str], values: list[Any]) -> None:
        where = self._parameters.where(self._path)
        found = " and ".join(format_value(str(value)) for value in values)
        self._findings.append(contradiction(key, names, where, found))
