"""Turns the recording of a calcium session into NWB."""

from __future__ import annotations

import datetime as dt
import functools
import importlib
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np

from ranvier.core import RecordingError, Reporter, SilentReporter
from ranvier.recording._columns import has_one_shape
from ranvier.recording._convert import tell_missing
from ranvier.recording._reader import Recording
from ranvier.recording._stream import Stream
from ranvier.recording._whole_file import whole_file

_CELL_KEYS = {"offsets", "pixels", "weights", "shape"}
_SIGNALS = {"trace": "Fluorescence", "dff": "DfOverF", "spikes": "Deconvolved"}
_UNITS = {"trace": "a.u.", "dff": "n.a.", "spikes": "a.u."}


class Imaging(NamedTuple):
    """What no recording can know of a session, and NWB asks for.

    Parameters
    ----------
    description
        Of the session.
    subject_id, species
        The animal.
    indicator
        Of calcium.
    location
        Imaged area.
    excitation_nm, emission_nm
        Wavelengths, nm.
    device
        The microscope.
    """

    description: str = "recorded by ranvier"
    subject_id: str = ""
    species: str = ""
    indicator: str = "unknown"
    location: str = "unknown"
    excitation_nm: float = float("nan")
    emission_nm: float = float("nan")
    device: str = "microscope"


class Roles(NamedTuple):
    """Which stream is what in a calcium session.

    Parameters
    ----------
    frames
        Stream of the movie, or "".
    cells
        Stream of the footprints, or "".
    signals
        Pairs of stream and field with a value for each cell.
    stimuli
        Stream of what was shown and when, or "".
    """

    frames: str = ""
    cells: str = ""
    signals: Tuple[Tuple[str, str], ...] = ()
    stimuli: str = ""

    @property
    def streams(self) -> List[str]:
        """All streams that have a role, each once."""
        signals = [stream for stream, _ in self.signals]
        names = [self.frames, self.cells, *signals, self.stimuli]
        return [name for name in dict.fromkeys(names) if name]


def find_roles(recording: Recording) -> Roles:
    """Tell from the payloads which stream is what.

    Parameters
    ----------
    recording
        Of a calcium session.

    Returns
    -------
    Roles
        The first stream of images of one shape is the movie. Of streams that carry
        the same signal the last is taken, for later nodes add to what earlier gave.
    """
    found: Dict[str, Any] = {"frames": "", "cells": "", "stimuli": ""}
    signals: Dict[str, str] = {}
    for name, stream in recording.items():
        last = stream[-1] if len(stream) else None
        if isinstance(last, np.ndarray) and last.ndim == 2:
            found["frames"] = found["frames"] or name
        elif isinstance(last, dict) and set(last) >= _CELL_KEYS:  # pyright: ignore[reportUnknownArgumentType]
            found["cells"] = name
        elif isinstance(last, dict) and {"trial", "on"} <= set(last):  # pyright: ignore[reportUnknownArgumentType]
            found["stimuli"] = name
        elif isinstance(last, dict):
            signals.update({key: name for key in _SIGNALS if key in last})
    pairs = tuple((stream, key) for key, stream in signals.items())
    return Roles(signals=pairs, **found)


def convert_to_nwb(
    recording: Recording,
    target: Path,
    *,
    imaging: Optional[Imaging] = None,
    roles: Optional[Roles] = None,
    reporter: Optional[Reporter] = None,
) -> None:
    """Write a calcium session as NWB.

    Parameters
    ----------
    recording
        A session folder that was opened.
    target
        The .nwb file; it must not exist.
    imaging
        What the recording can't know.
    roles
        Which stream is what; told from the payloads if None.
    reporter
        Who is told how far it has come, and what is missing.

    Raises
    ------
    RecordingError
        If pynwb is missing, the recording has no manifest or is damaged, or the
        target can't be written.

    Notes
    -----
    Movie → TwoPhotonSeries; footprints → PlaneSegmentation; signals of the cells →
    RoiResponseSeries (n_frames, n_cells), NaN before a cell was found; stimuli →
    TimeIntervals; audit trail with all parameter changes → AnnotationSeries; graph
    file → notes. Times are seconds since the start of the run.
    """
    told = reporter or SilentReporter()
    with whole_file(target):
        roles = roles or find_roles(recording)
        session = _Session(recording, roles, imaging or Imaging())
        for name in roles.streams:
            tell_missing(recording, name, told)
        steps = [
            session.add_movie,
            session.add_cells,
            session.add_stimuli,
            session.add_audit,
            functools.partial(session.write, target),
        ]
        for n, step in enumerate(steps):
            told.advance("convert", n, len(steps))
            step()
        told.advance("convert", len(steps), len(steps))


