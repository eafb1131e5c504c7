"""The transport between processes of one host: iceoryx2's shared memory.

One service an output, with safe overflow, and a queue of its own depth for each
reader: a message is written once for all of them, whatever their policies. iceoryx2's
own waiting is not used (its timed wait was measured to be coarse, 8 ms): wake-ups go
by event counters or named pipes, see `_wake`.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any, Optional, Sequence

import iceoryx2

from ranvier.core import LinkError
from ranvier.links._format import HEADER_SIZE, PADDING
from ranvier.links._interface import Inlet, Lane, Loan, needs_private_lane
from ranvier.links._lent import LentMemory
from ranvier.links._memory import MemoryTransport
from ranvier.links._wake import (
    HandleSleeper,
    HandleWaker,
    Wakers,
    open_pipe,
    pipe_path,
)
from ranvier.spec import LinkPlan, StreamPlan

# The extension brings no types.
iox: Any = iceoryx2

_BLOCK = 64
# Arrays that a node may hold on to, a link, before further ones are copied to it.
_MAX_BORROWED = 6
# Up to here a copy costs less than keeping track of a loan.
_COPY_BELOW = 8192
# Small messages are copied through this type: quicker than ctypes' own functions, and
# only as many bytes are touched as are there.
_Small: Any = ctypes.c_char * _COPY_BELOW
# What the public method calls after looking its types up anew for each message.
_assume_init: Any = getattr(
    iox.SampleMutUninit, "__assume_init", iox.SampleMutUninit.assume_init
)
_SPARE = 4
# Arrays that a node may have from `loan` at once, sent or not.
_MAX_LOANED = 16
# Memory is reserved for messages of 16 kB and taken only as it is written to. Larger
# ones make it grow, which a reader must see before a writer that ends is gone.
_FIRST_BLOCKS = 256


class Block(ctypes.Structure):
    """Unit that the memory of a link is handed out in: 64 bytes."""

    _fields_ = (("words", ctypes.c_uint64 * 8),)


class SharedMemoryTransport:
    """Moves messages between the processes of one host.

    Parameters
    ----------
    folder
        The run's own folder: pipes and what iceoryx2 keeps in files.
    prefix
        Begins the names of all shared memory of the run, so that it can be swept.
    name
        Of this process, for those who look at the files.
    counters
        Inherited event counters to wake by; named pipes where there are none.
    """

    def __init__(
        self, folder: Path, prefix: str, name: str, counters: Sequence[int] = ()
    ) -> None:
        self._folder, self._counters = folder, counters
        self._wakers = Wakers(folder, counters)
        self._within = MemoryTransport()
        self._node: Any = _make_node(make_config(folder, prefix), name)

    def open_lane(self, plan: StreamPlan, private: Optional[LinkPlan]) -> Lane:
        """Open a lane to all readers of a stream, or to that of one link alone.

        Returns
        -------
        Lane
            In shared memory; in this process's own for a link within it.
        """
        if private is not None and private.reader == plan.writer:
            return self._within.open_lane(plan, private)
        service = self._open_service(plan, private)
        return _SharedLane(plan.stream, service, _count(plan, private))

    def open_inlet(self, plan: StreamPlan, link: LinkPlan) -> Inlet:
        """Open the reading end of a link.

        Returns
        -------
        Inlet
            With a queue of the link's own depth.
        """
        if link.reader == plan.writer:
            return self._within.open_inlet(plan, link)
        private = link if needs_private_lane(plan, link) else None
        service = self._open_service(plan, private)
        return _SharedInlet(plan.stream, service, _depth(link))

    def open_sleeper(self, process: int) -> HandleSleeper:
        """Open the sleeper of a process; once.

        Returns
        -------
        HandleSleeper
            On an inherited counter, or a named pipe in the run's folder.
        """
        if self._counters:
            return HandleSleeper(os.dup(self._counters[process]), is_pipe=False)
        return HandleSleeper(open_pipe(pipe_path(self._folder, process), blocks=True))

    def waker(self, process: int) -> HandleWaker:
        """Give the waker of a process.

        Returns
        -------
        HandleWaker
            Opened once and kept.
        """
        return self._wakers[process]

    def close(self) -> None:
        """Let go of the run's shared memory as far as this process holds it."""
        self._wakers.close()
        self._within.close()
        self._node = None

    def _open_service(self, plan: StreamPlan, private: Optional[LinkPlan]) -> Any:
        links = _links(plan, private)
        name = plan.stream + (f">{private.target}" if private else "")
        builder = self._node.service_builder(iox.ServiceName.new(name))
        service = builder.publish_subscribe(iox.Slice[Block])
        service = service.payload_alignment(iox.Alignment.new(_BLOCK))
        service = service.enable_safe_overflow(True).history_size(0)
        service = service.subscriber_max_buffer_size(max(map(_depth, links)))
        # One more for the message that is being looked at.
        service = service.subscriber_max_borrowed_samples(_MAX_BORROWED + 1)
        # Room for readers and a writer that are started again before the dead are
        # cleaned away.
        service = service.max_publishers(_SPARE).max_subscribers(len(links) + _SPARE)
        service = service.max_nodes(len(links) + 2 * _SPARE)
        try:
            return service.open_or_create()
        except (
            iox.PublishSubscribeOpenOrCreateError,
            iox.PublishSubscribeCreateError,
            iox.PublishSubscribeOpenError,
        ) as error:
            raise LinkError(
                f'the shared memory of the stream "{plan.stream}" can\'t be opened.',
                code="RV-L20",
                found=str(error),
                mend="see that /dev/shm has room; `ranvier clean` removes what killed "
                "runs left there",
            ) from error


