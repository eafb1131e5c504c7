"""The keys of the session as a whole, its task repository, and what is run."""

from __future__ import annotations

from ranvier.session.parameters._key import (
    ARGUMENTS,
    IDENTIFIER,
    LABEL,
    MAPPING,
    PATH,
    TEXT,
    TEXTS,
    YES_NO,
    KeyGroup,
    ParameterKey,
    choice,
    group_keys,
)

GENERAL_KEYS = group_keys(
    KeyGroup.GENERAL,
    "conduct",
    [
        ParameterKey(
            "$schema",
            TEXT,
            "Address of a JSON Schema, for editors; it is never fetched.",
            read_by="parameters",
            is_literal=True,
        ),
        ParameterKey(
            "launcher",
            choice("base", "bonsai", "python", "matlab", "graph", "command"),
            "What the acquisition is; `base` starts `script_path` as it is.",
        ),
        ParameterKey(
            "launcher_version",
            TEXT,
            "Versions of the OpenScope Experimental Launcher that the file is for, as "
            "`>=0.2.7,<1`; what we do is what its version 0.2.57 does.",
            default=">=0.0.0",
            read_by="parameters",
        ),
        ParameterKey(
            "ranvier_version",
            TEXT,
            "Versions of ranvier that the file is for, as `>=0.1`.",
            default=">=0.0.0",
            read_by="parameters",
        ),
        ParameterKey(
            "subject_id",
            IDENTIFIER,
            "Who is studied; asked for where it is not given.",
            aliases=("mouse_id",),
        ),
        ParameterKey(
            "user_id",
            LABEL,
            "Who conducts the session; asked for where it is not given.",
        ),
        ParameterKey("rig_id", LABEL, "Name of the rig; best set in the rig file."),
        ParameterKey(
            "output_root_folder",
            PATH,
            "Folder in which each session gets a folder of its own.",
            aliases=("OutputFolder", "output_directory"),
        ),
        ParameterKey(
            "centralized_log_directory",
            PATH,
            "Folder that gets a second copy of the log, by year, month and day.",
        ),
        ParameterKey(
            "log_level",
            choice("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
            "What the terminal shows at least; the file has all.",
            default="INFO",
        ),
        ParameterKey(
            "resource_log_interval",
            {"type": "number", "exclusiveMinimum": 0},
            "Time between two samples of CPU and memory.",
            default=5,
            unit="s",
            read_by="programs",
        ),
        ParameterKey(
            "required_devices",
            {"type": "object", "additionalProperties": TEXT},
            "Devices that must be there before it starts: name, and port or path, as "
            "`camera: /dev/video0`, `board: COM3`.",
            default={},
            read_by="preflight",
        ),
        ParameterKey(
            "required_hosts",
            {
                "type": "array",
                "items": {"type": "string", "pattern": r"^[^\s:]+:\d{1,5}$"},
            },
            "Computers and services that must answer before it starts, as `nas:445`.",
            default=[],
            read_by="preflight",
        ),
        ParameterKey(
            "required_packages",
            TEXTS,
            "Python packages that must be there before it starts, as `numpy==2.1.0`.",
            default=[],
            read_by="preflight",
        ),
        ParameterKey(
            "custom",
            MAPPING,
            "Values of your own, for placeholders and for your code; rig and file are "
            "joined key by key.",
            default={},
            read_by="parameters",
        ),
        ParameterKey(
            "description", TEXT, "What the file is for, for people.", is_literal=True
        ),
        ParameterKey(
            "notes", TEXT, "Notes that go into the metadata.", is_literal=True
        ),
    ],
)

REPOSITORY_KEYS = group_keys(
    KeyGroup.REPOSITORY,
    "repository",
    [
        ParameterKey("repository_url", PATH, "Where the task repository comes from."),
        ParameterKey(
            "repository_commit_hash",
            LABEL,
            "Commit, tag or branch of it.",
            default="main",
            aliases=("commit_hash",),
        ),
        ParameterKey(
            "local_repository_path",
            PATH,
            "Folder in which the repository's folder lies.",
        ),
        ParameterKey(
            "repository_cache",
            PATH,
            "Folder of the bare clones; without it, one of this user's.",
        ),
        ParameterKey(
            "allow_dirty_repository",
            YES_NO,
            "True takes files that differ from the commit, and keeps the difference.",
            default=False,
        ),
    ],
)

CODE_KEYS = group_keys(
    KeyGroup.CODE,
    "programs",
    [
        ParameterKey(
            "script_path",
            PATH,
            "Workflow, script or program, relative to the repository.",
            aliases=("bonsai_path",),
        ),
        ParameterKey(
            "script_parameters",
            MAPPING,
            "Values for it, by name; for Bonsai, externalised properties.",
            default={},
            aliases=("bonsai_parameters",),
        ),
        ParameterKey(
            "script_arguments",
            ARGUMENTS,
            "Further words of its command line.",
            default=[],
            aliases=("bonsai_arguments",),
        ),
        ParameterKey(
            "command",
            {"type": "array", "items": TEXT, "minItems": 1},
            "Program and arguments of the launcher `command`; no shell reads them.",
        ),
        ParameterKey(
            "program_version",
            TEXT,
            "Version of the program, for the metadata; Bonsai's own is read from "
            "`Bonsai.config`.",
            read_by="conduct",
        ),
        ParameterKey(
            "program_environment",
            {"type": "object", "additionalProperties": TEXT},
            "Environment variables for the program, added to ours.",
            default={},
        ),
    ],
)

GRAPH_KEYS = group_keys(
    KeyGroup.GRAPH,
    "conduct",
    [
        ParameterKey(
            "graph_path",
            PATH,
            "Graph file that is run as the acquisition, alone or beside a program.",
        ),
        ParameterKey(
            "graph_duration",
            {"type": ["string", "number"]},
            "How long it runs, as `30 min`; without it, as the graph says.",
            unit="s",
        ),
        ParameterKey(
            "graph_parameters",
            MAPPING,
            "Parameters of its nodes that differ, as `detector.level: 2`.",
            default={},
        ),
    ],
)
