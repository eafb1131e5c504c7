"""Notes of the person at the rig: begun before, added to, and taken in at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.core import SessionError
from ranvier.session.faults import Finding, Verdict
from ranvier.session.operator import Question, QuestionKind, Table
from ranvier.session.steps._editor import choose_editor, is_open, open_editor
from ranvier.session.steps._failures import refuse, refuse_file
from ranvier.session.steps._places import find_inside, name_file
from ranvier.session.steps._step import (
    AFTER,
    BEFORE,
    ShippedStep,
    StepContext,
    StepParameter,
    StepResult,
    warn,
)

if TYPE_CHECKING:
    from pathlib import Path

_TRIES = 5
_CONFIRM = "Are the notes complete and saved?"


def edit_notes(context: StepContext) -> StepResult:
    """Make the file of notes, and open it in the person's editor.

    Returns
    -------
    StepResult
        A warning if no editor could be opened; the file is there all the same.
    """
    path = _touch_notes(context)
    files = (name_file(context.session_folder, path),)
    if not context.parameters["experiment_notes_launch_editor"]:
        return StepResult.done(files=files)
    command = choose_editor(context.parameters)
    problem = ""
    if not context.has_terminal:
        problem = "no editor was opened: nobody sits at a terminal."
    elif not command:
        problem = "no editor was opened: none is set."
    if problem:
        mend = f"write the notes into {path}; name an editor in $VISUAL or $EDITOR"
        finding = warn(context.step, problem, "RV-S49", mend=mend)
        return StepResult.done(finding, files=files)
    is_detached = bool(context.parameters["experiment_notes_editor_detached"])
    data = open_editor(
        [*command, str(path)], lambda: context.is_stopped, is_detached=is_detached
    )
    return StepResult.done(files=files, data=data)


def add_note(context: StepContext) -> StepResult:
    """Ask for a note and put it at the end of the file.

    Returns
    -------
    StepResult
        With all notes so far, if there are any.

    Raises
    ------
    OperatorError
        If there is nobody to be asked.
    """
    prompt = "Notes of this session?"
    question = Question("experiment_notes", prompt, is_required=False)
    answer = context.operator.ask(question)
    path = _touch_notes(context)
    if answer:
        with path.open("a", encoding=_encoding(context), newline="\n") as file:
            file.write(f"{answer}\n")
    return _take_notes(context, path)


def finish_notes(context: StepContext) -> StepResult:
    """Show the notes, have them confirmed, and take them into the metadata.

    An editor that is still open is never closed: what is not saved would be lost.

    Returns
    -------
    StepResult
        With the notes as they stand in the file; failed if nobody confirms them.

    Raises
    ------
    StepError
        If the file can't be read.
    """
    path = _touch_notes(context)
    result = _take_notes(context, path)
    try:
        _confirm_notes(context, path)
    except SessionError as error:
        finding = Finding.from_error(error, context.step)
        return StepResult(Verdict.FAILED, (finding,), result.files, result.data)
    # Read again: they may have been finished while the question stood there.
    return _take_notes(context, path)


def _confirm_notes(context: StepContext, path: Path) -> None:
    prompt = str(context.parameters["experiment_notes_confirm_prompt"] or _CONFIRM)
    for _ in range(_TRIES):
        _show_notes(context, path)
        if is_open(context.record.data_of("notes_editor")):
            context.operator.warn("The editor is still open: save, and close it.")
        question = Question("notes_confirmed", prompt, QuestionKind.CONFIRM)
        if context.operator.ask(question):
            return
    raise refuse(
        "the notes were not confirmed.",
        "finish them, then `ranvier session step` asks again",
        found=f"{_TRIES} times no",
    )


def _touch_notes(context: StepContext) -> Path:
    name = str(context.parameters["experiment_notes_filename"])
    path = find_inside(context.session_folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def _encoding(context: StepContext) -> str:
    return str(context.parameters["experiment_notes_encoding"])


def _read_notes(context: StepContext, path: Path) -> str:
    try:
        return path.read_text(encoding=_encoding(context)).strip("\ufeff\n\r ")
    except (UnicodeDecodeError, LookupError) as error:
        mend = "name its encoding in `experiment_notes_encoding`"
        raise refuse_file(path, str(error), mend) from error


def _show_notes(context: StepContext, path: Path) -> None:
    if not context.parameters["experiment_notes_preview"]:
        return
    limit = int(context.parameters["experiment_notes_preview_limit"])
    text = _read_notes(context, path)
    shown = text if len(text) <= limit else text[:limit] + " …"
    rows = tuple((line,) for line in shown.splitlines())
    context.operator.show(Table("Notes so far", ("",), rows or (("(none)",),)))


def _take_notes(context: StepContext, path: Path) -> StepResult:
    text = _read_notes(context, path)
    files = (name_file(context.session_folder, path),)
    return StepResult.done(files=files, data={"notes": text} if text else {})


_FILE = (
    StepParameter(
        "experiment_notes_filename",
        ("string",),
        "file of the notes, in the session folder",
        default="experiment_notes.txt",
    ),
    StepParameter(
        "experiment_notes_encoding", ("string",), "its encoding", default="utf-8"
    ),
)
_EDITOR = (
    StepParameter(
        "experiment_notes_launch_editor",
        ("boolean",),
        "true opens an editor on it",
        default=True,
    ),
    StepParameter(
        "experiment_notes_editor_command",
        ("string", "array"),
        "the editor; if not given, that of $VISUAL, $EDITOR or the system",
    ),
    StepParameter(
        "experiment_notes_editor_args", ("string", "array"), "words for the editor"
    ),
    StepParameter(
        "experiment_notes_editor_detached",
        ("boolean",),
        "true leaves the editor open and goes on",
        default=False,
    ),
)
_AUTOCLOSE = StepParameter(
    "experiment_notes_autoclose_editor",
    ("boolean",),
    "of older files, does nothing: what is not saved would be lost",
)
_PREVIEW = (
    StepParameter(
        "experiment_notes_preview", ("boolean",), "true shows the notes", default=True
    ),
    StepParameter(
        "experiment_notes_preview_limit",
        ("integer",),
        "how many characters are shown",
        default=2000,
        rules={"minimum": 0},
    ),
    StepParameter(
        "experiment_notes_confirm_prompt", ("string",), "how they are to be confirmed"
    ),
)

STEPS = (
    ShippedStep(
        "experiment_notes_editor",
        "Makes the file of notes and opens it in an editor.",
        (BEFORE, AFTER),
        edit_notes,
        (*_FILE, *_EDITOR, _AUTOCLOSE),
    ),
    ShippedStep(
        "experiment_notes_post_prompt",
        "Asks for a note and adds it to the file of notes.",
        (BEFORE, AFTER),
        add_note,
        _FILE,
    ),
    ShippedStep(
        "experiment_notes_finalize",
        "Has the notes confirmed and takes them into the metadata.",
        (AFTER,),
        finish_notes,
        (*_FILE, *_PREVIEW, _AUTOCLOSE),
        asks=("notes_confirmed",),
    ),
)