def make_config(folder: Path, prefix: str) -> Any:
    """Give the configuration of iceoryx2 that is one run's own.

    Returns
    -------
    object
        Its files lie in the run's folder, its shared memory has the run's prefix.
    """
    config: Any = iox.config.default()
    root = folder / "ipc"
    root.mkdir(exist_ok=True)
    config.global_cfg.root_path = iox.Path.new(f"{root}/")
    config.global_cfg.prefix = iox.FileName.new(prefix)
    # The supervisor cleans up after the dead; nobody else needs to look.
    config.global_cfg.node.cleanup_dead_nodes_on_creation = False
    config.global_cfg.node.cleanup_dead_nodes_on_destruction = False
    config.global_cfg.service.cleanup_dead_nodes_on_open = False
    return config


def _no_place(stream: str, end: str, error: Exception) -> LinkError:
    return LinkError(
        f'the stream "{stream}" has no place for one more {end}.',
        code="RV-L22",
        found=str(error),
        mend="stop the run and start it again; it holds on to processes that died",
    )


def _links(plan: StreamPlan, private: Optional[LinkPlan]) -> list[LinkPlan]:
    if private is not None:
        return [private]
    return [link for link in plan.links if not needs_private_lane(plan, link)]


def _depth(link: LinkPlan) -> int:
    return 1 if link.policy.mode == "latest" else link.policy.depth


def _count(plan: StreamPlan, private: Optional[LinkPlan]) -> int:
    """Messages that may exist at once: waiting, held by readers, being written."""
    links = _links(plan, private)
    return sum(_depth(link) + _MAX_BORROWED + 1 for link in links) + _MAX_LOANED


