"""One open file of a recording: written, flushed and made durable at intervals."""

from __future__ import annotations

import errno
import threading
import time
from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from ranvier.audit import Syncer, find_damage, sync_data
from ranvier.core import free_bytes
from ranvier.recording._mcap_writer import ChannelEntry, McapWriter


class PartOptions(NamedTuple):
    """How a file of a recording is written.

    Parameters
    ----------
    flush_interval_s
        Longest time that a message waits for its chunk, and that a chunk waits for the
        disk to be asked.
    reserve
        Space that is to stay free on the disk, bytes.
    chunk_size
        A chunk of small messages ends at this size, bytes.
    compression
        "", "lz4" or "zstd".
    """

    flush_interval_s: float = 0.25
    reserve: int = 0
    chunk_size: int = 4 << 20
    compression: str = ""


class OpenPart:
    """A file of a recording that is being written.

    Small messages are gathered into a chunk, which goes to the operating system when
    it is large enough or as old as the flush interval, whether messages come or not. A
    thread waits for the disk once an interval, so that the writer need not.

    Parameters
    ----------
    path
        The file; it must not exist.
    channels, metadata
        See `McapWriter`.
    options
        How to write.

    Raises
    ------
    OSError
        If the file can't be made.
    """

    def __init__(
        self,
        path: Path,
        channels: List[ChannelEntry],
        metadata: Mapping[str, Dict[str, str]],
        options: PartOptions,
    ) -> None:
        self.path = path
        self._reserve = options.reserve
        self._interval_ns = int(options.flush_interval_s * 1e9)
        self._lock = threading.Lock()
        self._file = path.open("xb", buffering=0)
        try:
            self._writer = McapWriter(
                self._file,
                channels,
                metadata,
                chunk_size=options.chunk_size,
                compression=options.compression,
            )
        except OSError:
            self._file.close()
            raise
        self._begun_ns = time.monotonic_ns()
        self._failure: Optional[OSError] = None
        self._refused: Dict[int, int] = {}
        self.is_disk_low = False
        """True if less than the reserve is free."""
        self.is_finished = False
        """True if the file was closed with its summary, and the disk has it."""
        self.damage = ""
        """What someone else did to the file while it was written; "" if nothing."""
        self._syncer = Syncer(
            self._file, options.flush_interval_s, self._tick, always=True
        )
        self._syncer.mark()

    def write(self, channel: int, sequence: int, time_ns: int, data: Any) -> None:
        """Add a message; see `McapWriter.write`.

        Raises
        ------
        OSError
            If the disk refuses it, or refused something before it.
        """
        with self._lock:
            if self._failure is not None:
                self._refused[channel] = self._refused.get(channel, 0) + 1
                raise self._failure
            was_empty = not self._writer.pending
            try:
                is_written = self._writer.write(channel, sequence, time_ns, data)
                now = time.monotonic_ns()
                if was_empty:
                    self._begun_ns = now
                elif not is_written and now - self._begun_ns > self._interval_ns:
                    self._writer.flush()
                    is_written = True
            except OSError as error:
                self._failure = error
                raise
            if is_written:
                self._syncer.mark()

    def close(self) -> Dict[int, int]:
        """Finish the file and wait until the disk has it.

        Where the disk refuses the end, the file is left without a summary, readable
        up to its last whole chunk.

        Returns
        -------
        dict
            Channel to the number of messages that could not be written; empty if all
            is well. `is_finished` says whether the summary is there.
        """
        # Not under the lock: the thread may wait for it.
        self._syncer.stop()
        lost = [self._refused]
        try:
            if self._failure is not None:
                lost.append(self._writer.give_up_chunk())
            self._writer.finish()
            self.is_finished = True
        except OSError:
            lost.append(self._leave_unfinished())
        try:
            sync_data(self._file.fileno())
        except OSError:
            self.is_finished = False
        self.damage = self._find_damage()
        self._writer.close()
        self._file.close()
        return {n: sum(each.get(n, 0) for each in lost) for each in lost for n in each}

    def _find_damage(self) -> str:
        return find_damage(self.path, self._file.fileno(), self._writer.good_end)

    def _leave_unfinished(self) -> Dict[int, int]:
        try:
            return self._writer.give_up_chunk()
        except OSError:
            return {}

    def _tick(self) -> None:
        """Flush a chunk that has waited long enough; the syncer's thread calls it."""
        with self._lock:
            # Behind a chunk that was refused nothing may be written: it is torn.
            if self._failure is None:
                try:
                    self._flush_old()
                except OSError as error:
                    self._failure = error
        try:
            self.is_disk_low = free_bytes(self.path.parent) < self._reserve
        except OSError:
            self.is_disk_low = True

    def _flush_old(self) -> None:
        damage = self._find_damage()
        if damage:
            raise OSError(errno.EIO, damage, str(self.path))
        age = time.monotonic_ns() - self._begun_ns
        if self._writer.pending and age > self._interval_ns // 2:
            self._writer.flush()
            self._syncer.mark()
