"""One session in a folder of ALF files, read without ONE and without a network."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd

from ranvier.analysis.faults import (
    DataFault,
    FileFault,
    MissingExtractedData,
    MissingRawData,
    MissingVideoTimestamps,
)
from ranvier.analysis.readers._alf_description import describe_session
from ranvier.analysis.readers._alf_files import (
    Dataset,
    SessionPlace,
    list_alf,
    parse_session_path,
    read_array,
    read_cache_table,
)
from ranvier.analysis.readers._alf_photometry import read_alf_photometry
from ranvier.analysis.readers._tables import read_table
from ranvier.analysis.readers._trials import complete_trials
from ranvier.analysis.readers._window import find_window, shift_times

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.readers._raw import RawPhotometry

__all__ = ["AlfSource"]


class AlfSource:
    """A session in a folder of ALF files.

    Parameters
    ----------
    path
        The folder: …/subject/date/number.
    collection
        Collection of trials and wheel, "alf/task_00"; found if None.
    eid
        Its eid; that of ONE's table of sessions above it if None, else one made of
        subject, date and number.
    clock_offset_s
        Added to the times of the photometry, to bring them onto the trials' clock.

    Raises
    ------
    FileFault
        If the folder is not there, or no session's by its path.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        collection: str | None = None,
        eid: str = "",
        clock_offset_s: float = 0.0,
    ) -> None:
        self.place: SessionPlace = parse_session_path(path)
        self.path = self.place.path
        self.collection = collection
        self._given_eid = eid
        self._clock_offset_s = clock_offset_s
        if not self.path.is_dir():
            raise FileFault(
                "the folder of the session is not there.", session=str(self.path),
                mend="correct the path, or copy the session there",
            )  # fmt: skip

    def __repr__(self) -> str:
        return f"AlfSource({str(self.path)!r})"

    @cached_property
    def eid(self) -> str:
        """The session's eid."""
        return self._given_eid or _find_eid(self.place) or self.place.eid

    @cached_property
    def datasets(self) -> list[Dataset]:
        """All datasets, by their ALF names."""
        return list_alf(self.path)

    def load_trials(self) -> pd.DataFrame:
        """Give the trials.

        Returns
        -------
        pandas.DataFrame
            Columns of `_ibl_trials.table`, stim_side, signed_contrast and contrast.

        Raises
        ------
        MissingRawData
            If there is neither a table nor raw task data.
        MissingExtractedData
            If there are only raw task data, or several tables of which none is of
            the session's task.
        FileFault
            If the table can't be read or lacks columns.
        """
        collection = self._find_task("trials", {"table", "intervals"}, "taskData")
        table = self._pick("trials", "table", {collection})
        if table is not None:
            trials = read_table(table.path, str(self.path))
            return complete_trials(trials, table.path, str(self.path))
        trials = self._gather("trials", collection)
        return complete_trials(trials, self.path / collection, str(self.path))

    def load_photometry(self, pre: float = -5.0, post: float = 5.0) -> RawPhotometry:
        """Give the photometry of the time of the trials.

        Parameters
        ----------
        pre, post
            From `pre` s after the start of the first trial (negative: before it) to
            `post` s after the end of the last.

        Returns
        -------
        RawPhotometry
            Channels are brain regions where photometryROI.locations names them.

        Raises
        ------
        MissingRawData
            If there is none, or no trials.
        MissingExtractedData
            If there is only raw photometry, or raw trials.
        AmbiguousRegionMapping
            If the table of locations does not name one region for each channel.
        FileFault
            If a file can't be read.
        """
        signal = self._pick("photometry", "signal")
        raw = self._pick("fpData", "raw")
        if signal is None:
            self._refuse("photometry", "photometry.signal.pqt", raw is not None)
        start, stop = find_window(self.load_trials(), pre, post, str(self.path))
        offset_s = self._clock_offset_s
        locations = self._pick("photometryROI", "locations")
        found = read_alf_photometry(
            signal.path, (start - offset_s, stop - offset_s), str(self.path),
            locations=locations.path if locations else None,
            raw=raw.path if raw else None,
        )  # fmt: skip
        return shift_times(found, offset_s)

    def load_wheel(self) -> tuple[FloatArray, FloatArray]:
        """Give times and positions of the wheel.

        Returns
        -------
        tuple of numpy.ndarray
            Times, s, and positions, rad, shape (n,) each.

        Raises
        ------
        MissingRawData
            If there is none.
        MissingExtractedData
            If there is only the raw file of the encoder.
        FileFault
            If a file can't be read, they are of unlike length, or times go back.
        """
        collection = self._find_task("wheel", {"position"}, "encoderPositions")
        position = self._pick("wheel", "position", {collection})
        times = self._pick("wheel", "timestamps", {collection})
        if position is None or times is None:
            raise FileFault(
                "the wheel has positions without times.", session=str(self.path),
                wanted="_ibl_wheel.timestamps.npy",
            )  # fmt: skip
        y = np.ravel(read_array(position.path, str(self.path)))
        t = read_array(times.path, str(self.path))
        if t.ndim == 2:  # rows of sample and time, between which time runs evenly
            t = np.interp(np.arange(len(y)), t[:, 0], t[:, 1])
        if len(t) != len(y) or np.any(np.diff(t) < 0) or not np.isfinite(t).all():
            raise FileFault(
                "times and positions of the wheel do not fit.", session=str(self.path),
                found=f"{len(t)} times, {len(y)} positions, "
                f"{int(np.sum(np.diff(t) < 0))} steps back",
                wanted="as many of both, times rising", mend="extract the wheel again",
            )  # fmt: skip
        return t, y

    def load_camera_times(self, camera: str = "left") -> FloatArray:
        """Give the times of a camera's frames.

        Parameters
        ----------
        camera
            "left", "right" or "body".

        Returns
        -------
        numpy.ndarray
            Shape (n_frames,), s.

        Raises
        ------
        MissingVideoTimestamps
            If there are none.
        FileFault
            If the file can't be read.
        """
        times = self._pick(f"{camera}Camera", "times")
        if times is None:
            raise MissingVideoTimestamps(
                f"the {camera} camera has no times.", session=str(self.path),
                found=f"{len(self.datasets)} datasets",
                wanted=f"_ibl_{camera}Camera.times.npy",
            )  # fmt: skip
        return np.ravel(read_array(times.path, str(self.path)))

    def list_datasets(self) -> list[str]:
        """Give the files of the session, relative to it, sorted."""
        return sorted(d.path.relative_to(self.path).as_posix() for d in self.datasets)

    def read_metadata(self) -> dict[str, Any]:
        """Give what folder, description and task settings say.

        Returns
        -------
        dict
            eid, subject, lab, number, start_time (ISO text), end_time, task_protocol,
            projects, users, brain_region and hemisphere (parallel lists), datasets,
            block_info (LEN_BLOCKS, POSITIONS, BLOCK_PROBABILITY_SET, as far as known).

        Raises
        ------
        FileFault
            If description or settings can't be read.
        """
        found = describe_session(self.place, self.datasets)
        return {"eid": self.eid, **found, "datasets": self.list_datasets()}

    def find_all(self, name: str, attribute: str) -> list[Dataset]:
        """Give all datasets of an object and attribute."""
        return [
            d for d in self.datasets if (d.object, d.attribute) == (name, attribute)
        ]

    def _pick(
        self, name: str, attribute: str, collections: set[str] | None = None
    ) -> Dataset | None:
        found = [
            each
            for each in self.find_all(name, attribute)
            if collections is None or each.collection in collections
        ]
        if len(found) > 1 and collections is None:
            places = sorted({each.path.as_posix() for each in found})
            raise FileFault(
                f"the session has {name}.{attribute} several times.",
                session=str(self.path), found=", ".join(places),
                wanted="one", mend="move those aside that are not to be used",
            )  # fmt: skip
        return found[0] if found else None

    def _find_task(self, name: str, attributes: set[str], raw: str) -> str:
        have = {
            d.collection
            for d in self.datasets
            if d.object == name and d.attribute in attributes
        }
        if self.collection is not None:
            have &= {self.collection}
        if not have:
            self._refuse(name, f"_ibl_{name}.*", bool(self.find_all(raw, "raw")))
        if len(have) > 1:
            tasks = set(describe_session(self.place, self.datasets)["task_collections"])
            have = (have & tasks) or have
        if len(have) > 1:
            raise MissingExtractedData(
                f"the session has {name} of several tasks.", session=str(self.path),
                found=", ".join(sorted(have)), wanted="one of them",
                mend='say which: AlfSource(path, collection="alf/task_00")',
            )  # fmt: skip
        return next(iter(have))

    def _gather(self, name: str, collection: str) -> pd.DataFrame:
        columns: dict[str, FloatArray] = {}
        for each in self.datasets:
            if (each.object, each.collection, each.extension) == (
                name, collection, "npy",
            ):  # fmt: skip
                values = read_array(each.path, str(self.path))
                if values.ndim == 2 and values.shape[1] == 2:
                    columns[f"{each.attribute}_0"] = values[:, 0]
                    columns[f"{each.attribute}_1"] = values[:, 1]
                else:
                    columns[each.attribute] = np.ravel(values)
        lengths = {len(values) for values in columns.values()}
        if len(lengths) > 1:
            told = ", ".join(f"{key} {len(values)}" for key, values in columns.items())
            raise FileFault(
                f"the files of {name} are of unlike length.", session=str(self.path),
                found=told, wanted="one row a trial in each",
                mend="extract the session again",
            )  # fmt: skip
        return pd.DataFrame(columns)

    def _refuse(self, what: str, wanted: str, has_raw: bool) -> NoReturn:
        kind: type[DataFault] = MissingExtractedData if has_raw else MissingRawData
        words = f"only raw data of its {what}" if has_raw else f"no data of its {what}"
        raise kind(
            f"the session has {words}.", session=str(self.path),
            found=f"{len(self.datasets)} datasets", wanted=wanted,
        )  # fmt: skip


def _find_eid(place: SessionPlace) -> str:
    table = read_cache_table(place.path)
    if table is None:
        return ""
    rows = table.reset_index()
    same = (
        (rows["subject"].astype(str) == place.subject)
        & (rows["date"].astype(str).str[:10] == place.date)
        & (pd.to_numeric(rows["number"], errors="coerce") == place.number)
    )
    column = next((name for name in ("id", "eid") if name in rows.columns), None)
    return str(rows.loc[same, column].iloc[0]) if column and same.any() else ""
