"""The table of keys, and the schema and the page that are made of it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ranvier.session import parameters
from ranvier.session.parameters import (
    ALIASES,
    KEYS,
    KeyGroup,
    build_schema,
    format_keys,
    format_schema,
)

ROOT = Path(__file__).parents[4]

# Every key of the launcher's documentation and code, version 0.2.57.
LAUNCHER = """
$schema launcher launcher_version log_level subject_id user_id session_uuid
output_root_folder centralized_log_directory resource_log_interval rig_id description
notes repository_url repository_commit_hash local_repository_path script_path
script_parameters script_arguments acquisition_error_terminate
acquisition_error_grace_period_sec process_start_timeout_sec bonsai_exe_path
bonsai_setup_script bonsai_config_path bonsai_max_retries bonsai_retry_delay_sec
bonsai_fail_on_stderr bonsai_retry_error_patterns bonsai_continue_on_failure
bonsai_failure_default python_exe_path python_venv_path python_arguments
matlab_engine_name matlab_entrypoint matlab_function matlab_entrypoint_args
matlab_entrypoint_kwargs matlab_entrypoint_nargout matlab_pass_session_folder
matlab_session_folder_position matlab_engine_connect_timeout_sec
matlab_engine_connect_poll_interval_sec matlab_cancel_timeout_sec
matlab_keep_engine_alive matlab_enable_resume matlab_resume_keyword
matlab_rig_description_path rig_description_path session_sync_role session_sync_port
session_sync_expected_slaves session_sync_bind_host session_sync_master_host
session_sync_timeout_sec session_sync_ack_timeout_sec session_sync_retry_delay_sec
session_sync_key_param session_sync_session_key session_sync_name_param
session_sync_session_name session_sync_node_name session_sync_allow_bypass
session_sync_bypass_prompt pre_acquisition_pipeline post_acquisition_pipeline
github_issue github_issue_enabled github_issue_repo github_issue_api_base_url
github_issue_token_env github_issue_labels github_issue_report_on
github_issue_include_subject_user github_issue_include_rig_config
github_issue_include_launcher_log github_issue_launcher_log_mode
github_issue_sanitize_launcher_log github_issue_max_output_lines
github_issue_max_body_chars rig_config_path workflow_path bonsai_executable bonsai_args
python_executable python_args collect_mouse_runtime_data active_mouse_platform
mouse_platform_name mouse_id bonsai_path bonsai_parameters bonsai_arguments OutputFolder
output_directory commit_hash mouse_platform session_sync_mode data_root_directory
session_type stimulus_name trials_total laser_power laser_wavelength slap_fovs
protocol_id metadata_service_timeout metadata_service_base_url
"""


@pytest.mark.parametrize("key", LAUNCHER.split())
def test_every_key_of_the_older_launcher_is_known(key):
    assert key in KEYS or key in ALIASES


def test_each_key_has_one_meaning_in_one_sentence():
    meanings = [key.meaning for key in KEYS.values()]

    assert [m for m in meanings if not m.endswith(".")] == []
    assert [m for m in meanings if not (m[0].isupper() or m[0] == "`")] == []
    assert set(ALIASES).isdisjoint(KEYS)
    assert len(ALIASES) == sum(len(key.aliases) for key in KEYS.values())
    assert {key.group for key in KEYS.values()} == set(KeyGroup)
    assert [
        key.name for key in KEYS.values() if not key.read_by and not key.instead
    ] == []


def test_the_schema_is_one_of_its_draft():
    Draft202012Validator.check_schema(build_schema())

    assert set(build_schema()["properties"]) == {*KEYS, *ALIASES}


def test_the_schemas_that_are_published_are_fresh():
    """Mend: python tools/write_schemas.py."""
    text = format_schema()
    shipped = files(parameters).joinpath("session.schema.json")

    assert (ROOT / "schemas" / "session.schema.json").read_text("utf-8") == text
    assert shipped.read_text("utf-8") == text
    assert json.loads(text) == build_schema()


def test_each_default_is_a_value_that_the_key_can_have():
    wrong = [
        key.name
        for key in KEYS.values()
        if key.default is not None
        and not Draft202012Validator(dict(key.schema)).is_valid(key.default)
    ]

    assert wrong == []


def test_null_is_allowed_everywhere():
    nothing = dict.fromkeys([*KEYS, *ALIASES])

    assert list(Draft202012Validator(build_schema()).iter_errors(nothing)) == []


def test_the_page_has_a_row_for_each_key():
    rows = [line for line in format_keys().splitlines() if line.startswith("| `")]
    named = {row.split("`")[1] for row in rows}

    assert set(KEYS) <= named
    assert {row.replace("\\|", "").count("|") for row in rows} <= {4, 6}
