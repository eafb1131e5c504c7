"""The file of a study: where its sessions come from, and what is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError, model_validator

from ranvier.analysis.parameters._model import AnalysisParameters, Section
from ranvier.core import AnalysisError, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

STUDY_FILE = "study.yaml"


class SessionsFrom(Section):
    """One place that sessions come from: just one of the entries is given."""

    alf: str | None = Field(
        default=None, description="folder of ALF sessions, also a ONE cache"
    )
    table: str | None = Field(
        default=None, description="csv or yaml, one row a session"
    )
    recordings: str | None = Field(
        default=None, description="folder of ranvier's sessions"
    )
    nwb: str | None = Field(default=None, description="folder of NWB files")
    one: dict[str, Any] | None = Field(
        default=None, description="a query to ONE-api; `cache_dir` for a local one"
    )
    mapping: str | None = Field(
        default=None, description="which stream or column is what, beside one of these"
    )

    @model_validator(mode="after")
    def _check_one(self) -> SessionsFrom:
        if len(self._given()) != 1:
            known = ", ".join(
                name for name in type(self).model_fields if name != "mapping"
            )
            raise ValueError(f"just one of {known} is wanted")
        return self

    @property
    def kind(self) -> str:
        """Name of the entry that is given."""
        return next(iter(self._given()))

    def _given(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True, exclude={"mapping"})


class Study(Section):
    """A study: its name, its sessions, its parameters.

    Examples
    --------
    >>> Study(ranvier_study=1, name="mine", sessions=[{"alf": "data"}]).sessions[0].kind
    'alf'
    """

    ranvier_study: Literal[1] = Field(description="version of this file's format")
    name: str = Field(description="of the study")
    description: str = Field(default="", description="for a person")
    sessions: tuple[SessionsFrom, ...] = Field(
        min_length=1, description="places that sessions come from"
    )
    subjects: str | None = Field(
        default=None, description="csv of what is known of subjects"
    )
    fibers: str | None = Field(default=None, description="csv of fibre insertions")
    parameters: AnalysisParameters = Field(
        default=AnalysisParameters(), description="what differs from the defaults"
    )


def read_study(folder: Path) -> Study:
    """Read the file of a study.

    Parameters
    ----------
    folder
        The study, or its file.

    Returns
    -------
    Study

    Raises
    ------
    AnalysisError
        RV-A96 if there is no such file, RV-A97 if it is no YAML, RV-A98 with all of its
        faults, each with its line.
    """
    path = find_study(folder)
    data = _load(path)
    try:
        return Study.model_validate(_to_plain(data))
    except ValidationError as error:
        faults = [_format_fault(each, data) for each in error.errors()]
        raise AnalysisError(
            f"{path.name} is not right in {len(faults)} "
            f"place{'s' if len(faults) > 1 else ''}.",
            code="RV-A98",
            where=str(path),
            found="\n          ".join(faults),
            mend="correct these lines; docs/reference/analysis.md lists all entries",
        ) from None


def find_study(folder: Path) -> Path:
    """Give the path of a study's file.

    Parameters
    ----------
    folder
        The study, or its file.

    Returns
    -------
    Path

    Raises
    ------
    AnalysisError
        RV-A96 if there is none.
    """
    path = folder if folder.suffix in (".yaml", ".yml") else folder / STUDY_FILE
    if not path.is_file():
        raise AnalysisError(
            f"{folder} is no study.",
            code="RV-A96",
            wanted=f"a folder with a {STUDY_FILE}",
            mend="make one with `ranvier analyse new FOLDER`",
        )
    return path


def _load(path: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="rt", pure=True).load(path.read_text("utf-8"))
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        raise AnalysisError(
            f"{path.name} is no YAML.",
            code="RV-A97",
            where=str(path),
            found=" ".join(str(error).split()),
            mend="correct the text at that line",
        ) from None


def _to_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _to_plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_to_plain(each) for each in value]
    return str(value) if isinstance(value, str) else value


def _format_fault(fault: Any, data: Any) -> str:
    place = [part for part in fault["loc"] if not str(part).startswith("function-")]
    words = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        known = list(_siblings(place))
        otherwise = f"there is {', '.join(known)}"
        words = f"no such entry; {suggest(str(place[-1]), known, otherwise)}"
    name = ".".join(str(part) for part in place)
    return f"line {_line_of(data, place)}: {name}: {words} (is {fault['input']!r})"


def _siblings(place: list[Any]) -> Iterable[str]:
    model: Any = Study
    for part in place[:-1]:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        model = SessionsFrom if part == "sessions" else annotation
    return getattr(model, "model_fields", {})


def _line_of(data: Any, place: list[Any]) -> int:
    line = 1
    for part in place:
        try:
            places = data.lc  # of ruamel's mappings and lists
            at = places.key(part) if isinstance(data, dict) else places.item(part)
            line, data = at[0] + 1, data[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line