class _Session:
    """An NWB file as it is built."""

    def __init__(self, recording: Recording, roles: Roles, imaging: Imaging) -> None:
        pynwb = _import_pynwb()
        manifest = recording.manifest
        self._recording, self._roles, self._imaging = recording, roles, imaging
        self._start_ns = manifest.monotonic_ns
        self._file = pynwb.NWBFile(
            session_description=imaging.description,
            identifier=manifest.run,
            session_start_time=dt.datetime.fromisoformat(manifest.wall_start),
            notes=manifest.graph_text or None,
            source_script=f"ranvier {manifest.ranvier}",
            source_script_file_name="ranvier convert",
        )
        if imaging.subject_id:
            self._file.subject = pynwb.file.Subject(
                subject_id=imaging.subject_id, species=imaging.species or None
            )
        self._plane = self._add_plane()

    def add_movie(self) -> None:
        """Put in the frames, read one at a time while the file is written."""
        name = self._roles.frames
        if not name or not has_one_shape(self._recording[name]):
            return

        stream = self._recording[name]
        first = stream[0]
        data = _import_hdmf().data_utils.DataChunkIterator(
            data=_iter_frames(stream),
            maxshape=(len(stream), *first.shape),
            dtype=first.dtype,
            buffer_size=16,
        )
        series = _import_pynwb().ophys.TwoPhotonSeries(
            name="TwoPhotonSeries",
            description=stream.info.help or name,
            data=data,
            imaging_plane=self._plane,
            unit=stream.info.unit or "n.a.",
            timestamps=self._seconds(stream.times_ns),
        )
        self._file.add_acquisition(series)

    def add_cells(self) -> None:
        """Put in the footprints of all cells, and the signals of each over time."""
        name = self._roles.cells
        if not name or not len(self._recording[name]):
            return
        ophys = _import_pynwb().ophys
        cells = self._recording[name][-1]
        segmentation = ophys.ImageSegmentation()
        plane = segmentation.create_plane_segmentation(
            name="PlaneSegmentation", description=name, imaging_plane=self._plane
        )
        for mask in _pixel_masks(cells):
            plane.add_roi(pixel_mask=[tuple(pixel) for pixel in mask.tolist()])
        module = self._file.create_processing_module("ophys", "cells and their signals")
        module.add(segmentation)
        n_cells = len(plane.id)
        if not n_cells:
            return
        series = [self._build_signal(plane, n_cells, *p) for p in self._roles.signals]
        for each in series:
            module.add(each)

    def add_stimuli(self) -> None:
        """Put in what was shown, from its begin to its end."""
        name = self._roles.stimuli
        if not name:
            return
        shown = list(self._recording[name].payloads)
        times = self._seconds(self._recording[name].times_ns)
        rows = list(_find_intervals(shown, times))
        if not rows:
            return
        table = _import_pynwb().epoch.TimeIntervals(name="stimuli", description=name)
        for column in rows[0][2]:
            table.add_column(column, f"{column} of the stimulus")
        for start, stop, fields in rows:
            table.add_row(start_time=start, stop_time=stop, **fields)
        self._file.add_time_intervals(table)

    def add_audit(self) -> None:
        """Put in the audit trail, and with it each change of a parameter."""
        lines = self._recording.audit
        if not lines:
            return
        texts = [f"{line.kind} {line.node} {line.fields}" for line in lines]
        series = _import_pynwb().misc.AnnotationSeries(
            name="audit",
            description="what happened in the run",
            data=texts,
            timestamps=self._seconds(np.array([line.time_ns for line in lines])),
        )
        self._file.add_acquisition(series)

    def write(self, target: Path) -> None:
        """Write the file."""
        with _import_pynwb().NWBHDF5IO(str(target), "w") as io:
            io.write(self._file)

    def _add_plane(self) -> Any:
        imaging = self._imaging
        channel = _import_pynwb().ophys.OpticalChannel(
            name="OpticalChannel",
            description="emission",
            emission_lambda=imaging.emission_nm,
        )
        return self._file.create_imaging_plane(
            name="ImagingPlane",
            optical_channel=channel,
            description="imaged plane",
            device=self._file.create_device(name=imaging.device),
            excitation_lambda=imaging.excitation_nm,
            indicator=imaging.indicator,
            location=imaging.location,
        )

    def _build_signal(self, plane: Any, n_cells: int, name: str, key: str) -> Any:
        stream = self._recording[name]
        region = plane.create_roi_table_region(
            region=list(range(n_cells)), description="all cells"
        )
        return _import_pynwb().ophys.RoiResponseSeries(
            name=_SIGNALS.get(key, key),
            description=f"{key} of {name}",
            data=_fill_signal(stream, key, n_cells),
            rois=region,
            unit=_UNITS.get(key, "n.a."),
            timestamps=self._seconds(stream.times_ns),
        )

    def _seconds(self, times_ns: np.ndarray) -> np.ndarray:
        return (times_ns - self._start_ns) / 1e9


