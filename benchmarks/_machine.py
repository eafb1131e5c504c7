"""What the figures were measured on: machine, date, versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("ranvier", "numpy", "msgspec", "iceoryx2", "mcap", "pyzmq", "ezmsg")


def describe_machine(
    scratch: Path, packages: tuple[str, ...] = PACKAGES
) -> dict[str, Any]:
    """Describe the machine, the day and the versions; no path of it.

    Parameters
    ----------
    scratch
        Folder on the disk that is measured.
    packages
        Whose versions are told.

    Returns
    -------
    dict
        Texts by what they say.
    """
    memory_gb = psutil.virtual_memory().total / 1e9
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{memory_gb:.0f} GB",
        "disk": _file_system(scratch),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "versions": ", ".join(f"{p} {v}" for p, v in _versions(packages)),
        "load": f"{os.getloadavg()[0]:.1f} processes waiting or running at the end",
    }


def _versions(packages: tuple[str, ...]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for package in packages:
        try:
            found.append((package, importlib.metadata.version(package)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _file_system(folder: Path) -> str:
    places = [
        part
        for part in psutil.disk_partitions(all=True)
        if folder.resolve().is_relative_to(part.mountpoint)
    ]
    return max(places, key=lambda p: len(p.mountpoint)).fstype if places else "unknown"
