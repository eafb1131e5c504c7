"""Peers that bring a runtime of their own: each in processes of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

_HERE = Path(__file__).parent
_LIMIT_S = 90.0


def why_absent(package: str) -> str:
    """Say why a peer can't be measured here; "" if it can."""
    there = importlib.util.find_spec(package) is not None
    return "" if there else f"not here (no {package})"


def why_no_improv(python: str) -> str:
    """Say why improv can't be measured here; "" if it can."""
    if not python:
        return "not here (give --improv-python)"
    done = subprocess.run([python, "-c", "import improv, pyarrow.plasma"],
                          capture_output=True, check=False)  # fmt: skip
    return "" if done.returncode == 0 else "not here (no improv, or no plasma)"


def measure_ezmsg(
    frame: np.ndarray, rate_hz: float, count: int, *, returns: bool = False
) -> np.ndarray:
    """Send arrays between two processes of ezmsg, one way or there and back.

    Returns
    -------
    ndarray
        Arrival and age, shape (count, 2), ns.
    """
    return _measure(
        sys.executable, "_ezmsg_peer.py", frame, rate_hz, count, ends=not returns
    )


def measure_improv(
    python: str, frame: np.ndarray, rate_hz: float, count: int
) -> np.ndarray:
    """Send arrays from one actor of improv to another.

    Returns
    -------
    ndarray
        Arrival and age, shape (count, 2), ns.
    """
    return _measure(python, "_improv_peer.py", frame, rate_hz, count, ends=True)


def _measure(
    python: str,
    script: str,
    frame: np.ndarray,
    rate_hz: float,
    count: int,
    *,
    ends: bool,
) -> np.ndarray:
    with tempfile.TemporaryDirectory(prefix="ranvier-bench-") as folder:
        path = Path(folder) / "times.npy"
        given = {
            "shape": frame.shape, "dtype": frame.dtype.name, "rate_hz": rate_hz,
            "count": count, "path": str(path), "ends": ends,
        }  # fmt: skip
        process = subprocess.Popen(
            [python, str(_HERE / script), json.dumps(given)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder,
            start_new_session=True, env=_with_its_programs(python),
        )  # fmt: skip
        try:
            said, _ = process.communicate(timeout=_LIMIT_S)
        except subprocess.TimeoutExpired:
            said = f"it had not ended after {_LIMIT_S:g} s"
        finally:
            _end_group(process.pid)
            process.wait()
        if not path.exists():
            last = said.strip().splitlines()[-1:] or ["it said nothing"]
            raise RuntimeError(f"{script}: {last[0]}")
        return np.load(path)


def _with_its_programs(python: str) -> dict[str, str]:
    # improv starts `plasma_store`, which lies beside its interpreter.
    paths = f"{Path(python).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": paths}


def _end_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
