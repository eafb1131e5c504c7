"""Cut the demo's movie out of a longer one, loss-free, into a plain HDF5 file.

Run as `python tools/make_demo_movie.py SOURCE.h5 OUT.h5 [--start N] [--frames N]`.
Without `--start` the most active stretch is taken; without `--frames` as many
frames as `--bytes` hold.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CREDIT = (
    "Two-photon mesoscope movie, Tolias lab; CaImAn demo movie "
    "Tolias_mesoscope_2.hdf5, frames as kept by improv (Pearson lab, "
    "pearsonlab/improv 7ccf86ba63bf, demos/basic/save)"
)
LICENCE = "MIT (improv repository, Pearson Lab); no separate data licence was found"


def _cut(
    source: Path, out: Path, start: int | None, n_frames: int | None, size: int
) -> None:
    # Write the stretch and read it back to prove that nothing was lost.
    with h5py.File(source) as file:
        movie = np.asarray(file["mov"])
    wanted = (
        n_frames if n_frames is not None else int(size / _bytes_a_frame(out, movie))
    )
    first = start if start is not None else _most_active(movie, wanted)
    while True:
        piece = movie[first : first + wanted]
        _write(out, piece, first)
        if n_frames is not None or out.stat().st_size <= size:
            break
        wanted -= 1
    with h5py.File(out) as file:
        same = np.array_equal(np.asarray(file["mov"]), piece)
    print(
        f"{len(piece)} frames from {first}, {out.stat().st_size} bytes, equal: {same}"
    )


def _write(out: Path, piece: NDArray[np.int16], first: int) -> None:
    # Write frames, shuffled and deflated in chunks of 8, and where they are from.
    with h5py.File(out, "w", libver=("v108", "v108")) as file:
        data = file.create_dataset(
            "mov",
            data=piece,
            chunks=(8, *piece.shape[1:]),
            shuffle=True,
            compression="gzip",
            compression_opts=9,
            track_times=False,
        )
        data.attrs["rate_hz"] = 15.0
        data.attrs["unit"] = "detector count"
        data.attrs["axes"] = "time, row, column"
        data.attrs["credit"] = CREDIT
        data.attrs["source"] = "https://github.com/pearsonlab/improv"
        data.attrs["licence"] = LICENCE
        data.attrs["frames"] = f"{first} to {first + len(piece) - 1} of the source"
        data.attrs["rows"] = "280 to 407 of the source"
        data.attrs["columns"] = "128 to 255 of the source"


def _most_active(movie: NDArray[np.int16], n_frames: int) -> int:
    # The start of the stretch in which the most pixels rise the highest.
    #
    # Each pixel is averaged over 3x3 pixels and 5 frames; what stands more than four
    # of its standard deviations above its mean counts.
    smooth = movie.astype(np.float32)
    for axis, width in ((0, 5), (1, 3), (2, 3)):
        smooth = (
            sum(np.roll(smooth, k - width // 2, axis) for k in range(width)) / width
        )
    high = (smooth - smooth.mean(0)) / smooth.std(0) - 4.0
    active = np.concatenate([[0.0], np.cumsum(np.clip(high, 0, None).sum((1, 2)))])
    return int(np.argmax(active[n_frames:] - active[:-n_frames]))


def _bytes_a_frame(out: Path, movie: NDArray[np.int16]) -> float:
    _write(out, movie[:64], 0)
    return out.stat().st_size / 64


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=int)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--bytes", type=int, default=6_000_000)
    a = parser.parse_args()
    _cut(a.source, a.out, a.start, a.frames, a.bytes)


if __name__ == "__main__":
    main()
