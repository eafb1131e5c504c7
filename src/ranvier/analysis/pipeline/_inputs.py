"""The files that a stage of a session is made from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.analysis.pipeline._digests import digest_text
from ranvier.analysis.provenance import code_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.analysis.pipeline._digests import FileDigests
    from ranvier.analysis.pipeline._stages import Stage

# Parts of names of ALF datasets, by the stage that reads them.
_TASK = ("trials", "taskSettings", "taskData", "experiment.description")
_USED = {
    "photometry": ("photometry", "fpData", *_TASK),
    "task": _TASK,
    "wheel": ("wheel", "encoder", *_TASK),
    "video": ("Camera", *_TASK),
}
_FILES = ("path", "trials", "wheel", "mapping")


def make_key(
    stage: Stage,
    row: Mapping[Any, Any],
    place: Mapping[str, Any],
    parameters: AnalysisParameters,
    digests: FileDigests,
) -> str:
    """Make the digest of all that a stage of a session is made from.

    Parameters
    ----------
    stage
        The stage.
    row, place
        Of the catalogue: what is known of the session, and where it lies.
    parameters
        What is set; the stage's own sections count.
    digests
        Of files.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    known = sorted((str(name), _to_text(value)) for name, value in row.items())
    return digest_text(
        stage.name,
        code_version(),
        parameters.digest(*stage.sections),
        digest_text(*(part for pair in known for part in pair)),
        digest_inputs(stage, place, digests),
    )


def digest_inputs(stage: Stage, place: Mapping[str, Any], digests: FileDigests) -> str:
    """Give the digest of the files that a stage of a session reads.

    Parameters
    ----------
    stage
        The stage.
    place
        Of the catalogue.
    digests
        Of files.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    if place.get("format") == "one":
        return digest_text(*(_to_text(each) for each in place.get("datasets", ())))
    settings = [_to_text(place.get(name)) for name in ("format", "clock_offset_s")]
    root = Path(str(place["path"]))
    if not root.is_dir():
        paths = [Path(str(place[name])) for name in _FILES if place.get(name)]
        return digest_text(*settings, digests.digest_all(paths, root.parent))
    names = _USED[stage.name] if place.get("format") == "alf" else ("",)
    paths = [
        path
        for path in sorted(root.rglob("*"))
        if path.is_file() and any(name in path.name for name in names)
    ]
    return digest_text(*settings, digests.digest_all(paths, root))


def _to_text(value: Any) -> str:
    return "" if value is None or value != value else repr(value)
