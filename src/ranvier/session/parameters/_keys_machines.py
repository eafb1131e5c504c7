"""The keys of MATLAB, of several machines, and of those that nothing reads."""

from __future__ import annotations

from ranvier.session.parameters._key import (
    COUNT,
    DURATION,
    IDENTIFIER,
    LABEL,
    MAPPING,
    PATH,
    PORT,
    TEXT,
    TEXTS,
    YES_NO,
    KeyGroup,
    ParameterKey,
    choice,
    group_keys,
)

MATLAB_KEYS = group_keys(
    KeyGroup.MATLAB,
    "programs",
    [
        ParameterKey(
            "matlab_engine_name",
            TEXT,
            "Name under which the running MATLAB shares its engine.",
            default="slap2_launcher",
        ),
        ParameterKey(
            "matlab_entrypoint",
            TEXT,
            "Function that is called; without it, the name of the script.",
            aliases=("matlab_function",),
        ),
        ParameterKey(
            "matlab_entrypoint_args",
            {"type": "array"},
            "Its arguments; without them, `execute` for `slap2_launcher`.",
        ),
        ParameterKey(
            "matlab_entrypoint_kwargs", MAPPING, "Its named arguments.", default={}
        ),
        ParameterKey(
            "matlab_entrypoint_nargout", COUNT, "How many values it gives.", default=0
        ),
        ParameterKey(
            "matlab_pass_session_folder",
            YES_NO,
            "True gives it the session folder as an argument.",
            default=True,
        ),
        ParameterKey(
            "matlab_session_folder_position",
            {
                "type": ["integer", "string"],
                "minimum": 0,
                "pattern": "^(append|prepend|ignore)$",
            },
            "Where that argument stands: `append`, `prepend`, `ignore` or a place "
            "from 0.",
            default="append",
        ),
        ParameterKey(
            "matlab_engine_connect_timeout_sec",
            DURATION,
            "How long is waited for the engine.",
            default=120,
            unit="s",
        ),
        ParameterKey(
            "matlab_engine_connect_poll_interval_sec",
            {"type": "number", "exclusiveMinimum": 0},
            "Time between two looks for it.",
            default=1,
            unit="s",
        ),
        ParameterKey(
            "matlab_cancel_timeout_sec",
            DURATION,
            "How long a call may take to stop.",
            default=15,
            unit="s",
        ),
        ParameterKey(
            "matlab_keep_engine_alive",
            YES_NO,
            "True leaves the engine running after the session.",
            default=True,
        ),
        ParameterKey(
            "matlab_enable_resume",
            YES_NO,
            "True calls again after MATLAB crashed, and says that it resumes.",
            default=True,
        ),
        ParameterKey(
            "matlab_resume_keyword",
            TEXT,
            "Named argument that says so.",
            default="resume",
        ),
        ParameterKey(
            "matlab_rig_description_path",
            PATH,
            "File that describes the rig to the function.",
            aliases=("rig_description_path",),
        ),
    ],
)

