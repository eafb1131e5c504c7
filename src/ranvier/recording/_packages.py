"""The packages of an interpreter: of this one, or of any that runs this file's text.

It imports nothing but the standard library, so that an interpreter can be asked in
which ranvier is not installed, and answers quickly.
"""

from __future__ import annotations

import importlib.metadata
import platform
import sys


def collect_environment() -> str:
    """List the packages of this interpreter.

    Returns
    -------
    str
        A comment line on the interpreter, then "name==version" lines in order of the
        alphabet, as `pip freeze` gives; no program is started.

    Examples
    --------
    >>> "numpy==" in collect_environment()
    True
    """
    found = {_describe(each) for each in importlib.metadata.distributions()}
    head = f"# Python {platform.python_version()}, {platform.platform()}"
    return "\n".join([head, *sorted(found, key=str.lower)]) + "\n"


def _describe(distribution: importlib.metadata.Distribution) -> str:
    name = str(distribution.metadata["Name"])
    editable = ""
    # Where an editable package lies is a matter of this machine; that it is one says
    # that its version number alone does not name the code.
    direct = distribution.read_text("direct_url.json") or ""
    if '"editable": true' in direct or '"editable":true' in direct:
        editable = "  # editable"
    return f"{name}=={distribution.version}{editable}"


if __name__ == "__main__":
    sys.stdout.buffer.write(collect_environment().encode())
