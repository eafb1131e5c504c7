"""Steps at which machines wait for each other."""

from __future__ import annotations

import importlib
import platform
import time
from typing import Any

from ranvier.session.steps._barrier import Barrier, host_barrier, join_barrier
from ranvier.session.steps._failures import refuse
from ranvier.session.steps._step import (
    AFTER,
    BEFORE,
    ShippedStep,
    StepContext,
    StepParameter,
    StepResult,
    warn,
)

_READY = "pre_acquisition_ready"
_REPEAT_S = 0.1


def meet(context: StepContext) -> StepResult:
    """Wait at the ready barrier until all machines are there.

    Returns
    -------
    StepResult
        A warning if a machine did not say that it heard "go".

    Raises
    ------
    StepError
        If not all came in time.
    """
    values = context.parameters
    barrier = Barrier(
        address=str(values["ready_barrier_host"]),
        port=int(values["ready_barrier_port"]),
        node=str(values["ready_barrier_node"] or platform.node()),
        key=str(values["ready_barrier_key"] or context.record.subject or ""),
        n_guests=int(values["ready_barrier_guests"]),
        timeout_s=float(values["ready_barrier_timeout_sec"]),
    )
    if values["ready_barrier_role"] == "guest":
        join_barrier(barrier, lambda: context.is_stopped)
        return StepResult.done(data={"ready_barrier": [barrier.node]})
    guests, silent = host_barrier(barrier, lambda: context.is_stopped)
    data = {"ready_barrier": [barrier.node, *guests]}
    if not silent:
        return StepResult.done(data=data)
    problem = "not all machines said that they heard go."
    mend = "look whether they run"
    finding = warn(
        context.step, problem, "RV-S49", found=f"silent: {silent}", mend=mend
    )
    return StepResult.done(finding, data=data)


def publish_ready(context: StepContext) -> StepResult:
    """Tell over ZeroMQ that this machine is ready.

    One that subscribes late misses what was said before: it is said again and again
    while the step lasts.

    Returns
    -------
    StepResult
        OK; whether anyone heard it can't be known.

    Raises
    ------
    StepError
        If pyzmq is missing, or the address is taken.
    """
    zmq = _import_zmq()
    wait_s = float(context.parameters["zmq_ready_publisher_wait"])
    with zmq.Context() as zeromq, zeromq.socket(zmq.PUB) as publisher:
        publisher.linger = 200
        try:
            publisher.bind(str(context.parameters["zmq_ready_publisher_address"]))
        except zmq.ZMQError as error:
            raise _build_unreached(error) from error
        end = time.monotonic() + wait_s
        while True:
            publisher.send_string(_READY)
            left = end - time.monotonic()
            if left <= 0 or context.is_stopped:
                return StepResult.done()
            time.sleep(min(left, _REPEAT_S))


def await_ready(context: StepContext) -> StepResult:
    """Wait until another machine tells over ZeroMQ that it is ready.

    Returns
    -------
    StepResult
        OK when it is.

    Raises
    ------
    StepError
        If pyzmq is missing, or nothing comes in time.
    """
    zmq = _import_zmq()
    timeout_s = float(context.parameters["zmq_ready_waiter_timeout"])
    address = str(context.parameters["zmq_ready_waiter_address"])
    with zmq.Context() as zeromq, zeromq.socket(zmq.SUB) as subscriber:
        subscriber.linger = 0
        try:
            subscriber.connect(address)
        except zmq.ZMQError as error:
            raise _build_unreached(error) from error
        subscriber.setsockopt_string(zmq.SUBSCRIBE, _READY)
        end = time.monotonic() + timeout_s
        while time.monotonic() < end and not context.is_stopped:
            if subscriber.poll(int(_REPEAT_S * 1000)):
                return StepResult.done()
    raise refuse(
        "the other machine did not tell that it is ready.",
        "start it; raise `zmq_ready_waiter_timeout`; or use `ready_barrier`",
        found=f"nothing from {address} within {timeout_s:g} s",
    )


def _import_zmq() -> Any:
    try:
        return importlib.import_module("zmq")  # that few rigs need
    except ImportError as error:
        raise refuse(
            "this step speaks ZeroMQ, and pyzmq is not installed.",
            "install pyzmq; or use the step `ready_barrier`, which needs nothing",
        ) from error


def _build_unreached(error: Exception) -> Exception:
    return refuse(
        "the ZeroMQ address can't be used.", "take another one", found=str(error)
    )


_BARRIER = (
    StepParameter(
        "ready_barrier_role",
        ("string",),
        "host on one machine, guest on the others",
        rules={"enum": ["host", "guest"]},
        is_required=True,
    ),
    StepParameter(
        "ready_barrier_host",
        ("string",),
        "interface that the host listens on; for a guest, where the host is",
        default="127.0.0.1",
    ),
    StepParameter(
        "ready_barrier_port",
        ("integer",),
        "TCP port of the host",
        rules={"minimum": 1, "maximum": 65535},
        is_required=True,
    ),
    StepParameter(
        "ready_barrier_guests",
        ("integer",),
        "how many guests the host waits for",
        default=1,
        rules={"minimum": 1},
    ),
    StepParameter(
        "ready_barrier_timeout_sec",
        ("number",),
        "how long all may take to come, s",
        default=300,
        rules={"exclusiveMinimum": 0},
    ),
    StepParameter(
        "ready_barrier_key", ("string",), "same on all; the subject if not given"
    ),
    StepParameter(
        "ready_barrier_node", ("string",), "name of this machine; that of the computer"
    ),
)

STEPS = (
    ShippedStep(
        "ready_barrier",
        "Waits until all machines of a session are ready, then lets all go.",
        (BEFORE, AFTER),
        meet,
        _BARRIER,
    ),
    ShippedStep(
        "zmq_ready_publisher",
        "Tells over ZeroMQ that this machine is ready; needs pyzmq.",
        (BEFORE,),
        publish_ready,
        (
            StepParameter(
                "zmq_ready_publisher_wait",
                ("number",),
                "how long it is told, s",
                default=2,
                rules={"minimum": 0},
            ),
            StepParameter(
                "zmq_ready_publisher_address",
                ("string",),
                "where it is told",
                default="tcp://127.0.0.1:5555",
            ),
        ),
    ),
    ShippedStep(
        "zmq_ready_waiter",
        "Waits until another machine tells over ZeroMQ that it is ready; needs pyzmq.",
        (BEFORE,),
        await_ready,
        (
            StepParameter(
                "zmq_ready_waiter_timeout",
                ("number",),
                "how long it is waited for, s",
                default=10,
                rules={"minimum": 0},
            ),
            StepParameter(
                "zmq_ready_waiter_address",
                ("string",),
                "where it is told",
                default="tcp://127.0.0.1:5555",
            ),
        ),
    ),
)
