"""A record while it is read off the trail; decides when the session began and ended."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ranvier.session.faults import Finding, Report, Verdict
from ranvier.session.record._model import (
    Epoch,
    GraphRun,
    ProgramAttempt,
    RepositoryState,
    ResourceSample,
    SessionRecord,
    SessionState,
    StepRecord,
)

if TYPE_CHECKING:
    import datetime as dt


@dataclass
class Draft:
    """What the lines so far have told. As `SessionRecord`, but it can grow.

    Parameters
    ----------
    head
        What the first line of the session told.
    zone
        Offset in which the session began.
    """

    head: SessionRecord
    zone: dt.tzinfo
    has_begun: bool = False
    acquisition_started: dt.datetime | None = None
    acquisition_finished: dt.datetime | None = None
    findings: tuple[Finding, ...] = ()
    finished: dt.datetime | None = None
    finalised: dict[str, Any] | None = None
    last_seen: dt.datetime | None = None
    verdict: Verdict | None = None
    exit_status: int | None = None
    error: dict[str, str] | None = None
    role: str = ""
    repository: RepositoryState | None = None
    preflight: list[Finding] = field(default_factory=list[Finding])
    peers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    attempts: list[ProgramAttempt] = field(default_factory=list[ProgramAttempt])
    runs: list[GraphRun] = field(default_factory=list[GraphRun])
    steps: list[StepRecord] = field(default_factory=list[StepRecord])
    epochs: list[Epoch] = field(default_factory=list[Epoch])
    samples: list[ResourceSample] = field(default_factory=list[ResourceSample])
    faults: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    told: dict[str, list[dict[str, Any]]] = field(
        default_factory=dict[str, list[dict[str, Any]]]
    )
    unread: list[int] = field(default_factory=list[int])

    @property
    def is_over(self) -> bool:
        """True once the session was finished or finalised."""
        return self.finished is not None or self.finalised is not None

    def tell(self, name: str, at: dt.datetime, fields: dict[str, Any]) -> None:
        """Add to a list of the record whose items are plain fields."""
        self.told.setdefault(name, []).append({**fields, "time": at})

    def build(self) -> SessionRecord:
        """Make the record.

        Returns
        -------
        SessionRecord
            Of the lines so far.
        """
        acquisition_start = self._find_start()
        acquisition_end, is_seen = self._find_acquisition_end()
        end = acquisition_end
        if end is None and self.is_over:
            end, is_seen = self.finished or self.last_seen, self.finished is not None
        lists = {name: tuple(items) for name, items in self.told.items()}
        return replace(
            self.head,
            state=self._find_state(),
            end=end,
            acquisition_start=acquisition_start,
            acquisition_end=acquisition_end,
            verdict=self._find_verdict(),
            exit_status=self.exit_status,
            error=self.error,
            preflight=Report(tuple(self.preflight)),
            repository=self.repository,
            role=self.role,
            peers=tuple(self.peers),
            attempts=tuple(self.attempts),
            runs=tuple(self.runs),
            steps=tuple(self.steps),
            epochs=tuple(self.epochs),
            samples=tuple(self.samples),
            faults=tuple(self.faults),
            findings=self.findings,
            finished=self.finished,
            finalised=self.finalised,
            last_seen=self.last_seen,
            is_end_seen=is_seen,
            unread=tuple(self.unread),
            **lists,
        )

    def _find_state(self) -> SessionState:
        if self.is_over:
            return SessionState.FINISHED
        return SessionState.RUNNING if self.has_begun else SessionState.CREATED

    def _find_verdict(self) -> Verdict | None:
        # Whoever finalises closes what did not come to its end: that is no success.
        was_lost = self.finalised is not None and self.finished is None
        return self.verdict or (Verdict.FAILED if was_lost else None)

    def _find_start(self) -> dt.datetime | None:
        starts = [each.start for each in (*self.attempts, *self.runs)]
        return min(starts) if starts else self.acquisition_started

    def _find_acquisition_end(self) -> tuple[dt.datetime | None, bool]:
        """Give the end of the acquisition, and whether it was seen."""
        if self._find_start() is None:
            return None, True
        if not self.acquisition_finished and not self.is_over:
            return None, True  # another attempt may follow
        ends = [each.end for each in (*self.attempts, *self.runs)]
        seen = [end for end in ends if end is not None]
        if len(seen) == len(ends) and seen:
            return max(seen), True
        known = self.acquisition_finished or self.finished
        return known or self.last_seen, known is not None