def _iter_frames(stream: Stream) -> Iterator[np.ndarray]:
    for frame in stream.payloads:
        yield np.asarray(frame)


def _pixel_masks(cells: Dict[str, Any]) -> Iterator[np.ndarray]:
    # (x, y, weight) of each cell's pixels, as NWB wants them.
    kind = [("x", "u4"), ("y", "u4"), ("weight", "f4")]
    n_columns = int(cells["shape"][1])
    offsets = np.asarray(cells["offsets"], np.int64)
    for start, stop in zip(offsets[:-1], offsets[1:]):
        pixels = np.asarray(cells["pixels"][start:stop], np.int64)
        mask = np.zeros(len(pixels), kind)
        mask["y"], mask["x"] = np.divmod(pixels, n_columns)
        mask["weight"] = cells["weights"][start:stop]
        yield mask


def _fill_signal(stream: Stream, key: str, n_cells: int) -> np.ndarray:
    values = np.full((len(stream), n_cells), np.nan, np.float32)
    for row, payload in enumerate(stream.payloads):
        signal = np.atleast_1d(payload.get(key, ()))[:n_cells]
        values[row, : len(signal)] = signal
    return values


def _find_intervals(
    shown: List[Dict[str, Any]], times: np.ndarray
) -> Iterator[Tuple[float, float, Dict[str, Any]]]:
    begun: Optional[Tuple[float, Dict[str, Any]]] = None
    for change, time in zip(shown, times):
        if begun is not None:
            yield begun[0], float(time), begun[1]
            begun = None
        if change.get("on"):
            fields = {k: v for k, v in change.items() if k not in ("on", "frame")}
            begun = (float(time), fields)
    if begun is not None:
        # Cut off by the end of the run: no one knows how long it was shown.
        yield begun[0], float("nan"), begun[1]


def _import_pynwb() -> Any:
    try:
        return importlib.import_module("pynwb")  # an extra, and slow
    except ImportError:
        raise RecordingError(
            "NWB can't be written without pynwb.",
            code="RV-D28",
            mend='install the extra: pip install "ranvier[nwb]"',
        ) from None


def _import_hdmf() -> Any:
    importlib.import_module("hdmf.data_utils")
    return importlib.import_module("hdmf")
