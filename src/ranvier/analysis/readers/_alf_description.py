"""What description and task settings of an ALF session say of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers._hemispheres import find_hemispheres
from ranvier.analysis.readers._tables import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.analysis.readers._alf_files import Dataset, SessionPlace

__all__ = ["describe_session"]

_BLOCKS = ("LEN_BLOCKS", "POSITIONS", "BLOCK_PROBABILITY_SET")


def describe_session(place: SessionPlace, datasets: list[Dataset]) -> dict[str, Any]:
    """Read experiment description and task settings.

    Parameters
    ----------
    place
        What the path says.
    datasets
        Of the session.

    Returns
    -------
    dict
        As of `AlfSource.read_metadata`, and task_collections: collections of choice
        tasks, "alf/task_00".

    Raises
    ------
    FileFault
        If one of the files can't be read.
    """
    session = str(place.path)
    description = _first(datasets, "experiment", "description", "yaml")
    settings = _first(datasets, "taskSettings", "raw", "json")
    known = _read_yaml(description.path, session) if description else {}
    task = _read_json(settings.path, session) if settings else {}
    tasks = _find_tasks(known)
    protocols = [name for name, _ in tasks] or [_text(task, "PYBPOD_PROTOCOL")]
    locations = _first(datasets, "photometryROI", "locations", "pqt")
    regions = _find_fibers(known) or _find_located(locations, session)
    start = _text(task, "SESSION_START_TIME") or _text(task, "SESSION_DATETIME")
    return {
        "subject": place.subject,
        "lab": place.lab,
        "number": place.number,
        "start_time": start[:26] or f"{place.date}T00:00:00",
        "end_time": _text(task, "SESSION_END_TIME")[:26],
        "task_protocol": "/".join(name for name in protocols if name),
        "projects": _texts(known.get("projects")),
        "users": _texts(known.get("users")),
        "brain_region": regions,
        "hemisphere": find_hemispheres(regions),
        "block_info": {key: task[key] for key in _BLOCKS if key in task},
        "task_collections": [
            collection.replace("raw_task_data", "alf/task")
            for name, collection in tasks
            if "ChoiceWorld" in name and "passive" not in name
        ],
    }


def _first(
    datasets: list[Dataset], name: str, attribute: str, extension: str
) -> Dataset | None:
    wanted = (name, attribute, extension)
    fitting = (d for d in datasets if (d.object, d.attribute, d.extension) == wanted)
    return next(fitting, None)


def _read_yaml(path: Path, session: str) -> dict[str, Any]:
    from ruamel.yaml import YAML, YAMLError

    try:
        found: Any = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    except (OSError, ValueError, YAMLError) as error:
        raise _unreadable(path, session, error) from error
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _read_json(path: Path, session: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, session, error) from error
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _unreadable(path: Path, session: str, error: Exception) -> FileFault:
    return FileFault(
        f"{path.name} can't be read.", session=session,
        found=f"{path}: " + " ".join(str(error).split()),
    )  # fmt: skip


def _find_tasks(description: dict[str, Any]) -> list[tuple[str, str]]:
    tasks = description.get("tasks") or []
    found: list[tuple[str, str]] = []
    for entry in tasks if isinstance(tasks, list) else [tasks]:
        if isinstance(entry, dict):
            items = cast("dict[str, Any]", entry).items()
            found += [(name, _text(value, "collection")) for name, value in items]
    return found


def _find_fibers(description: dict[str, Any]) -> list[str]:
    devices = description.get("devices")
    device = devices.get("neurophotometrics") if isinstance(devices, dict) else None
    fibers = device.get("fibers") if isinstance(device, dict) else None
    if not isinstance(fibers, dict):
        return []
    each = cast("dict[str, Any]", fibers).values()
    return [name for name in (_text(fiber, "location") for fiber in each) if name]


def _find_located(locations: Dataset | None, session: str) -> list[str]:
    if locations is None:
        return []
    table = read_table(locations.path, session)
    column = table.get("brain_region")
    return [] if column is None else [str(name) for name in column.dropna()]


def _text(values: Any, key: str) -> str:
    if not isinstance(values, dict):
        return ""
    value = cast("dict[str, Any]", values).get(key)
    return value if isinstance(value, str) else ""


def _texts(given: Any) -> list[str]:
    values = cast("list[Any]", given) if isinstance(given, list) else [given]
    return [str(value) for value in values if value]
