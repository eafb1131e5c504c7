"""The file of one session: `{eid}.h5`, whole at every moment."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ranvier.analysis.faults import DataFault, FileFault
from ranvier.analysis.files._session_parts import LOAD_HANDLERS, SAVE_HANDLERS
from ranvier.analysis.files._tables import write_whole
from ranvier.analysis.provenance import Provenance
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT_VERSION = 1
"""Version of what we say beyond the layout that we took over."""

# The format of HDF5 1.10 (2016) has checksums in its headers. A flipped bit in those of
# the older one, which is the usual, could make the library loop for ever.
_LIBVER = ("v110", "v110")
_VERSION = "ranvier_format"
_PROVENANCE = "ranvier_provenance"


def write_session_h5(
    path: str | Path,
    groups: Mapping[str, Any],
    *,
    mode: Literal["a", "w"] = "a",
    provenance: Mapping[str, Provenance | Mapping[str, Any]] | None = None,
) -> None:
    """Write groups of a session's file; a reader sees the old file or the new.

    The new file is made beside the old one, synced, and renamed. Groups that are
    written replace those of the same name, and take no room beside them.

    Parameters
    ----------
    path
        The file; its folder is made.
    groups
        "metadata" (mapping), "errors" (frame or entries), "photometry"
        (`PhotometryPart`), "trials" (frame), "wheel" (`WheelPart`), "video" (mapping).
    mode
        "a" keeps the groups of an old file that are not given; "w" keeps none.
    provenance
        Where a group comes from, by its name.

    Raises
    ------
    AnalysisError
        If a group is not known, or the file can't be written.
    FileFault
        If the old file is not whole; mode "w" then writes a new one.
    InvalidBrainRegion
        If a name holds a "/".

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "s1.h5")
    >>> write_session_h5(path, {"metadata": {"eid": "s1", "brain_region": ["VTA"]}})
    >>> read_session_h5(path)
    {'metadata': {'eid': 's1', 'brain_region': ['VTA']}}
    """
    h5py: Any = importlib.import_module("h5py")
    path = Path(path)
    _check_groups(groups)
    said = {name: _to_plain(words) for name, words in (provenance or {}).items()}
    # Made in memory: one write, one sync, and nothing beside the file that could stay.
    memory = {"driver": "core", "backing_store": False}
    with h5py.File(path.name, "w", libver=_LIBVER, **memory) as new:
        if mode == "a" and path.exists():
            said = {**_keep_groups(path, new, groups), **said}
        for name, part in groups.items():
            SAVE_HANDLERS[name](new.create_group(name), part)
        new.attrs[_VERSION] = FORMAT_VERSION
        new.attrs[_PROVENANCE] = json.dumps(said, default=str, sort_keys=True)
        new.flush()
        image = new.id.get_file_image()
    write_whole(path, image)


def read_session_h5(
    path: str | Path,
    groups: Sequence[str] | None = None,
    *,
    regions: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Read groups of a session's file, ours or of the IBL's pipeline.

    Parameters
    ----------
    path
        The file.
    groups
        Names as in `write_session_h5`; of the photometry also "photometry/responses",
        "photometry/preprocessed" and "photometry/qc" alone. None reads all there are.
    regions
        Brain regions to read the photometry of; None reads all.

    Returns
    -------
    dict
        Group → part, as given to `write_session_h5`; a group that is not in the file
        is not there.

    Raises
    ------
    FileFault
        If the file is missing, is not whole, or is not laid out as it should be.
    AnalysisError
        If a group is not known.
    """
    asked = _split_groups(tuple(LOAD_HANDLERS) if groups is None else tuple(groups))
    _check_groups(asked)

    def load(file: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, kinds in asked.items():
            if name not in file:
                continue
            more = {"regions": regions} if name == "photometry" else {}
            more |= {"kinds": kinds} if kinds else {}
            found[name] = LOAD_HANDLERS[name](file[name], **more)
        return found

    return _read(Path(path), load)


def list_session_groups(path: str | Path) -> tuple[str, ...]:
    """List the groups of a session's file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    tuple of str
        Those that we know, in the order of the layout.

    Raises
    ------
    FileFault
        If the file is missing or not whole.
    """
    present = _read(Path(path), set)
    return tuple(name for name in LOAD_HANDLERS if name in present)


def read_h5_provenance(path: str | Path) -> dict[str, Any]:
    """Read where the groups of a session's file come from.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict
        Group → as given to `write_session_h5`; empty if the file does not say.

    Raises
    ------
    FileFault
        If the file is missing or not whole.
    """
    return json.loads(_read(Path(path), lambda file: file.attrs.get(_PROVENANCE, "{}")))


def _read(path: Path, load: Any) -> Any:
    h5py: Any = importlib.import_module("h5py")
    try:
        with h5py.File(path, "r") as file:
            return load(file)
    except DataFault:
        raise
    except FileNotFoundError as error:
        raise FileFault(
            "the session has no file.",
            session=path.stem,
            found=str(path),
            mend="run the stage `photometry` for this session",
        ) from error
    # What h5py raises on a damaged file depends on where the damage is.
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise FileFault(
            "the file of the session can't be read.",
            session=path.stem,
            found=f"{type(error).__name__}: {error}",
            wanted="a whole HDF5 file, laid out as docs/reference says",
            mend="remove the file and run its stages again",
        ) from error


def _keep_groups(path: Path, new: Any, replaced: Mapping[str, Any]) -> dict[str, Any]:
    def copy(old: Any) -> dict[str, Any]:
        for name in old:
            if name not in replaced:
                old.copy(name, new)
        said = json.loads(old.attrs.get(_PROVENANCE, "{}"))
        return {name: words for name, words in said.items() if name not in replaced}

    return _read(path, copy)


def _split_groups(names: Sequence[str]) -> dict[str, list[str]]:
    asked: dict[str, list[str]] = {}
    for name in names:
        group, _, kind = name.partition("/")
        asked.setdefault(group, [])
        if kind:
            asked[group].append(kind)
    # Asked for as a whole, too: all of it.
    return {group: [] if group in names else kinds for group, kinds in asked.items()}


def _check_groups(names: Mapping[str, Any]) -> None:
    unknown = [name for name in names if name not in SAVE_HANDLERS]
    if unknown:
        raise AnalysisError(
            f"a session's file has no group {', '.join(map(repr, unknown))}.",
            code="RV-A92",
            wanted=", ".join(SAVE_HANDLERS),
            mend="name one of these groups",
        )


def _to_plain(words: Provenance | Mapping[str, Any]) -> Mapping[str, Any]:
    return words.to_dict() if isinstance(words, Provenance) else words
