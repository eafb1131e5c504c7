"""Run by the Python of an environment with aind-data-schema 2.x and AIND's upgrader.

Arguments are session folders. The last line printed is JSON: of each folder the
acquisition that the upgrader makes of session.json, and each 2.x file as the library
itself writes it again.
"""

import importlib
import json
import sys
import warnings
from pathlib import Path

CLASSES = {
    "acquisition": "Acquisition",
    "instrument": "Instrument",
    "data_description": "DataDescription",
    "subject": "Subject",
}


def read(folder, name):
    path = folder / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def upgrade(folder):
    """Upgrade the session alone; then, if all is there, with the rest, as one asset."""
    from aind_metadata_upgrader.upgrade import Upgrade

    session = read(folder, "session")
    alone = Upgrade({"session": session}, skip_metadata_validation=True)
    model = importlib.import_module("aind_data_schema.core.acquisition").Acquisition
    acquisition = model.model_validate(alone.metadata.acquisition)
    files = {name: read(folder, name) for name in CLASSES if name != "acquisition"}
    is_joint = all(files.values())
    if is_joint:
        asset = {"name": folder.name, "location": str(folder), "session": session}
        Upgrade({**asset, **files})  # raises if all together are not valid
    return {"acquisition": json.loads(acquisition.model_dump_json()), "joint": is_joint}


def write_again(folder):
    written = {}
    for name, class_name in CLASSES.items():
        content = read(folder, name)
        if content is not None:
            module = importlib.import_module(f"aind_data_schema.core.{name}")
            model = getattr(module, class_name).model_validate(content)
            written[name] = json.loads(model.model_dump_json())
    return written


warnings.simplefilter("ignore")
folders = [Path(argument) for argument in sys.argv[1:]]
result = {
    folder.name: {"upgraded": upgrade(folder), "written": write_again(folder)}
    for folder in folders
}
sys.stdout.write("\n" + json.dumps(result) + "\n")
