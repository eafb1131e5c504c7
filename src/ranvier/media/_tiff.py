"""A movie in TIFF files: one file of many pages, or a folder of files."""

from __future__ import annotations

import importlib
import struct
import zlib
from typing import TYPE_CHECKING, Any

from ranvier.core import NodeError
from ranvier.media._reader import MovieReader, refuse_content, refuse_file

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class TiffMovie(MovieReader):
    """Pages of one TIFF file, or of all in a folder in order of their names.

    Every file of a folder is opened once at the start to count its pages, so that
    the number of frames is exact; only one stays open.
    """

    def __init__(self, path: Path) -> None:
        self._tifffile = _import_tifffile(path)
        # What tifffile and the decoders under it raise on damaged files.
        self._faults: tuple[type[Exception], ...] = (
            self._tifffile.TiffFileError,
            *(OSError, ValueError, IndexError, struct.error, zlib.error),
        )
        self._open_file: Any = None
        self._open_number = -1
        self._files = _list_files(path)
        self._first: list[int] = [0]
        try:
            for number in range(len(self._files)):
                pages = self._file(number).pages
                self._first.append(self._first[-1] + len(pages))
            page = self._file(0).pages[0]
            rate = _find_rate(self._open_file)
        except self._faults as error:
            self.close()
            number = min(len(self._first), len(self._files)) - 1
            raise refuse_file(self._files[number], error) from error
        super().__init__(path, self._first[-1], page.shape, page.dtype, rate)

    def _file(self, number: int) -> Any:
        if number != self._open_number:
            self.close()
            self._open_file = self._tifffile.TiffFile(self._files[number])
            self._open_number = number
        return self._open_file

    def _copy_frame(self, index: int, out: NDArray[Any]) -> None:
        number = next(n for n, first in enumerate(self._first[1:]) if index < first)
        try:
            page = self._file(number).pages[index - self._first[number]]
            frame = page.asarray()
        except self._faults as error:
            raise ValueError(str(error)) from error
        if frame.shape != self.frame_shape or frame.dtype != self.dtype:
            raise ValueError(f"the page is {frame.dtype} of shape {frame.shape}")
        out[...] = frame

    def close(self) -> None:
        """Close the file that is open."""
        if self._open_file is not None:
            self._open_file.close()
        self._open_file = None
        self._open_number = -1


def _import_tifffile(path: Path) -> Any:
    try:
        return importlib.import_module("tifffile")
    except ImportError as error:
        raise NodeError(
            f'"{path.name}" needs a library that reads TIFF, and it is not there.',
            code="RV-N76",
            where=str(path),
            found=str(error),
            mend='pip install "ranvier[tiff]"',
        ) from error


def _list_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(
        each for each in path.iterdir() if each.suffix.lower() in (".tif", ".tiff")
    )
    if not files:
        raise refuse_content(path, "a folder without TIFF files")
    return files


def _find_rate(file: Any) -> float | None:
    # As ScanImage writes it, or as ImageJ.
    scanimage: Any = file.scanimage_metadata
    if scanimage:
        rate = scanimage.get("FrameData", {}).get("SI.hRoiManager.scanFrameRate")
        return float(rate) if rate else None
    imagej: Any = file.imagej_metadata
    interval = imagej.get("finterval") if imagej else None
    return 1.0 / float(interval) if interval else None
