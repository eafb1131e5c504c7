"""A run over a study: what is not up to date is done, the rest is left alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults import FileFault, make_log_entry
from ranvier.analysis.files import (
    SESSION_SCHEMA,
    read_h5_provenance,
    remove_leftovers,
)
from ranvier.analysis.parameters import Study, find_study, read_study
from ranvier.analysis.pipeline._catalog import Catalog, build_catalog
from ranvier.analysis.pipeline._digests import FileDigests
from ranvier.analysis.pipeline._executors import SerialExecutor, open_executor
from ranvier.analysis.pipeline._inputs import make_key
from ranvier.analysis.pipeline._lock import hold_study
from ranvier.analysis.pipeline._report import StageReport, StudyReport
from ranvier.analysis.pipeline._session_work import (
    KEYS,
    SessionDone,
    SessionTask,
    process_session,
)
from ranvier.analysis.pipeline._stages import OVERVIEW, QUERY, Stage, choose_stages
from ranvier.analysis.pipeline._stamps import StageStamp, Stamps
from ranvier.analysis.pipeline._tables import (
    SCHEMAS,
    gather_faults,
    gather_rows,
    write_faults,
    write_if_new,
)
from ranvier.analysis.studies import plot_dataset_overview
from ranvier.core import SilentReporter

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.analysis.pipeline._executors import Executor
    from ranvier.core import Reporter

_WRITTEN = (".ranvier", "metadata", "data", "results", "figures")


@dataclass(frozen=True)
class RunOptions:
    """How a study is run.

    Parameters
    ----------
    start
        First stage to be done; empty: all.
    only
        The one stage to be done; empty: all from `start` on.
    more
        Optional stages to be done too.
    n_workers
        Processes; None is one for each core, 1 is this process.
    scheduler
        Address of a Dask scheduler, in place of processes here.
    is_dry
        Only say what would be done.
    """

    start: str = ""
    only: str = ""
    more: tuple[str, ...] = ()
    n_workers: int | None = None
    scheduler: str = ""
    is_dry: bool = False


def run_study(
    folder: Path, options: RunOptions | None = None, reporter: Reporter | None = None
) -> StudyReport:
    """Do what is not up to date of a study.

    Parameters
    ----------
    folder
        The study, or its file.
    options
        How; all stages, a process for each core, unless given.
    reporter
        Is told how far it is.

    Returns
    -------
    StudyReport

    Raises
    ------
    AnalysisError
        If the study's file, a stage's name or the scheduler is not right, if another
        run works on it, or if a file of the study can't be written.
    """
    path = find_study(folder)
    run = _Run(read_study(path), path.parent, options or RunOptions(), reporter)
    if run.options.is_dry:
        return run.do()
    with hold_study(path.parent / ".ranvier"):
        for name in _WRITTEN:
            remove_leftovers(path.parent / name)  # of a run that was killed
        return run.do()


@dataclass
class _Plan:
    """What is to be done of the sessions."""

    tasks: list[SessionTask] = field(default_factory=list)
    n_up_to_date: dict[str, int] = field(default_factory=dict)


class _Run:
    """One run; its steps in their order."""

    def __init__(
        self,
        study: Study,
        folder: Path,
        options: RunOptions,
        reporter: Reporter | None,
    ) -> None:
        self._study = study
        self._folder = folder
        self.options = options
        self._reporter = reporter or SilentReporter()
        self._own = folder / ".ranvier"
        self._stamps = Stamps(self._own / "stamps")
        self._digests = FileDigests(self._own / "digests.json")
        self._report = StudyReport(study.name)

    def do(self) -> StudyReport:
        """Do all stages that were asked for."""
        asked = choose_stages(self.options.start, self.options.only, self.options.more)
        catalog = self._find_sessions(asked)
        of_session = [stage for stage in asked if stage.is_of_session]
        if of_session:
            self._do_sessions(of_session, catalog)
        if any(stage.name == OVERVIEW for stage in asked) and not self.options.is_dry:
            self._plot_overview()
        return self._report

    def _find_sessions(self, asked: tuple[Stage, ...]) -> Catalog:
        # Looking is cheap, and new sessions are found: so it is always done; only
        # whether the table is new says that something has changed.
        began = time.process_time()
        catalog = build_catalog(self._study, self._folder)
        report = StageReport(QUERY, cpu_s=time.process_time() - began)
        report.n_failed = len(catalog.faults) - sum(
            fault["eid"] in catalog.places for fault in catalog.faults
        )
        if not self.options.is_dry:
            table = self._folder / SESSION_SCHEMA.path
            is_new = write_if_new(catalog.sessions, table, SESSION_SCHEMA)
            self._note_file(table, is_new)
            report.n_done = len(catalog.sessions) if is_new else 0
            report.n_up_to_date = 0 if is_new else len(catalog.sessions)
            self._write_log(QUERY, [{**f, "stage": QUERY} for f in catalog.faults])
        if any(stage.name == QUERY for stage in asked):
            self._report.stages.append(report)
        return catalog

    def _do_sessions(self, stages: list[Stage], catalog: Catalog) -> None:
        plan = self._plan(stages, catalog)
        reports = {
            stage.name: StageReport(
                stage.name, n_up_to_date=plan.n_up_to_date.get(stage.name, 0)
            )
            for stage in stages
        }
        self._report.stages += reports.values()
        if self.options.is_dry:
            for task in plan.tasks:
                for name in task.keys:
                    reports[name].n_done += 1
            return
        lost = self._carry_out(plan.tasks, reports)
        self._digests.save(time.time_ns())
        stamps = {eid: self._stamps.read(eid) for eid in catalog.places}
        for stage in stages:
            report = reports[stage.name]
            known = [each[stage.name] for each in stamps.values() if stage.name in each]
            report.n_failed += sum(stamp.is_fatal for stamp in known)
            report.n_skipped = sum(stamp.is_skipped for stamp in known)
            report.n_with_faults = sum(
                bool(stamp.faults) and not stamp.is_fatal for stamp in known
            )
            faults = gather_faults(stamps, stage.name)
            faults += [fault for fault in lost if fault["stage"] == stage.name]
            self._write_log(stage.name, faults)
        self._write_tables(stamps)

    def _plan(self, stages: list[Stage], catalog: Catalog) -> _Plan:
        plan = _Plan()
        rows = catalog.sessions.to_dict("records")
        for place, row in enumerate(rows):
            eid = str(row["eid"])
            where = catalog.places[eid]
            stamps, h5 = self._stamps.read(eid), self._find_h5(eid)
            written = _read_keys(h5)
            keys: dict[str, str] = {}
            for stage in stages:
                key = make_key(stage, row, where, self._study.parameters, self._digests)
                stamp = stamps.get(stage.name)
                if stamp and stamp.key == key == written.get(stage.name):
                    count = plan.n_up_to_date.get(stage.name, 0)
                    plan.n_up_to_date[stage.name] = count + 1
                else:
                    keys[stage.name] = key
            if keys:
                known = {str(name): value for name, value in row.items()}
                parameters = self._study.parameters
                plan.tasks.append(
                    SessionTask(
                        known, where, keys, parameters, h5, self._own / "stamps"
                    )
                )
            self._reporter.advance("look", place + 1, len(rows))
        return plan

    def _carry_out(
        self, tasks: list[SessionTask], reports: dict[str, StageReport]
    ) -> list[dict[str, Any]]:
        # Gives the faults of sessions whose work did not come to its end: nothing of
        # them is kept, so the next run does them again.
        lost: list[dict[str, Any]] = []
        if not tasks:
            return lost
        for n_done, outcome in enumerate(
            self._open(len(tasks)).map(process_session, tasks)
        ):
            task = tasks[outcome.index]
            for name in task.keys:
                reports[name].n_done += 1
            if outcome.error is not None:
                entry = make_log_entry(str(task.row["eid"]), outcome.error)
                self._reporter.warn(f"{task.row['eid']}: {entry['error_message']}")
                for name in task.keys:
                    reports[name].n_failed += 1
                    lost.append({**entry, "stage": name})
            else:
                done: SessionDone = outcome.value
                reports[next(iter(task.keys))].cpu_s += done.cpu_s
            self._reporter.advance("sessions", n_done + 1, len(tasks))
        return lost

    def _open(self, n_tasks: int) -> Executor:
        if n_tasks == 1 and not self.options.scheduler:
            return SerialExecutor()
        return open_executor(self.options.n_workers, self.options.scheduler)

    def _write_tables(self, stamps: dict[str, dict[str, StageStamp]]) -> None:
        for name, schema in SCHEMAS.items():
            table = self._folder / schema.path
            rows = gather_rows(stamps, name)
            if len(rows) or table.exists():
                self._note_file(table, write_if_new(rows, table, schema))

    def _write_log(self, stage: str, faults: list[dict[str, Any]]) -> None:
        self._report.faults += faults
        path = self._folder / "metadata" / f"{stage}_log.pqt"
        self._note_file(path, write_faults(faults, path))

    def _plot_overview(self) -> None:
        began = time.process_time()
        report = StageReport(OVERVIEW)
        found = plot_dataset_overview(self._folder, self._study.parameters)
        report.n_done, report.n_up_to_date = len(found.written), len(found.kept)
        report.cpu_s = time.process_time() - began
        for path in found.written:
            self._note_file(path, True)
        self._report.stages.append(report)

    def _find_h5(self, eid: str) -> Path:
        return self._folder / "data" / "sessions" / f"{eid}.h5"

    def _note_file(self, path: Path, is_new: bool) -> None:
        if is_new:
            self._report.files.append(path.relative_to(self._folder).as_posix())


def _read_keys(h5: Path) -> dict[str, str]:
    # The file itself says what it was made from: one that was put in its place, or is
    # damaged, does not.
    try:
        return dict(read_h5_provenance(h5).get(KEYS, {}).get(KEYS, {}))
    except FileFault:
        return {}
