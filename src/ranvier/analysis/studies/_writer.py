"""What a part of a command writes: tables, figures, and what could not be done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults import DataFault
from ranvier.analysis.figures import make_figure, save_figure
from ranvier.analysis.files import write_table
from ranvier.analysis.provenance import Provenance
from ranvier.analysis.studies._keep import Made, StudyFault
from ranvier.core import AnalysisError, write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from ranvier.analysis.files import TableSchema


class StudyWriter:
    """Writes the files of one part of a command, and remembers them.

    Parameters
    ----------
    folder
        The study.
    command
        Its name is that of the folders: results/<command>, figures/<command>.
    part
        Of the command.
    common
        What the provenance of every table says too.
    """

    def __init__(
        self, folder: Path, command: str, part: str, common: Mapping[str, Any]
    ) -> None:
        self._folder = folder
        self._command = command
        self._part = part
        self._common = dict(common)
        self._files: list[Path] = []
        self._faults: list[StudyFault] = []
        self._provenance: dict[str, Any] = {}

    @property
    def made(self) -> Made:
        """What was written so far, and what could not be done."""
        return Made(tuple(self._files), tuple(self._faults), dict(self._provenance))

    def table(
        self, frame: pd.DataFrame, schema: TableSchema, provenance: Any = None
    ) -> None:
        """Write a table of the study as parquet, at the place that its schema says."""
        path = self._folder / schema.path
        said = self._note(path, frame, provenance)
        write_table(frame, path, schema, said)
        self._files.append(path)

    def csv(
        self,
        frame: pd.DataFrame,
        name: str,
        provenance: Any = None,
        *,
        with_index: bool = False,
    ) -> None:
        """Write a table as CSV below results/<command>."""
        path = self._folder / "results" / self._command / f"{name}.csv"
        self._note(path, frame, provenance)
        self.text(path, frame.to_csv(index=with_index, lineterminator="\n"))

    def text(self, path: Path, content: str) -> None:
        """Write a file whole.

        Raises
        ------
        AnalysisError
            RV-A29 if it can't be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
        except OSError as error:
            raise _make_write_error(path, error) from error
        self._files.append(path)

    def figure(
        self,
        name: str,
        size: tuple[float, float],
        draw: Callable[[Any], object],
        *,
        whole: bool = False,
    ) -> None:
        """Draw a figure below figures/<command>.

        Parameters
        ----------
        name
            Of the file, without its ending.
        size
            Width and height, inches.
        draw
            Takes axes, or the figure if `whole`.
        whole
            Give the figure, as `draw` divides it by itself.

        Raises
        ------
        AnalysisError
            RV-A29 if it can't be written.
        """
        figure = make_figure(*size)
        try:
            draw(figure if whole else figure.subplots())
        except DataFault as fault:  # of one figure; tables and the others go on
            self.fault(f"figure {name}", fault)
            return
        path = self._folder / "figures" / self._command / f"{name}.svg"
        try:
            self._files.append(save_figure(figure, path))
        except OSError as error:
            raise _make_write_error(path, error) from error

    def fault(self, where: str, fault: Exception) -> None:
        """Note what could not be done, and why."""
        words = " ".join(str(fault).split())
        said = StudyFault(self._part, where, type(fault).__name__, words)
        self._faults.append(said)

    def note(self, where: str, entry: Mapping[str, Any]) -> None:
        """Note a row of a table of errors."""
        words = " ".join(str(entry["error_message"]).split())
        said = StudyFault(self._part, where, str(entry["error_type"]), words)
        self._faults.append(said)

    def attempt(self, where: str, act: Callable[[], Any]) -> Any:
        """Do something; a fault of the data is noted, and gives None."""
        try:
            return act()
        except DataFault as fault:
            self.fault(where, fault)
            return None

    def faults_of(self, result: Any) -> None:
        """Note the faults of a `GroupResult` or of a `CohortCCA`."""
        for key, fault in result.faults.items():
            names = key if isinstance(key, tuple) else (key,)
            self.fault(", ".join(map(str, names)), fault)

    def failures_of(self, result: Any) -> None:
        """Note the folds that failed in a `GroupResult` of cross-validations."""
        for key, found in result.results.items():
            if not found.n_failed:
                continue
            counts = found.failures.groupby(["model", "reason"], sort=True).size()
            for (model, reason), n in counts.items():
                where = ", ".join([*map(str, key), f"model {model}"])
                words = f"{n} of the folds failed: {reason}"
                self.note(where, {"error_type": "GroupFault", "error_message": words})

    def _note(self, path: Path, frame: pd.DataFrame, provenance: Any) -> dict[str, Any]:
        if isinstance(provenance, Provenance):
            said: dict[str, Any] = provenance.to_dict()
        else:
            said = dict(provenance or {})
        said |= self._common | {"n_rows": len(frame), "n_columns": frame.shape[1]}
        said = json.loads(json.dumps(said, default=_to_plain))
        self._provenance[path.relative_to(self._folder).as_posix()] = said
        return said


def grid_axes(figure: Any, n: int, n_columns: int = 3) -> Iterable[Any]:
    """Divide a figure into `n` pairs of axes, row by row; none is left empty."""
    n_columns = max(min(n, n_columns), 1)
    n_rows = -(-max(n, 1) // n_columns)
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for unused in axes[n:]:
        unused.remove()
    return axes[:n]


def _to_plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _make_write_error(path: Path, error: OSError) -> AnalysisError:
    return AnalysisError(
        f'the result "{path.name}" can\'t be written.',
        code="RV-A29",
        where=str(path),
        found=str(error),
        mend="free space on the disk, or see who may write to the folder",
    )
