"""A run over a study: what is not up to date is done, the rest is left alone."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.executors import SerialExecutor, open_executor
from ranvier.analysis.faults import LOG_COLUMNS
from ranvier.analysis.files import LOG_SCHEMA, SESSION_SCHEMA, remove_leftovers
from ranvier.analysis.parameters import Study, find_study, read_study
from ranvier.analysis.pipeline._catalog import Catalog, build_catalog
from ranvier.analysis.pipeline._digests import FileDigests
from ranvier.analysis.pipeline._inputs import digest_row, make_key
from ranvier.analysis.pipeline._lock import hold_study
from ranvier.analysis.pipeline._report import StageReport, StudyReport
from ranvier.analysis.pipeline._session_work import (
    SessionTask,
    process_session,
    read_keys,
    record_lost,
)
from ranvier.analysis.pipeline._stages import (
    OVERVIEW,
    QUERY,
    STAGES,
    Stage,
    choose_stages,
)
from ranvier.analysis.pipeline._stamps import Stamps
from ranvier.analysis.pipeline._tables import (
    SCHEMAS,
    TableKeeper,
    gather_faults,
    gather_rows,
    select_current,
)
from ranvier.analysis.studies import plot_dataset_overview
from ranvier.core import SilentReporter, format_error

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.analysis.executors import Executor
    from ranvier.analysis.files import TableSchema
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


@dataclass(frozen=True)
class _Plan:
    """What is to be done of the sessions, and what is up to date."""

    tasks: list[SessionTask] = field(default_factory=list)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    n_up_to_date: Counter[str] = field(default_factory=Counter)


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
        self._tables = TableKeeper(folder, self._digests)
        self._report = StudyReport(study.name)

    def do(self) -> StudyReport:
        """Do all stages that were asked for."""
        asked = choose_stages(self.options.start, self.options.only, self.options.more)
        catalog = self._find_sessions(asked)
        of_session = [stage for stage in asked if stage.is_of_session]
        if of_session:
            self._do_sessions(of_session, catalog)
        if self.options.is_dry:
            return self._report
        if any(stage.name == OVERVIEW for stage in asked):
            self._plot_overview()
        self._tables.save()
        self._digests.save()
        return self._report

    def _find_sessions(self, asked: tuple[Stage, ...]) -> Catalog:
        # Looking is cheap, and new sessions are found: so it is always done; only
        # whether the table is new says that something has changed.
        began = time.process_time()
        catalog = build_catalog(self._study, self._folder)
        report = StageReport(QUERY, cpu_s=time.process_time() - began)
        report.n_failed = catalog.n_unreadable
        if not self.options.is_dry:
            is_new = self._write(catalog.sessions, SESSION_SCHEMA)
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
                stage.name, n_up_to_date=plan.n_up_to_date[stage.name]
            )
            for stage in stages
        }
        self._report.stages += reports.values()
        for task in plan.tasks:
            for name in task.stages:
                reports[name].n_done += 1
        if self.options.is_dry:
            return
        self._carry_out(plan.tasks, reports)
        stamps = {
            eid: select_current(self._stamps.read(eid).stages, keys)
            for eid, keys in plan.keys.items()
        }
        for stage in stages:
            report = reports[stage.name]
            known = [each[stage.name] for each in stamps.values() if stage.name in each]
            report.n_failed = sum(stamp.is_fatal for stamp in known)
            report.n_skipped = sum(stamp.is_skipped for stamp in known)
            report.n_with_faults = sum(
                bool(stamp.faults) and not stamp.is_fatal for stamp in known
            )
            self._write_log(stage.name, gather_faults(stamps, stage.name))
        for name, schema in SCHEMAS.items():
            rows = gather_rows(stamps, name)
            if len(rows) or (self._folder / schema.path).exists():
                self._write(rows, schema)

    def _plan(self, stages: list[Stage], catalog: Catalog) -> _Plan:
        plan = _Plan()
        rows = catalog.sessions.to_dict("records")
        for n_done, row in enumerate(rows):
            known = {str(name): value for name, value in row.items()}
            task = self._plan_session(stages, known, catalog.places[known["eid"]])
            plan.keys[task.eid] = task.keys
            plan.n_up_to_date.update(
                stage.name for stage in stages if stage.name not in task.stages
            )
            stamp = self._stamps.read(task.eid)
            if task.stages or stamp.row != task.row_digest:
                plan.tasks.append(task)
            self._reporter.advance("look", n_done + 1, len(rows))
        return plan

    def _plan_session(
        self, stages: list[Stage], row: dict[str, Any], place: dict[str, Any]
    ) -> SessionTask:
        eid, settings = str(row["eid"]), self._study.parameters
        stamp, h5 = self._stamps.read(eid), self._find_h5(eid)
        keys = {
            stage.name: make_key(stage, row, place, settings, self._digests)
            for stage in STAGES
            if stage.is_of_session
        }
        # The file is what was written, and says itself what it was made from: one that
        # was put in its place, or is damaged, does not.
        is_whole = bool(stamp.file) and self._digests.digest(h5) == stamp.file
        written = read_keys(h5) if is_whole else {}
        todo = [
            stage.name
            for stage in stages
            if not (
                stage.name in stamp.stages
                and stamp.stages[stage.name].key
                == keys[stage.name]
                == written.get(stage.name)
            )
        ]
        return SessionTask(
            row,
            place,
            tuple(todo),
            keys,
            digest_row(row),
            settings,
            h5,
            self._own / "stamps",
        )

    def _carry_out(
        self, tasks: list[SessionTask], reports: dict[str, StageReport]
    ) -> None:
        if not tasks:
            return
        outcomes = self._open(len(tasks)).map(process_session, tasks)
        for n_done, outcome in enumerate(outcomes):
            task = tasks[outcome.index]
            if outcome.error is not None:
                self._reporter.warn(f"{task.eid}: {format_error(outcome.error)}")
                record_lost(task, outcome.error)
            elif task.stages:
                reports[task.stages[0]].cpu_s += outcome.value
            self._reporter.advance("sessions", n_done + 1, len(tasks))

    def _open(self, n_tasks: int) -> Executor:
        if n_tasks == 1 and not self.options.scheduler:
            return SerialExecutor()
        return open_executor(self.options.n_workers, self.options.scheduler)

    def _write(self, frame: pd.DataFrame, schema: TableSchema) -> bool:
        is_new = self._tables.write(frame, schema)
        if is_new:
            self._report.files.append(schema.path)
        return is_new

    def _write_log(self, stage: str, faults: list[dict[str, Any]]) -> None:
        self._report.faults += faults
        frame = pd.DataFrame(faults, columns=[*LOG_COLUMNS])
        path = f"metadata/{stage}_log.pqt"
        self._write(frame, replace(LOG_SCHEMA, path=path))

    def _plot_overview(self) -> None:
        began = time.process_time()
        found = plot_dataset_overview(self._folder, self._study.parameters)
        report = StageReport(
            OVERVIEW, n_done=len(found.written), n_up_to_date=len(found.kept)
        )
        report.cpu_s = time.process_time() - began
        self._report.files += [
            path.relative_to(self._folder).as_posix() for path in found.written
        ]
        self._report.stages.append(report)

    def _find_h5(self, eid: str) -> Path:
        return self._folder / "data" / "sessions" / f"{eid}.h5"
