"""Which executor: of this machine, or of a cluster."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ranvier.analysis.executors._dask import DaskExecutor
from ranvier.analysis.executors._local import PoolExecutor, SerialExecutor

if TYPE_CHECKING:
    from ranvier.analysis.executors._local import Executor


def open_executor(n_workers: int | None = None, scheduler: str = "") -> Executor:
    """Choose where the work is done.

    Parameters
    ----------
    n_workers
        Processes of this machine; None is one for each core, 1 is this process.
    scheduler
        Address of a Dask scheduler; empty: this machine.

    Returns
    -------
    Executor
    """
    if scheduler:
        return DaskExecutor(scheduler)
    count = n_workers or os.cpu_count() or 1
    return SerialExecutor() if count == 1 else PoolExecutor(count)