class _SharedLane:
    def __init__(self, name: str, service: Any, count: int) -> None:
        builder = service.publisher_builder().max_loaned_samples(_MAX_LOANED)
        builder = builder.override_sample_preallocation(count)
        builder = builder.initial_max_slice_len(_FIRST_BLOCKS)
        builder = builder.allocation_strategy(iox.AllocationStrategy.PowerOfTwo)
        builder = builder.backpressure_strategy(iox.BackpressureStrategy.DiscardData)
        try:
            self._publisher: Any = builder.create()
        except iox.PublisherCreateError as error:
            raise _no_place(name, "writer", error) from error
        # What the public method calls after looking its types up anew each time.
        take: Any = getattr(
            self._publisher, "__loan_slice_uninit", self._publisher.loan_slice_uninit
        )
        self._lent: Any = LentMemory(take, _FIRST_BLOCKS)

    def loan(self, length: int) -> Loan:
        sample = self._loan_blocks(length)
        address = sample.payload_ptr
        memory = (ctypes.c_uint8 * length).from_address(address)
        # An array over this memory must not outlive the mapping.
        memory.publisher = self._publisher  # pyright: ignore[reportAttributeAccessIssue]
        self._lent.watch(address, memory)
        if length % _BLOCK:
            # What lay behind it before must not cross the link.
            ctypes.memset(address + length, 0, -length % _BLOCK)
        return Loan(memory, sample)

    def send(self, loan: Loan) -> None:
        _assume_init(loan.ticket).send()

    def send_bytes(self, data: bytes) -> None:
        data += PADDING[: -len(data) % _BLOCK]
        length = len(data)
        sample = self._loan_blocks(length)
        if length <= _COPY_BELOW:
            _Small.from_address(sample.payload_ptr).raw = data
        else:
            ctypes.memmove(sample.payload_ptr, data, length)
        _assume_init(sample).send()

    def close(self) -> None:
        self._publisher = self._lent = None

    def _loan_blocks(self, length: int) -> Any:
        n_blocks = (length + _BLOCK - 1) // _BLOCK
        try:
            return self._lent.loan(n_blocks)
        except iox.LoanError as error:
            raise LinkError(
                f"there is no shared memory for a message of {length} bytes.",
                code="RV-L21",
                found=str(error),
                wanted=f"room, and at most {_MAX_LOANED} arrays of `loan` held at once",
                mend="let go of arrays from `context.loan`, or copy what you keep; "
                "make room in /dev/shm, or this output's links less deep",
            ) from error


class _SharedInlet:
    def __init__(self, name: str, service: Any, depth: int) -> None:
        builder = service.subscriber_builder().buffer_size(depth)
        try:
            self._subscriber: Any = builder.create()
        except iox.SubscriberCreateError as error:
            raise _no_place(name, "reader", error) from error
        self._borrowed = 0

    def take(self) -> Optional[Any]:
        sample = self._subscriber.receive()
        if sample is None:
            return None
        length = sample.header.number_of_elements * _BLOCK
        if length <= _COPY_BELOW or self._borrowed >= _MAX_BORROWED:
            data = (
                _Small.from_address(sample.payload_ptr)[:length]
                if length <= _COPY_BELOW
                else ctypes.string_at(sample.payload_ptr, length)
            )
            sample.delete()
            return data
        memory = (ctypes.c_uint8 * length).from_address(sample.payload_ptr)
        # Arrays over this memory keep it, and with it the loan, alive.
        memory.loan = _Borrowed(self, sample)
        return memory

    def borrow(self, change: int) -> None:
        self._borrowed += change

    def close(self) -> None:
        self._subscriber.delete()


class _Borrowed:
    """Returns a message to its writer when no array looks at it any more."""

    __slots__ = ("_inlet", "_sample")

    def __init__(self, inlet: _SharedInlet, sample: Any) -> None:
        self._inlet, self._sample = inlet, sample
        inlet.borrow(1)

    def __del__(self) -> None:
        self._inlet.borrow(-1)


def remove_dead(folder: Path, prefix: str) -> None:
    """Clean up after processes of a run that were killed.

    Called by the supervisor when a worker died: the readers and writers of the dead
    then free their places.
    """
    _make_node(make_config(folder, prefix), "cleaner").try_cleanup_dead_nodes()


def _make_node(config: Any, name: str) -> Any:
    builder = iox.NodeBuilder.new().name(iox.NodeName.new(name[:100]))
    builder = builder.config(config)
    # The supervisor says when a process ends; iceoryx2 must not take its signals.
    builder = builder.signal_handling_mode(iox.SignalHandlingMode.Disabled)
    return builder.create(iox.ServiceType.Ipc)


assert HEADER_SIZE == _BLOCK, "a header fills one block"  # noqa: S101
