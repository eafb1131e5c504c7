"""Bonsai as a bare process, for code that watches over it itself.

A session runs its program otherwise: with limits, logs and the whole tree owned.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.session.experiment._faults import unusable
from ranvier.session.faults import BonsaiProcessError
from ranvier.session.programs import build_bonsai, check_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psutil

AnyPath = str | os.PathLike[str]

_GRACE_S = 3.0  # as the older launcher gave


def start_bonsai_process(
    bonsai_exe_path: AnyPath,
    workflow_path: AnyPath,
    properties: Mapping[str, Any] | None = None,
) -> subprocess.Popen[bytes]:
    """Start Bonsai with a workflow, without its editor.

    Its output goes where this program's goes, so that no full pipe can hold it up.

    Parameters
    ----------
    bonsai_exe_path, workflow_path
        Files.
    properties
        Externalised properties of the workflow.

    Returns
    -------
    subprocess.Popen
        It runs; whoever called waits for it, with `wait_for_process`.

    Raises
    ------
    BonsaiProcessError
        If a property is not the workflow's, or the program can't be started.
    """
    workflow, given = Path(workflow_path), dict(properties or {})
    try:
        text = workflow.read_text(encoding="utf-8-sig")
        report = check_workflow(text, given, root_property="", where=str(workflow))
        report.raise_errors(BonsaiProcessError)
        return subprocess.Popen(
            build_bonsai(bonsai_exe_path, workflow, given),
            stdin=subprocess.DEVNULL,
        )
    except (OSError, UnicodeDecodeError) as error:
        mend = "correct the path of the program or of the workflow"
        what = "Bonsai with this workflow"
        raise unusable(
            BonsaiProcessError, what, str(workflow), str(error), mend
        ) from error


def wait_for_process(
    process: subprocess.Popen[Any], timeout: float | None = None
) -> bool:
    """Wait for the end of a process.

    Parameters
    ----------
    process
        That was started.
    timeout
        At most so long, s; None is for ever.

    Returns
    -------
    bool
        True if it has ended with exit code 0; False if it failed, or the time is over:
        its `returncode` then is None.
    """
    try:
        return process.wait(timeout) == 0
    except subprocess.TimeoutExpired:
        return False


class ProcessMonitor:
    """Looks at a process and what it started, and ends them.

    Parameters
    ----------
    process
        That was started.
    """

    def __init__(self, process: subprocess.Popen[Any]) -> None:
        self._process = process

    def get_memory_usage(self) -> int:
        """Measure its memory.

        Returns
        -------
        int
            Resident memory of the whole tree, bytes; 0 if it is gone.
        """
        import psutil

        total = 0
        for each in self._list_tree():
            with contextlib.suppress(psutil.Error):
                total += each.memory_info().rss
        return total

    def terminate_process(self) -> bool:
        """Ask the tree to end, and kill what is left of it after 3 s.

        Returns
        -------
        bool
            True if all of it is gone.
        """
        import psutil

        tree = self._list_tree()
        for each in tree:
            with contextlib.suppress(psutil.Error):
                each.terminate()
        _, left = psutil.wait_procs(tree, _GRACE_S)
        for each in left:
            with contextlib.suppress(psutil.Error):
                each.kill()
        _, left = psutil.wait_procs(left, _GRACE_S)
        # Its own child it must wait for, or its number stays taken.
        wait_for_process(self._process, _GRACE_S)
        return not left and self._process.returncode is not None

    def _list_tree(self) -> list[psutil.Process]:
        import psutil

        if self._process.poll() is not None:
            return []
        try:
            top = psutil.Process(self._process.pid)
            return [*top.children(recursive=True), top]
        except psutil.Error:
            return []
