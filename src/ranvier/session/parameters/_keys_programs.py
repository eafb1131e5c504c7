"""The keys of the programs that are run, and of the watch over them."""

from __future__ import annotations

from ranvier.session.parameters._key import (
    ARGUMENTS,
    COUNT,
    DURATION,
    PATH,
    TEXTS,
    YES_NO,
    KeyGroup,
    ParameterKey,
    choice,
    group_keys,
)

WATCH_KEYS = group_keys(
    KeyGroup.WATCH,
    "programs",
    [
        ParameterKey(
            "acquisition_error_terminate",
            YES_NO,
            "True ends the program after the first line on stderr that is a failure.",
            default=False,
        ),
        ParameterKey(
            "acquisition_error_grace_period_sec",
            DURATION,
            "How long it may go on after such a line.",
            default=0,
            unit="s",
        ),
        ParameterKey(
            "process_start_timeout_sec",
            DURATION,
            "Time by which the program must have written something; 0 is off.",
            default=0,
            unit="s",
        ),
        ParameterKey(
            "silence_timeout_sec",
            DURATION,
            "How long it may write nothing once it has begun; 0 is off.",
            default=0,
            unit="s",
        ),
        ParameterKey(
            "run_timeout_sec",
            DURATION,
            "How long it may take in all; 0 is off.",
            default=0,
            unit="s",
        ),
        ParameterKey(
            "stop_timeout_sec",
            DURATION,
            "How long it may take to stop before it is killed.",
            default=5,
            unit="s",
        ),
        ParameterKey(
            "memory_limit_mb",
            {"type": "number", "exclusiveMinimum": 0},
            "Memory that the program and its children may use together.",
            unit="MB",
        ),
        ParameterKey(
            "stderr_policy",
            choice("ignore", "warn", "fail"),
            "What lines on stderr mean: nothing, a warning, or a failure if one "
            "matches `stderr_fail_patterns` (else a warning).",
            default="fail",
        ),
        ParameterKey(
            "stderr_fail_patterns",
            TEXTS,
            "Regular expressions; without them, what a .NET exception looks like.",
            is_literal=True,
        ),
    ],
)

PYTHON_KEYS = group_keys(
    KeyGroup.PYTHON,
    "programs",
    [
        ParameterKey(
            "python_exe_path", PATH, "Interpreter; without it, the one of the launcher."
        ),
        ParameterKey("python_venv_path", PATH, "Virtual environment of the script."),
        ParameterKey(
            "python_arguments",
            ARGUMENTS,
            "Words for the interpreter, before the script.",
            default=[],
        ),
    ],
)

BONSAI_KEYS = group_keys(
    KeyGroup.BONSAI,
    "programs",
    [
        ParameterKey(
            "bonsai_exe_path", PATH, "Bonsai's program, relative to the repository."
        ),
        ParameterKey(
            "bonsai_setup_script",
            PATH,
            "Script of the repository that installs Bonsai, if it is missing.",
        ),
        ParameterKey(
            "bonsai_config_path",
            PATH,
            "`Bonsai.config` whose packages must be there; without it, beside Bonsai.",
        ),
        ParameterKey(
            "bonsai_max_retries",
            COUNT,
            "How often it is started again after a failure.",
            default=0,
        ),
        ParameterKey(
            "bonsai_retry_delay_sec",
            DURATION,
            "Time between failure and new start.",
            default=0,
            unit="s",
        ),
        ParameterKey(
            "bonsai_fail_on_stderr",
            YES_NO,
            "True makes any line on stderr a failure; without it `stderr_policy` "
            "decides.",
        ),
        ParameterKey(
            "bonsai_retry_error_patterns",
            TEXTS,
            "Regular expressions; only a failure that matches one is tried again.",
            default=[],
            is_literal=True,
        ),
        ParameterKey(
            "bonsai_continue_on_failure",
            YES_NO,
            "True goes on with the steps after a failure.",
            default=False,
            read_by="conduct",
        ),
        ParameterKey(
            "bonsai_failure_default",
            choice("retry", "proceed", "abort"),
            "What is proposed to the operator after a failure, and done if there is "
            "nobody; without it, retry while retries are left, then abort.",
            read_by="conduct",
        ),
    ],
)
