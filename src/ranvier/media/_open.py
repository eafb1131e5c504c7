"""Choose the reader of a movie from the name of its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ranvier.core import NodeError
from ranvier.media._arrays import NpyMovie
from ranvier.media._hdf5 import Hdf5Movie
from ranvier.media._recorded import RecordedMovie
from ranvier.media._tiff import TiffMovie
from ranvier.media._video import VideoMovie

if TYPE_CHECKING:
    from ranvier.media._reader import MovieReader

_HDF5 = (".h5", ".hdf5", ".hdf", ".nwb", ".mat")
_TIFF = (".tif", ".tiff")
_RECORDED = ".mcap"
_VIDEO = (".avi", ".mp4", ".mkv", ".mov")


def open_movie(path: str | Path, dataset: str = "") -> MovieReader:
    """Open a movie so that its frames can be read one at a time.

    HDF5 (and NWB) with h5py, NPY memory-mapped, TIFF and folders of TIFFs with
    tifffile (extra `tiff`), AVI, MP4, MKV and MOV with PyAV (extra `video`), and the
    frames that an earlier run recorded.

    Parameters
    ----------
    path
        A file, a folder of TIFF files that are played in order of their names, or a
        session folder.
    dataset
        Path of the array within an HDF5 file, or the stream of a recording; "" takes
        the only one whose messages could be frames.

    Returns
    -------
    MovieReader
        Open; close it, or use it in a `with` block.

    Raises
    ------
    NodeError
        If the file is missing, damaged, empty, of an unknown format, or if the
        library that reads it is not installed.
    """
    at = Path(path)
    if not at.exists():
        raise NodeError(
            f'the movie "{at.name}" is not there.',
            code="RV-N73",
            where=str(at),
            wanted="a movie file, or a folder of TIFF files",
            mend="correct the path; in a graph file it is relative to that file",
        )
    kind = at.suffix.lower()
    if kind == _RECORDED or any(at.glob(f"recording.*{_RECORDED}")):
        return RecordedMovie(at, dataset)
    if at.is_dir() or kind in _TIFF:
        return TiffMovie(at)
    if kind in _HDF5:
        return Hdf5Movie(at, dataset)
    if kind == ".npy":
        return NpyMovie(at)
    if kind in _VIDEO:
        return VideoMovie(at)
    raise NodeError(
        f'"{at.name}" is of no movie format that ranvier reads.',
        code="RV-N74",
        where=str(at),
        found=kind or "a name without an ending",
        wanted="one of " + ", ".join([*_HDF5, *_TIFF, ".npy", _RECORDED, *_VIDEO]),
        mend="convert the file, or correct the ending of its name",
    )
