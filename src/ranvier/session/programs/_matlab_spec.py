"""A call of a MATLAB function as it is to be made: data, and its arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class MatlabSpec:
    """A call of a MATLAB function, as it is to be made.

    Parameters
    ----------
    engine_name
        Under which MATLAB shares its session: `matlab.engine.shareEngine(name)`.
    entrypoint
        The function.
    args
        Its first arguments.
    parameters
        Pairs of name and value that follow them.
    nargout
        How many results it gives.
    pass_session_folder, session_folder_position
        Whether, and where among `args`, the session folder stands: "append",
        "prepend", "ignore", or a place from 0.
    connect_timeout_s, connect_interval_s
        For so long, and so often, the shared session is looked for; 0 is for ever.
    cancel_timeout_s
        So long MATLAB may take to end the call when asked to.
    keep_engine_alive
        False if MATLAB is to be ended with the session.
    enable_resume, resume_keyword
        Whether the call is made again after MATLAB died. The function is then always
        given the keyword, with false at first and true when it is to go on.
    resume_stage
        If not empty, given as "resume_stage" when it is to go on.
    max_resumes
        At most so often.
    """

    engine_name: str
    entrypoint: str
    args: tuple[Any, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    nargout: int = 0
    pass_session_folder: bool = True
    session_folder_position: str | int = "append"
    connect_timeout_s: float = 120.0
    connect_interval_s: float = 1.0
    cancel_timeout_s: float = 15.0
    keep_engine_alive: bool = True
    enable_resume: bool = True
    resume_keyword: str = "resume"
    resume_stage: str = ""
    max_resumes: int = 3

    @property
    def is_resumable(self) -> bool:
        """False also if `args` or `parameters` have the keyword of their own."""
        given = [each.lower() for each in self.args if isinstance(each, str)]
        given += [name.lower() for name in self.parameters]
        return self.enable_resume and self.resume_keyword.lower() not in given


def build_matlab_args(
    spec: MatlabSpec, folder: Path, *, is_resume: bool = False
) -> tuple[Any, ...]:
    """Build the arguments of the call.

    Parameters
    ----------
    spec
        The call.
    folder
        Of the session.
    is_resume
        True if it is made again after MATLAB died.

    Returns
    -------
    tuple
        In the order of the older launcher, whose functions are called unchanged.

    Examples
    --------
    >>> from pathlib import PurePosixPath
    >>> spec = MatlabSpec("rig", "run_task", ("execute",), {"gain": 2})
    >>> build_matlab_args(spec, PurePosixPath("/data/s"))
    ('execute', '/data/s', 'gain', 2, 'resume', False)
    """
    args = list(spec.args)
    position = spec.session_folder_position
    if spec.pass_session_folder and position != "ignore":
        places = {"append": len(args), "prepend": 0}
        place = (
            places.get(position, len(args)) if isinstance(position, str) else position
        )
        args.insert(max(0, min(len(args), place)), str(folder))
    for name, value in spec.parameters.items():
        args += [name, value]
    if spec.is_resumable:
        args += [spec.resume_keyword, is_resume]
    if spec.is_resumable and is_resume and spec.resume_stage:
        args += ["resume_stage", spec.resume_stage]
    return tuple(args)
