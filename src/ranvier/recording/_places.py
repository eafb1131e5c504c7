"""Where the messages of a stream are in the files of a recording; none is read."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Sequence, Tuple

import numpy as np

from ranvier.recording._mcap_file import McapFile


class Places(NamedTuple):
    """Where the messages of a stream are, one row each, in order of recording.

    Parameters
    ----------
    files
        All files of the recording.
    channels
        Channel number of the stream in each file; 0 where it has none.
    file, chunk, offset
        File, chunk in it and offset in that, shape (n,), int64.
    time_ns
        Times of origin, shape (n,), int64.
    """

    files: Sequence[McapFile]
    channels: Tuple[int, ...]
    file: np.ndarray
    chunk: np.ndarray
    offset: np.ndarray
    time_ns: np.ndarray

    def pick(self, which: Any) -> Places:
        """Give the places of some messages.

        Returns
        -------
        Places
            The rows picked.
        """
        return Places(
            self.files, self.channels, self.file[which], self.chunk[which],
            self.offset[which], self.time_ns[which],
        )  # fmt: skip


def find_places(files: Sequence[McapFile], name: str) -> Places:
    """Find the messages of a stream in the indexes of the files.

    Parameters
    ----------
    files
        Parts of a recording, in order.
    name
        "node.output".

    Returns
    -------
    Places
        No message itself is read.
    """
    channels = tuple(_find_channel(file, name) for file in files)
    rows: List[Tuple[np.ndarray, int, int]] = []
    for f, (file, channel) in enumerate(zip(files, channels)):
        for c, chunk in enumerate(file.chunks):
            entries = chunk.indexes.get(channel)
            if entries is not None and len(entries):
                rows.append((entries, f, c))
    if not rows:
        none = np.empty(0, np.int64)
        return Places(files, channels, none, none, none, none)
    lengths = [len(entries) for entries, _, _ in rows]
    joined = np.concatenate([entries for entries, _, _ in rows]).view(np.int64)
    return Places(
        files,
        channels,
        np.repeat([f for _, f, _ in rows], lengths),
        np.repeat([c for _, _, c in rows], lengths),
        np.ascontiguousarray(joined[:, 1]),
        np.ascontiguousarray(joined[:, 0]),
    )


def _find_channel(file: McapFile, name: str) -> int:
    found = (n for n, entry in file.channels.items() if entry.topic == name)
    return next(found, 0)
