"""Values that the older launcher's documentation names.

Its page of the API gives no values. Those of the paths and of the output folder stand
elsewhere in the same documentation; the ending of session files is what its code wrote.
"""

from __future__ import annotations

DEFAULT_BONSAI_PATHS = (
    "C:/Program Files/Bonsai/Bonsai.exe",
    "C:/Bonsai/Bonsai.exe",
    "bonsai/Bonsai.exe",
)
"""Where Bonsai is looked for if no parameter says so; a relative one from where the
program stands."""

DEFAULT_OUTPUT_DIRECTORY = "data"
"""Where sessions are kept if neither rig nor parameter file says so."""

DEFAULT_TIMEOUT_SECONDS: float | None = None
"""How long an experiment may take if `run_timeout_sec` does not say so, s: without end.
The documentation names such a limit and nowhere says how long it is."""

BONSAI_FILE_EXTENSION = ".bonsai"
PARAMETER_FILE_EXTENSION = ".json"
SESSION_FILE_EXTENSION = "_session.json"
