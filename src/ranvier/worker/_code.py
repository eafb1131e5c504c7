"""Which code a node comes from: file, its hash, package and version, commit."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any, Dict, Type

from ranvier.node import Node, find_version, package_of


def describe_code_of(cls: Type[Node]) -> Dict[str, Any]:
    """Say which code a class comes from; the supervisor adds the git commit.

    Returns
    -------
    dict
        module, file, sha256 of the file, package and version where there is one.
    """
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    code: Dict[str, Any] = {"module": cls.__module__, "class": cls.__qualname__}
    if file and Path(file).is_file():
        code["file"] = str(Path(file).resolve())
        code["sha256"] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    package = package_of(cls.__module__)
    code["package"] = package
    code["version"] = find_version(package) if package else ""
    return code
