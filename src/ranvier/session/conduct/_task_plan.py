"""What the parameters of a session say of its acquisition; nothing is run."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path, PureWindowsPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ranvier.audit import is_secret
from ranvier.core import RanvierError, format_error, parse_quantity
from ranvier.session.faults import Finding, ParameterValidationError, Report, Severity
from ranvier.session.parameters import expand_environment, resolve_path
from ranvier.session.programs import (
    NET_EXCEPTIONS,
    GraphProgram,
    Limits,
    MatlabSpec,
    ProgramSpec,
    RetryPolicy,
    StderrMode,
    StderrPolicy,
    build_bonsai,
    build_command,
    build_python,
    build_python_environment,
    check_matlab,
    check_packages,
    check_program,
    check_workflow,
    find_venv_python,
    read_package_version,
    read_workflow_properties,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.session.parameters import Parameters

_ROOT = "RootFolder"
_PATH_KEY = re.compile(r"_(path|file|folder|dir)\Z", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"\{env:([^{}]+)\}")
_MB = 1_000_000
_SET_UP_S = 1800.0
_LIMIT_KEYS = MappingProxyType(
    {
        "memory_bytes": "memory_limit_mb",
        "start_s": "process_start_timeout_sec",
        "silence_s": "silence_timeout_sec",
        "run_s": "run_timeout_sec",
        "stop_s": "stop_timeout_sec",
    }
)


class TaskPlan:
    """What the parameters of a session say of its acquisition.

    Parameters
    ----------
    parameters
        Without placeholders.
    session
        The session folder.
    code
        Folder of the task repository, if there is one.
    """

    def __init__(
        self, parameters: Parameters, session: Path, code: Path | None
    ) -> None:
        self._parameters, self._session = parameters, session
        # Without a repository, what a file names lies beside it.
        file = parameters.file
        self._folder = code or (file.path.absolute().parent if file else session)

    @property
    def folder(self) -> Path:
        """Where the task lies, and its programs work."""
        return self._folder

    @property
    def launcher(self) -> str:
        """What kind of acquisition it is; `base` is a command if it names one."""
        get = self._parameters.get
        launcher = get("launcher", "base")
        if launcher == "base" and (get("script_path") or get("command")):
            return "command"
        return str(launcher)

    def check(self) -> Report:
        """Look whether it can be run as asked: program, workflow, packages.

        Returns
        -------
        Report
            Every fault at once.
        """
        findings: list[Finding] = []
        if self.launcher == "bonsai":
            findings += self._check_bonsai()
        program, set_up = self.plan_program(), self.plan_set_up()
        if set_up is not None:
            findings += check_program(set_up).findings
        elif program is not None:
            findings += check_program(program).findings
        if self.launcher == "matlab":
            findings += check_matlab().findings
        graph = self.plan_graph()
        if graph is not None and not graph.graph.is_file():
            findings.append(_is_missing("graph_path", graph.graph))
        return Report.of(findings)

    def plan_set_up(self) -> ProgramSpec | None:
        """Give the script that installs Bonsai, if that is missing.

        Returns
        -------
        ProgramSpec or None
            None if Bonsai is there, or no script is named.
        """
        if self.launcher != "bonsai" or not self._parameters.get("bonsai_setup_script"):
            return None
        if self._find("bonsai_exe_path").is_file():
            return None
        script = self._find("bonsai_setup_script")
        is_batch = script.suffix.lower() in (".cmd", ".bat")
        head = ("cmd", "/c") if is_batch and os.name == "nt" else ()
        return ProgramSpec(
            name="bonsai_setup",
            command=(*head, str(script)),
            folder=script.parent,
            limits=Limits(run_s=_SET_UP_S),
        )

    def plan_graph(self) -> GraphProgram | None:
        """Give the graph.

        Returns
        -------
        GraphProgram or None
            None if there is none.

        Raises
        ------
        ParameterValidationError
            If the launcher is "graph" and none is named, or what is set of it is no
            value.
        """
        get = self._parameters.get
        if self.launcher != "graph" and not get("graph_path"):
            return None
        duration = get("graph_duration")
        return GraphProgram(
            graph=self._find("graph_path"),
            by=str(get("user_id") or ""),
            parameters=_split_parameters(get("graph_parameters")),
            duration_s=_read_duration(duration) if duration is not None else None,
            sample_interval_s=get("resource_log_interval"),
        )

    def plan_matlab(self) -> MatlabSpec | None:
        """Give the call of MATLAB.

        Returns
        -------
        MatlabSpec or None
            None if there is none.
        """
        if self.launcher != "matlab":
            return None
        get = self._parameters.get
        engine = get("matlab_engine_name")
        script = PureWindowsPath(str(get("script_path") or ""))
        entrypoint = get("matlab_entrypoint") or script.stem or engine
        args = get("matlab_entrypoint_args")
        if args is None:
            args = ["execute"] if entrypoint == "slap2_launcher" else []
        given = {**get("script_parameters"), **get("matlab_entrypoint_kwargs")}
        rig = get("matlab_rig_description_path")
        if rig:
            given["rig_description_path"] = str(rig)
        return MatlabSpec(
            engine_name=engine,
            entrypoint=entrypoint,
            args=tuple(args),
            parameters=given,
            nargout=get("matlab_entrypoint_nargout"),
            pass_session_folder=get("matlab_pass_session_folder"),
            session_folder_position=get("matlab_session_folder_position"),
            connect_timeout_s=get("matlab_engine_connect_timeout_sec"),
            connect_interval_s=get("matlab_engine_connect_poll_interval_sec"),
            cancel_timeout_s=get("matlab_cancel_timeout_sec"),
            keep_engine_alive=get("matlab_keep_engine_alive"),
            enable_resume=get("matlab_enable_resume"),
            resume_keyword=get("matlab_resume_keyword"),
        )

    def plan_program(self) -> ProgramSpec | None:
        """Give the external program.

        Returns
        -------
        ProgramSpec or None
            None if there is none, as for a graph alone.

        Raises
        ------
        ParameterValidationError
            If a key that it needs is missing, or a path is of another system.
        """
        command = self._build()
        if command is None:
            return None
        environment = dict(self._parameters.get("program_environment"))
        if self.launcher == "python":
            environment = {**build_python_environment(self._session), **environment}
        return ProgramSpec(
            name=self.launcher if self.launcher != "command" else Path(command[0]).stem,
            command=tuple(_fill_word(word) for word in command),
            folder=self._folder,
            environment={
                name: expand_environment(
                    value, os.environ, f"program_environment.{name}"
                )
                for name, value in environment.items()
            },
            limits=self._plan_limits(),
            stderr=self._plan_stderr(),
            retry=self._plan_retry(),
            sample_interval_s=self._parameters.get("resource_log_interval"),
        )

    def find_shown(self) -> tuple[str, ...] | None:
        """Give the command as it may be written down.

        Returns
        -------
        tuple of str or None
            With `{env:NAME}` unfilled; None if there is none in it.
        """
        command = self._build() or ()
        return command if any(_ENVIRONMENT.search(word) for word in command) else None

    def _build(self) -> tuple[str, ...] | None:
        match self.launcher:
            case "bonsai":
                return self._build_bonsai()
            case "python":
                return self._build_python()
            case "command":
                return self._build_command()
            case _:
                return None

    def find_versions(self) -> dict[str, str]:
        """Give the version of the program, as far as it is known.

        Returns
        -------
        dict
            By the name of the program; empty if nothing says it.
        """
        program = self.plan_program()
        version = self._parameters.get("program_version")
        if program is None:
            return {}
        if (
            not version
            and self.launcher == "bonsai"
            and (config := self._find_config())
        ):
            text = _read_text(config)
            version = read_package_version(text, "Bonsai")
        return {program.name: str(version)} if version else {}

    def _build_bonsai(self) -> tuple[str, ...]:
        workflow = self._find("script_path")
        properties = self._settle(self._parameters.get("script_parameters"))
        takes_root = True
        if workflow.is_file():
            text = _read_text(workflow)
            takes_root = _ROOT in read_workflow_properties(text, str(workflow))
        return build_bonsai(
            self._find("bonsai_exe_path"),
            workflow,
            properties,
            self._list("script_arguments"),
            self._session if takes_root else None,
        )

    def _build_python(self) -> tuple[str, ...]:
        return build_python(
            self._find_python(),
            self._find("script_path"),
            self._list("python_arguments"),
            self._settle(self._parameters.get("script_parameters")),
            self._list("script_arguments"),
        )

    def _build_command(self) -> tuple[str, ...]:
        words = self._parameters.get("command")
        if words:
            return tuple(str(word) for word in words)
        return build_command(
            self._find_or_name("script_path"),
            self._list("script_arguments"),
            self._settle(self._parameters.get("script_parameters")),
        )

    def _find_python(self) -> Path:
        if self._parameters.get("python_exe_path"):
            return self._find("python_exe_path")
        if not self._parameters.get("python_venv_path"):
            return Path(sys.executable)
        venv = self._find("python_venv_path")
        return find_venv_python(venv) or venv / "bin" / "python"

    def _check_bonsai(self) -> list[Finding]:
        workflow = self._find("script_path")
        if not workflow.is_file():
            return [_is_missing("script_path", workflow)]
        text = _read_text(workflow)
        properties = list(self._parameters.get("script_parameters"))
        findings = [
            *check_workflow(text, properties, where=str(workflow)).findings,
        ]
        config = self._find_config()
        if config is not None:
            packages = config.parent / "Packages"
            folders = (
                [each.name for each in packages.iterdir()] if packages.is_dir() else []
            )
            report = check_packages(_read_text(config), folders, str(config))
            findings += report.findings
        return findings

    def _find_config(self) -> Path | None:
        if self._parameters.get("bonsai_config_path"):
            return self._find("bonsai_config_path")
        beside = self._find("bonsai_exe_path").parent / "Bonsai.config"
        return beside if beside.is_file() else None

    def _find(self, key: str) -> Path:
        text = self._parameters.get(key)
        if not text:
            raise _lacks(key, self.launcher)
        return resolve_path(str(text), self._folder, key=key)

    def _find_or_name(self, key: str) -> str:
        text = str(self._parameters.get(key) or "")
        if text and not re.search(r"[\\/]", text):
            beside = self._folder / text
            return str(beside) if beside.is_file() else text
        return str(self._find(key))

    def _settle(self, values: Mapping[str, Any]) -> dict[str, Any]:
        # A relative path is one of the session folder, as this system writes it.
        return {
            name: str(resolve_path(value, self._session, key=name))
            if isinstance(value, str) and value and _PATH_KEY.search(name)
            else value
            for name, value in values.items()
        }

    def _list(self, key: str) -> list[str]:
        return [str(word) for word in self._parameters.get(key)]

    def _plan_limits(self) -> Limits:
        get = self._parameters.get
        memory = get("memory_limit_mb")
        return Limits(
            memory_bytes=int(memory * _MB) if memory else None,
            start_s=get("process_start_timeout_sec") or None,
            silence_s=get("silence_timeout_sec") or None,
            run_s=get("run_timeout_sec") or None,
            stop_s=get("stop_timeout_sec"),
            # A graph writes there too: its life is not the program's.
            heartbeat=self._session
            if get("silence_timeout_sec") and not get("graph_path")
            else None,
            keys=_LIMIT_KEYS,
        )

    def _plan_stderr(self) -> StderrPolicy:
        get = self._parameters.get
        stop_after_s = None
        if get("acquisition_error_terminate"):
            stop_after_s = float(get("acquisition_error_grace_period_sec"))
        patterns = tuple(get("stderr_fail_patterns") or NET_EXCEPTIONS)
        if self.launcher == "bonsai" and get("bonsai_fail_on_stderr"):
            return StderrPolicy(StderrMode.FAIL, patterns, stop_after_s)
        match get("stderr_policy"):
            case "ignore":
                return StderrPolicy(StderrMode.IGNORE, (), stop_after_s)
            case "warn":
                return StderrPolicy(StderrMode.WARN, (), stop_after_s)
            case _:
                return StderrPolicy(StderrMode.WARN, patterns, stop_after_s)

    def _plan_retry(self) -> RetryPolicy:
        get = self._parameters.get
        if self.launcher != "bonsai":
            return RetryPolicy()
        return RetryPolicy(
            max_retries=get("bonsai_max_retries"),
            delay_s=get("bonsai_retry_delay_sec"),
            patterns=tuple(get("bonsai_retry_error_patterns")),
        )


def _fill_word(word: str) -> str:
    for name in _ENVIRONMENT.findall(word):
        if is_secret(name):
            raise ParameterValidationError(
                "a secret would stand on a command line, for all to see.",
                code="RV-S06",
                where=f'the word "{word}" of its command line',
                found=f"{{env:{name}}}",
                mend='give it to the program under "program_environment"',
            )
    where = f'the word "{word}" of its command line'
    return expand_environment(word, os.environ, where)


def _lacks(key: str, launcher: str) -> ParameterValidationError:
    return ParameterValidationError(
        f'the launcher "{launcher}" needs "{key}".',
        code="RV-S07",
        where=key,
        found="nothing",
        mend=f'give "{key}" in the parameter file',
    )


def _is_missing(key: str, path: Path) -> Finding:
    return Finding(
        Severity.ERROR,
        "task",
        f'the file of "{key}" is not there.',
        code="RV-S08",
        where=str(path),
        mend="correct the path, or take a commit that has the file",
    )


def _split_parameters(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    nodes: dict[str, dict[str, Any]] = {}
    for name, value in given.items():
        node, dot, parameter = name.partition(".")
        if isinstance(value, dict) and not dot:
            nodes.setdefault(node, {}).update(value)  # pyright: ignore[reportUnknownArgumentType]
        else:
            nodes.setdefault(node, {})[parameter] = value
    return nodes


def _read_duration(value: float | str) -> float:
    try:
        return parse_quantity(value, "s")
    except RanvierError as error:
        raise ParameterValidationError(
            '"graph_duration" is no time.',
            code="RV-S07",
            where="graph_duration",
            found=str(value),
            wanted="a number of seconds, or a text such as 30 min",
            mend="correct it in the parameter file",
        ) from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterValidationError(
            f'"{path.name}" can\'t be read.',
            code="RV-S08",
            where=str(path),
            found=format_error(error),
            wanted="a text file, UTF-8",
            mend="correct the path, or restore the file from the repository",
        ) from error
