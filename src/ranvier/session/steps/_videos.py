"""Behaviour videos of nested folders, brought together in one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from ranvier.session.steps._failures import refuse_file
from ranvier.session.steps._places import find_inside, name_file
from ranvier.session.steps._step import (
    AFTER,
    ShippedStep,
    StepContext,
    StepParameter,
    StepResult,
    note,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_EXTENSIONS = [
    ".avi",
    ".mp4",
    ".mpeg",
    ".mpg",
    ".mov",
    ".mkv",
    ".mjpg",
    ".mjpeg",
    ".h264",
]


class Move(NamedTuple):
    """One file that changes its place.

    Parameters
    ----------
    source, target
        Relative to the session folder.
    """

    source: PurePosixPath
    target: PurePosixPath


def plan_moves(
    files: Iterable[PurePosixPath],
    root: str,
    destination: PurePosixPath,
    extensions: Collection[str],
) -> list[Move]:
    """Choose the videos that lie in another folder of this name than the destination.

    Parameters
    ----------
    files
        All of the session, relative to its folder.
    root
        Name of the folders that videos are in, wherever those are.
    destination
        Folder that they go to; what they had below their own folder they keep.
    extensions
        Of videos, with ".".

    Returns
    -------
    list of Move
        In the order of `files`.

    Examples
    --------
    >>> file = PurePosixPath("bonsai/behavior-videos/Eye/video.avi")
    >>> target = PurePosixPath("behavior-videos")
    >>> print(plan_moves([file], "behavior-videos", target, [".avi"])[0].target)
    behavior-videos/Eye/video.avi
    """
    known = {extension.lower() for extension in extensions}
    moves: list[Move] = []
    for file in files:
        folders = file.parts[:-1]
        if file.suffix.lower() not in known or root not in folders:
            continue
        below = file.parts[folders.index(root) + 1 :]
        target = destination.joinpath(*below)
        if target != file and not file.is_relative_to(destination):
            moves.append(Move(file, target))
    return moves


def find_collision(
    moves: Iterable[Move], there: Collection[PurePosixPath]
) -> Move | None:
    """Find the first move that would write over something.

    Parameters
    ----------
    moves
        All of them.
    there
        Files that are there now.

    Returns
    -------
    Move or None
        None if there is none.
    """
    taken = set(there)
    for move in moves:
        if move.target in taken:
            return move
        taken.add(move.target)
    return None


def flatten_videos(context: StepContext) -> StepResult:
    """Move the videos into one folder, all or none of them.

    Returns
    -------
    StepResult
        With the files in their new places.

    Raises
    ------
    StepError
        If one would be written over; then nothing was moved.
    """
    folder, values = context.session_folder, context.parameters
    root = str(values["behavior_videos_root"])
    place = find_inside(folder, str(values["behavior_videos_destination"] or root))
    destination = PurePosixPath(name_file(folder, place))
    files = [
        PurePosixPath(path.relative_to(folder).as_posix())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    moves = plan_moves(files, root, destination, values["behavior_videos_extensions"])
    if collision := find_collision(moves, files):
        raise refuse_file(
            str(collision.source),
            f"{collision.target} would be written over",
            "rename one of them; nothing was moved",
        )
    is_copied = bool(values["behavior_videos_copy_only"])
    for move in moves:
        _bring(folder / move.source, folder / move.target, is_copied=is_copied)
    if values["behavior_videos_prune_empty"] and not is_copied:
        _prune(folder, moves)
    text = f"{len(moves)} videos were brought to {destination}."
    targets = tuple(str(move.target) for move in moves)
    return StepResult.done(note(context.step, text), files=targets)


def _bring(source: Path, target: Path, *, is_copied: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not is_copied:
        source.rename(target)
        return
    with source.open("rb") as old, target.open("xb") as new:
        shutil.copyfileobj(old, new)
    shutil.copystat(source, target)


def _prune(folder: Path, moves: Iterable[Move]) -> None:
    """Remove the folders that the moves left empty, and no other."""
    left = {parent for move in moves for parent in move.source.parents}
    for each in sorted(left, key=lambda path: len(path.parts), reverse=True):
        place = folder / each
        if each.parts and not os.listdir(place):  # noqa: PTH208 - is it empty at all
            place.rmdir()


STEPS = (
    ShippedStep(
        "behavior_videos_flatten",
        "Brings the behaviour videos of nested folders together in one.",
        (AFTER,),
        flatten_videos,
        (
            StepParameter(
                "behavior_videos_root",
                ("string",),
                "name of the folders that videos are in",
                default="behavior-videos",
            ),
            StepParameter(
                "behavior_videos_destination",
                ("string",),
                "folder they are brought to; the same name at the top if not given",
            ),
            StepParameter(
                "behavior_videos_extensions",
                ("array",),
                "what is a video",
                default=_EXTENSIONS,
            ),
            StepParameter(
                "behavior_videos_copy_only",
                ("boolean",),
                "true leaves them also where they are",
                default=False,
            ),
            StepParameter(
                "behavior_videos_prune_empty",
                ("boolean",),
                "true removes folders that this left empty",
                default=True,
            ),
        ),
    ),
)