PEER_KEYS = group_keys(
    KeyGroup.PEERS,
    "peers",
    [
        ParameterKey(
            "session_sync_role",
            choice("off", "master", "slave"),
            "What this machine is among those that agree on a session.",
            default="off",
            aliases=("session_sync_mode",),
        ),
        ParameterKey("session_sync_port", PORT, "TCP port of the master."),
        ParameterKey(
            "session_sync_expected_slaves", COUNT, "How many others the master awaits."
        ),
        ParameterKey(
            "session_sync_bind_host",
            TEXT,
            "Address of the interface that the master listens on.",
            default="0.0.0.0",  # noqa: S104 - as older files expect; shown in the page
        ),
        ParameterKey(
            "session_sync_master_host", TEXT, "Where a slave finds the master."
        ),
        ParameterKey(
            "session_sync_timeout_sec",
            DURATION,
            "How long is waited for the others.",
            default=300,
            unit="s",
        ),
        ParameterKey(
            "session_sync_ack_timeout_sec",
            DURATION,
            "How long is waited for their consent.",
            default=300,
            unit="s",
        ),
        ParameterKey(
            "session_sync_retry_delay_sec",
            DURATION,
            "Time between two tries of a slave.",
            default=1,
            unit="s",
        ),
        ParameterKey(
            "session_sync_start_timeout_sec",
            DURATION,
            "How long is waited for the others at the common start.",
            default=300,
            unit="s",
        ),
        ParameterKey(
            "session_sync_lost_after_sec",
            DURATION,
            "A machine not heard of for so long is lost; alike on all machines.",
            default=10,
            unit="s",
        ),
        ParameterKey(
            "session_sync_key_param",
            TEXT,
            "Key whose value must be the same on all machines.",
            default="subject_id",
        ),
        ParameterKey(
            "session_sync_session_key",
            LABEL,
            "What must be the same, said directly.",
        ),
        ParameterKey(
            "session_sync_name_param",
            TEXT,
            "Key that has the name to agree on.",
            default="session_uuid",
        ),
        ParameterKey(
            "session_sync_session_name", IDENTIFIER, "That name, said directly."
        ),
        ParameterKey(
            "session_sync_node_name",
            TEXT,
            "Name of this machine; without it, its host name.",
        ),
        ParameterKey(
            "session_sync_allow_bypass",
            YES_NO,
            "True lets the operator go on without the others.",
            default=True,
        ),
        ParameterKey(
            "session_sync_bypass_prompt", TEXT, "How the operator is asked for that."
        ),
        ParameterKey(
            "session_sync_secret_env",
            TEXT,
            "Environment variable that holds a secret shared by all machines; without "
            "it, whoever reaches the port may take part.",
        ),
        ParameterKey(
            "session_sync_on_peer_lost",
            choice("warn", "stop"),
            "What follows if another machine is lost during the session.",
            default="warn",
        ),
        ParameterKey(
            "session_sync_start_barrier",
            YES_NO,
            "True starts the acquisition on all machines at one moment.",
            default=False,
        ),
    ],
)

_REPORTS = "set up reports where the archive or the log is watched"

REPORTER_KEYS = group_keys(
    KeyGroup.REPORTER,
    "",
    [
        ParameterKey(
            "github_issue",
            MAPPING,
            "How the older launcher reports failures as GitHub issues, as one mapping.",
            instead=_REPORTS,
        ),
        *(
            ParameterKey(
                f"github_issue_{name}",
                schema,
                f"`{name}` of `github_issue`, written flat.",
                instead=_REPORTS,
            )
            for name, schema in {
                "enabled": YES_NO,
                "repo": TEXT,
                "api_base_url": TEXT,
                "token_env": TEXT,
                "labels": TEXTS,
                "report_on": TEXTS,
                "include_subject_user": YES_NO,
                "include_rig_config": YES_NO,
                "include_launcher_log": YES_NO,
                "launcher_log_mode": TEXT,
                "sanitize_launcher_log": YES_NO,
                "max_output_lines": COUNT,
                "max_body_chars": COUNT,
            }.items()
        ),
    ],
)

_ANYTHING = {
    "type": ["string", "number", "boolean", "array", "object"],
}

UNREAD_KEYS = group_keys(
    KeyGroup.UNREAD,
    "",
    [
        ParameterKey(
            name,
            _ANYTHING,
            f"Stands in older files or pages; {what}.",
            instead=instead,
        )
        for name, what, instead in (
            ("rig_config_path", "a file can't choose the rig", "name it with --rig"),
            ("workflow_path", "never had an effect", 'write "script_path"'),
            ("bonsai_executable", "never had an effect", 'write "bonsai_exe_path"'),
            ("bonsai_args", "never had an effect", 'write "script_arguments"'),
            ("python_executable", "never had an effect", 'write "python_exe_path"'),
            ("python_args", "never had an effect", 'write "python_arguments"'),
            (
                "data_root_directory",
                "never had an effect",
                'write "output_root_folder"',
            ),
            (
                "collect_mouse_runtime_data",
                "never had an effect",
                "add the steps of the animal's weight",
            ),
            (
                "session_uuid",
                "each session makes its own name",
                'delete it, or write "session_sync_session_name"',
            ),
            (
                "output_session_folder",
                "each session makes its own folder",
                "delete it; a file with it was left by an earlier session",
            ),
        )
    ],
)
