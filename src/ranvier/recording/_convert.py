"""Turns a recording into HDF5 or NPZ, any stream of it; NWB is next door."""

from __future__ import annotations

import importlib
import zipfile
from pathlib import Path
from typing import Any, Iterable, List, Optional

import msgspec
import numpy as np

from ranvier.core import RecordingError, Reporter, SilentReporter, format_count
from ranvier.recording._columns import Column, count_blocks, has_one_shape, iter_columns
from ranvier.recording._reader import Recording
from ranvier.recording._stream import Stream
from ranvier.recording._verify import find_gaps
from ranvier.recording._whole_file import whole_file

_HEADERS = ("time_ns", "sequence", "epoch", "origin_sequence", "origin_time_ns")


def convert_to_npz(
    recording: Recording,
    target: Path,
    streams: Optional[Iterable[str]] = None,
    reporter: Optional[Reporter] = None,
) -> None:
    """Write streams as NumPy arrays in one file.

    Parameters
    ----------
    recording
        What to convert.
    target
        The .npz file; it must not exist.
    streams
        Names; all if None.
    reporter
        Who is told how far it has come, and what is missing.

    Raises
    ------
    RecordingError
        If there is no such stream, the recording is damaged there, or the target
        can't be written.

    Notes
    -----
    Arrays are called "<node.output>/time_ns", "…/data", "…/data/<field>"; "…/missing"
    is how many messages are known to be missing. Load with `numpy.load(path)`; no array
    holds Python objects, so nothing is run on loading.
    """
    told = reporter or SilentReporter()
    names = _choose(recording, streams)
    with (
        whole_file(target),
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, True) as archive,
    ):
        for n, name in enumerate(names):
            told.advance("convert", n, len(names))
            missing = Column("missing", np.array(tell_missing(recording, name, told)))
            for column in (*iter_columns(recording[name]), missing):
                with archive.open(f"{name}/{column.name}.npy", "w") as file:
                    values = np.asarray(column.values)
                    np.lib.format.write_array(file, values, allow_pickle=False)
    told.advance("convert", len(names), len(names))


def convert_to_hdf5(
    recording: Recording,
    target: Path,
    streams: Optional[Iterable[str]] = None,
    reporter: Optional[Reporter] = None,
) -> None:
    """Write streams as groups of an HDF5 file.

    Parameters
    ----------
    recording
        What to convert.
    target
        The .h5 file; it must not exist.
    streams
        Names; all if None.
    reporter
        Who is told how far it has come, and what is missing.

    Raises
    ------
    RecordingError
        If there is no such stream, the recording is damaged there, or the target
        can't be written.

    Notes
    -----
    Group "<node.output>" holds time_ns (int64, monotonic), sequence, epoch and data;
    its attributes say unit and rate, and how many messages are known to be missing.
    Frames are written block by block, so a movie
    need not fit into memory. Attributes of the file hold run, start and graph.
    """
    told = reporter or SilentReporter()
    names = _choose(recording, streams)
    with whole_file(target), _import_h5py().File(target, "w") as file:
        _describe_run(file, recording)
        for n, name in enumerate(names):
            told.advance("convert", n, len(names))
            group = file.create_group(name)
            group.attrs["missing"] = tell_missing(recording, name, told)
            _write_group(group, recording[name])
    told.advance("convert", len(names), len(names))


def count_missing(recording: Recording, stream: str) -> int:
    """Count the messages that are known to be missing in a stream.

    Parameters
    ----------
    recording
        Of a session folder or a file by itself.
    stream
        "node.output".

    Returns
    -------
    int
        Sum over its gaps, explained or not.

    Raises
    ------
    RecordingError
        If there is no such stream, or its headers can't be read.
    """
    return sum(each.n_missing for each in find_gaps(recording, stream))


def tell_missing(recording: Recording, stream: str, reporter: Reporter) -> int:
    """Count as `count_missing`, and warn if that is not 0.

    Returns
    -------
    int
        The count.
    """
    missing = count_missing(recording, stream)
    if missing:
        lacks = format_count(missing, "message")
        reporter.warn(f"{stream} lacks {lacks}; `ranvier verify` says why")
    return missing


def _write_group(group: Any, stream: Stream) -> None:
    for field, value in zip(stream.info._fields, stream.info):
        if value not in ("", None):
            group.attrs[field] = value
    if not has_one_shape(stream):
        for column in iter_columns(stream):
            _write_column(group, column)
        return
    group["time_ns"] = stream.times_ns
    for name in _HEADERS[1:]:
        group[name] = np.ascontiguousarray(stream.headers[name])
    first = stream[0]
    shape = (len(stream), *first.shape)
    # One message a chunk, so that reading one reads no other; empty ones have none.
    chunks = (1, *first.shape) if first.size else None
    data = group.create_dataset("data", shape, first.dtype, chunks=chunks)
    for start, stop in count_blocks(len(stream), first.nbytes):
        if first.size:
            data[start:stop] = stream[start:stop]


def _write_column(group: Any, column: Column) -> None:
    if isinstance(column.values, np.ndarray):
        group[column.name] = column.values
    else:
        texts = [text.replace("\0", "�") for text in column.values]
        kind = _import_h5py().string_dtype()
        group.create_dataset(column.name, data=texts, shape=(len(texts),), dtype=kind)


def _describe_run(file: Any, recording: Recording) -> None:
    file.attrs["run"] = recording.run
    try:
        manifest = recording.manifest
    except RecordingError:
        return  # a file by itself has none
    file.attrs["wall_start"] = manifest.wall_start
    file.attrs["monotonic_ns"] = manifest.monotonic_ns
    file.attrs["graph"] = manifest.graph_text
    nodes = {node.name: node.parameters for node in manifest.nodes}
    file.attrs["parameters"] = msgspec.json.encode(nodes, enc_hook=str).decode()


def _import_h5py() -> Any:
    # Slow, and the recorder must not have it.
    return importlib.import_module("h5py")


def _choose(recording: Recording, streams: Optional[Iterable[str]]) -> List[str]:
    names = list(recording) if streams is None else list(streams)
    for name in names:
        _ = recording[name]
    return names
