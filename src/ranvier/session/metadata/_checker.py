"""Validates folders of metadata with the aind-data-schema of this interpreter.

A script of its own: it is run by the Python of another environment, and imports nothing
of ranvier. Arguments are folders; the last line it prints is the result, in JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_Model = tuple[str, str]
_Found = dict[str, list[Any]]

# File, module and class, of each major version.
_MODELS: dict[int, dict[str, _Model]] = {
    1: {"session.json": ("aind_data_schema.core.session", "Session")},
    2: {
        "acquisition.json": ("aind_data_schema.core.acquisition", "Acquisition"),
        "instrument.json": ("aind_data_schema.core.instrument", "Instrument"),
        "data_description.json": (
            "aind_data_schema.core.data_description",
            "DataDescription",
        ),
        "subject.json": ("aind_data_schema.core.subject", "Subject"),
        "procedures.json": ("aind_data_schema.core.procedures", "Procedures"),
    },
}
_ALL_FILES = [name for table in _MODELS.values() for name in table]
_JOINT = "all files together"


def main() -> None:
    """Check the folders named as arguments and print what was found."""
    try:
        library = version("aind-data-schema")
    except PackageNotFoundError:
        _answer({"library": None, "folders": []})
        return
    major = int(library.partition(".")[0])
    models = _MODELS.get(major, {})
    folders = [check_folder(Path(name), major, models) for name in sys.argv[1:]]
    _answer({"library": library, "known": bool(models), "folders": folders})


def check_folder(folder: Path, major: int, models: dict[str, _Model]) -> _Found:
    """Check the files of one folder, each alone and then all together.

    Parameters
    ----------
    folder
        Of a session.
    major
        Version of the library.
    models
        Module and class of each file.

    Returns
    -------
    dict
        checked, skipped (names of files), errors, warnings.
    """
    there = [name for name in _ALL_FILES if (folder / name).is_file()]
    found: _Found = {
        "checked": [],
        "skipped": [name for name in there if name not in models],
        "errors": [],
        "warnings": [],
    }
    whole: dict[str, Any] = {}
    for name in there:
        if name in models:
            content = _check_file(folder / name, models[name], found)
            found["checked"].append(name)
            if content is not None:
                whole[name.partition(".")[0]] = content
    if major == 2 and len(whole) == len(found["checked"]) > 1:
        _check_joint(folder, whole, found)
    return found


def _check_file(path: Path, model: _Model, found: _Found) -> Any:
    module, name = model
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        found["errors"].append(_error(path.name, "", str(error)))
        return None
    schema = getattr(importlib.import_module(module), name)
    return content if _validate(schema, content, path.name, found) else None


def _check_joint(folder: Path, whole: dict[str, Any], found: _Found) -> None:
    if "subject" in whole:
        schema = importlib.import_module("aind_data_schema.core.metadata").Metadata
        names = {"name": folder.name, "location": str(folder)}
        found["checked"].append(_JOINT)
        _validate(schema, {**whole, **names}, _JOINT, found)
    elif "acquisition" in whole and "instrument" in whole:
        # `Metadata` is never without a subject; of these two it asks the same.
        found["checked"].append(_JOINT)
        _check_pair(whole, found)


def _check_pair(whole: dict[str, Any], found: _Found) -> None:
    core = "aind_data_schema.core"
    acquisition = importlib.import_module(core + ".acquisition").Acquisition
    instrument = importlib.import_module(core + ".instrument").Instrument
    check = importlib.import_module("aind_data_schema.utils.compatibility_check")
    pair = check.InstrumentAcquisitionCompatibility(
        instrument.model_validate(whole["instrument"]),
        acquisition.model_validate(whole["acquisition"]),
    )
    try:
        pair.run_compatibility_check(raise_for_missing_devices=True)
    except ValueError as error:
        found["errors"].append(_error(_JOINT, "", str(error)))


def _validate(schema: Any, content: Any, name: str, found: _Found) -> bool:
    pydantic = importlib.import_module("pydantic")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            schema.model_validate(content)
        except pydantic.ValidationError as error:
            for fault in error.errors(include_url=False, include_context=False):
                # "dt" is of the library's own helper for times, and of no file.
                field = ".".join(str(part) for part in fault["loc"] if part != "dt")
                told = "" if fault["type"] == "missing" else repr(fault["input"])
                found["errors"].append(_error(name, field, fault["msg"], told[:200]))
            return False
    # It warns of its own old fields, which it reads itself, whatever the file holds.
    ours = [w for w in caught if not issubclass(w.category, DeprecationWarning)]
    texts = dict.fromkeys(str(warning.message) for warning in ours)
    found["warnings"] += [{"file": name, "problem": text} for text in texts]
    return True


def _error(name: str, field: str, problem: str, told: str = "") -> dict[str, str]:
    return {"file": name, "field": field, "problem": problem, "found": told}


def _answer(result: dict[str, Any]) -> None:
    # The library itself prints now and then: the result is the last line.
    sys.stdout.write("\n" + json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
