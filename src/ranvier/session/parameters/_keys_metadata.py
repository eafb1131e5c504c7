"""The keys of the subject, the metadata and the steps."""

from __future__ import annotations

from ranvier.session.parameters._key import (
    COUNT,
    DURATION,
    LABEL,
    PATH,
    TEXT,
    TEXT_OR_TEXTS,
    TEXTS,
    YES_NO,
    KeyGroup,
    ParameterKey,
    choice,
    group_keys,
)
from ranvier.session.parameters._step_schema import PIPELINE

STEP_KEYS = group_keys(
    KeyGroup.STEPS,
    "steps",
    [
        ParameterKey(
            "pre_acquisition_pipeline",
            PIPELINE,
            "Steps before the acquisition, in order.",
            default=[],
        ),
        ParameterKey(
            "post_acquisition_pipeline",
            PIPELINE,
            "Steps after it, in order.",
            default=[],
        ),
    ],
)

STEP_PARAMETER_KEYS = group_keys(
    KeyGroup.STEP_PARAMETERS,
    "steps",
    [
        ParameterKey(
            "metadata_service_url",
            TEXT,
            "Address of the metadata service.",
            aliases=("metadata_service_base_url",),
        ),
        ParameterKey(
            "metadata_service_timeout",
            DURATION,
            "How long it may take to answer.",
            default=10,
            unit="s",
        ),
        ParameterKey(
            "metadata_procedures_timeout",
            DURATION,
            "How long it may take to give the procedures.",
            unit="s",
        ),
        ParameterKey(
            "metadata_subject_id",
            LABEL,
            "Subject that is asked for, if not `subject_id`.",
            aliases=("metadata_mouse_id",),
        ),
        ParameterKey("metadata_subject_path", PATH, "Where the subject is written."),
        ParameterKey("metadata_project_name", TEXT, "Project that is looked up."),
        ParameterKey("metadata_project_path", PATH, "Where the project is written."),
        ParameterKey("metadata_project_prompt", TEXT, "How a project is asked for."),
        ParameterKey("metadata_protocol_name", TEXT, "Protocol that is looked up."),
        ParameterKey("metadata_protocol_prompt", TEXT, "How a protocol is asked for."),
        ParameterKey("experiment_notes_filename", PATH, "File of the notes."),
        ParameterKey("experiment_notes_encoding", TEXT, "Encoding of that file."),
        ParameterKey(
            "experiment_notes_launch_editor", YES_NO, "True opens an editor on it."
        ),
        ParameterKey(
            "experiment_notes_editor_command", TEXT_OR_TEXTS, "Program of the editor."
        ),
        ParameterKey("experiment_notes_editor_args", TEXT_OR_TEXTS, "Its arguments."),
        ParameterKey(
            "experiment_notes_autoclose_editor", YES_NO, "True closes it at the end."
        ),
        ParameterKey("experiment_notes_preview", YES_NO, "True shows the notes."),
        ParameterKey(
            "experiment_notes_preview_limit", COUNT, "How many characters are shown."
        ),
        ParameterKey(
            "experiment_notes_confirm_prompt", TEXT, "How they are to be confirmed."
        ),
        ParameterKey(
            "required_free_gb", DURATION, "Space that must be free.", unit="GB"
        ),
        ParameterKey(
            "zmq_ready_publisher_wait",
            DURATION,
            "How long the ready barrier waits before it speaks.",
            unit="s",
        ),
        ParameterKey(
            "zmq_ready_waiter_timeout",
            DURATION,
            "How long the ready barrier waits for the others.",
            unit="s",
        ),
        ParameterKey("network_dir", PATH, "Folder that a session is archived to."),
        ParameterKey("backup_dir", PATH, "Folder of a second copy."),
        ParameterKey(
            "manifest_path", PATH, "Does nothing: the manifest lies beside the copy."
        ),
        ParameterKey(
            "include_patterns",
            TEXT_OR_TEXTS,
            "Does nothing but warn: everything is archived.",
        ),
        ParameterKey("exclude_patterns", TEXT_OR_TEXTS, "Files that are not."),
        ParameterKey("checksum_algo", TEXT, "Does nothing: it is always SHA-256."),
        ParameterKey(
            "skip_completed",
            YES_NO,
            "Does nothing: what is whole is never copied again.",
        ),
        ParameterKey("max_retries", COUNT, "How often a copy is tried again."),
        ParameterKey("dry_run", YES_NO, "True only says what would be archived."),
        ParameterKey(
            "remove_empty_dirs", YES_NO, "Does nothing: nothing is ever removed."
        ),
    ],
)

