"""Files of others, read into one shape: raw photometry, trials, wheel, metadata."""

from __future__ import annotations

from ranvier.analysis.readers._alf import (
    AlfSource,
)
from ranvier.analysis.readers._alf_files import (
    SessionPlace,
    find_sessions,
    parse_session_path,
)
from ranvier.analysis.readers._csv import (
    read_csv,
)
from ranvier.analysis.readers._detect import (
    FORMATS,
    detect_format,
    read_photometry,
)
from ranvier.analysis.readers._doric import (
    list_doric_streams,
    read_doric,
)
from ranvier.analysis.readers._hemispheres import (
    find_hemispheres,
)
from ranvier.analysis.readers._led_states import (
    LedStates,
    decode_led_states,
)
from ranvier.analysis.readers._mapping import (
    BandMapping,
    EventMapping,
    LedMapping,
    Mapping,
    read_mapping,
)
from ranvier.analysis.readers._metadata import (
    SESSION_COLUMNS,
    SUBJECT_COLUMNS,
    read_sessions,
    read_subjects,
)
from ranvier.analysis.readers._neurophotometrics import (
    read_digital_inputs,
    read_neurophotometrics,
)
from ranvier.analysis.readers._nwb import (
    NwbSource,
    read_nwb,
)
from ranvier.analysis.readers._one import (
    OneSource,
    fetch_extended_qc,
    open_one,
    query_sessions,
)
from ranvier.analysis.readers._ppd import (
    read_ppd,
)
from ranvier.analysis.readers._raw import (
    RawFrames,
    RawPhotometry,
    SessionSource,
    Source,
    make_events,
)
from ranvier.analysis.readers._recording import (
    RecordingSource,
    read_recording,
)
from ranvier.analysis.readers._sources import (
    FilesSource,
    open_session,
)
from ranvier.analysis.readers._task_data import (
    read_encoder,
    read_task_data,
)
from ranvier.analysis.readers._tdt import (
    read_tdt,
)
from ranvier.analysis.readers._trials import (
    TRIAL_COLUMNS,
    complete_trials,
)
from ranvier.analysis.readers._window import (
    cut_to_trials,
)

__all__ = [
    "FORMATS",
    "SESSION_COLUMNS",
    "SUBJECT_COLUMNS",
    "TRIAL_COLUMNS",
    "AlfSource",
    "BandMapping",
    "EventMapping",
    "FilesSource",
    "LedMapping",
    "LedStates",
    "Mapping",
    "NwbSource",
    "OneSource",
    "RawFrames",
    "RawPhotometry",
    "RecordingSource",
    "SessionPlace",
    "SessionSource",
    "Source",
    "complete_trials",
    "cut_to_trials",
    "decode_led_states",
    "detect_format",
    "fetch_extended_qc",
    "find_hemispheres",
    "find_sessions",
    "list_doric_streams",
    "make_events",
    "open_one",
    "open_session",
    "parse_session_path",
    "query_sessions",
    "read_csv",
    "read_digital_inputs",
    "read_doric",
    "read_encoder",
    "read_mapping",
    "read_neurophotometrics",
    "read_nwb",
    "read_photometry",
    "read_ppd",
    "read_recording",
    "read_sessions",
    "read_subjects",
    "read_task_data",
    "read_tdt",
]
