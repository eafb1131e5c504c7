"""Where work on many sessions is done: here, in processes, or on a cluster."""

from __future__ import annotations

from ranvier.analysis.executors._dask import DaskExecutor
from ranvier.analysis.executors._local import (
    Executor,
    Outcome,
    PoolExecutor,
    SerialExecutor,
    WorkerDiedError,
)
from ranvier.analysis.executors._open import open_executor

__all__ = [
    "DaskExecutor",
    "Executor",
    "Outcome",
    "PoolExecutor",
    "SerialExecutor",
    "WorkerDiedError",
    "open_executor",
]