SUBJECT_KEYS = group_keys(
    KeyGroup.SUBJECT,
    "metadata",
    [
        ParameterKey("subject_species", TEXT, "Species, as `Mus musculus`."),
        ParameterKey("subject_sex", choice("Female", "Male", "Unknown"), "Sex."),
        ParameterKey(
            "subject_date_of_birth",
            {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
            "Date of birth, as `2026-03-01`.",
        ),
        ParameterKey("subject_genotype", TEXT, "Genotype."),
        ParameterKey("subject_strain", TEXT, "Strain of the background."),
        ParameterKey("subject_source", TEXT, "Where the subject was bred."),
    ],
)

_PEOPLE = {"type": ["string", "array"], "items": {"type": ["string", "object"]}}

METADATA_KEYS = group_keys(
    KeyGroup.METADATA,
    "metadata",
    [
        ParameterKey(
            "required_metadata",
            TEXTS,
            "Keys that must be known before the session starts.",
            default=[],
            read_by="preflight",
        ),
        ParameterKey(
            "experimenters",
            TEXT_OR_TEXTS,
            "Full names of those who conduct it.",
            aliases=("experimenter_full_name",),
        ),
        ParameterKey("session_type", TEXT, "What sort of session it is."),
        ParameterKey(
            "protocol_id",
            {
                "type": ["string", "integer", "array"],
                "items": {"type": ["string", "integer"]},
            },
            "Protocols that it follows.",
        ),
        ParameterKey(
            "iacuc_protocol", LABEL, "Number of the approval by the ethics board."
        ),
        ParameterKey("stimulus_name", TEXT, "Name of the stimulus epoch."),
        ParameterKey(
            "stimulus_modalities",
            TEXTS,
            "Senses that it reaches, as `Visual`, `Auditory`.",
        ),
        ParameterKey("trials_total", COUNT, "How many trials are planned."),
        ParameterKey(
            "mouse_platform_name",
            TEXT,
            "Platform that the subject stands on.",
            aliases=("mouse_platform",),
        ),
        ParameterKey(
            "active_mouse_platform", YES_NO, "True if the platform is moved by a motor."
        ),
        ParameterKey("instrument_json", PATH, "File that describes the rig, AIND 2.x."),
        ParameterKey(
            "rig_modification_date",
            {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
            "When the rig's hardware was last changed, as `2026-03-01`.",
        ),
        ParameterKey("rig_location", TEXT, "Where the rig stands."),
        ParameterKey(
            "rig_coordinate_system",
            {"type": ["string", "object"]},
            "Coordinate system of the rig, as `BREGMA_ARI`.",
        ),
        ParameterKey(
            "rig_devices",
            {"type": "array", "items": {"type": "object"}},
            "Devices of the rig: `name`, `model`, `serial_number`, `manufacturer`.",
        ),
        ParameterKey(
            "camera_names", TEXTS, "Which of them are cameras that record behaviour."
        ),
        ParameterKey("institution", TEXT, "Institution, as its abbreviation."),
        ParameterKey("project_name", TEXT, "Project that pays and plans."),
        ParameterKey("investigators", _PEOPLE, "Who leads it."),
        ParameterKey("funding_source", _PEOPLE, "Who pays for it."),
        ParameterKey("data_modalities", TEXTS, "What is recorded, as `behavior`."),
    ],
)

SLAP2_KEYS = group_keys(
    KeyGroup.METADATA,
    "experiment",
    [
        ParameterKey(
            "laser_power",
            {"type": "number", "exclusiveMinimum": 0},
            "Power of the laser at the subject.",
            unit="mW",
        ),
        ParameterKey(
            "laser_wavelength",
            {"type": "number", "exclusiveMinimum": 0},
            "Wavelength of the laser.",
            unit="nm",
        ),
        ParameterKey(
            "slap_fovs",
            {"type": "array", "items": {"type": "object"}},
            "Fields of view of a SLAP2 session.",
        ),
        ParameterKey("targeted_structure", TEXT, "Brain structure that is imaged."),
        ParameterKey(
            "fov_coordinate_ml", {"type": "number"}, "Its place, medio-lateral."
        ),
        ParameterKey(
            "fov_coordinate_ap", {"type": "number"}, "Its place, antero-posterior."
        ),
        ParameterKey("fov_coordinate_unit", TEXT, "Unit of the two."),
        ParameterKey("fov_reference", TEXT, "What they are counted from."),
        ParameterKey("magnification", TEXT, "Magnification, as `40x`."),
        ParameterKey(
            "fov_scale_factor", {"type": "number"}, "Size of a pixel.", unit="um/pixel"
        ),
    ],
)
