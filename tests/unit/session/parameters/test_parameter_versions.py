"""Our reading of versions is that of `packaging`."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ranvier.session.parameters import allows, is_specifier

NUMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)
VERSIONS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "", "1!"]),
    NUMBERS,
    st.sampled_from(["", "", "a1", "b0", "rc2", "alpha", ".pre1"]),
    st.sampled_from(["", "", ".post1", "-1", "rev"]),
    st.sampled_from(["", "", ".dev0", "dev3"]),
)
CLAUSES = st.builds(
    "{}{}{}".format,
    st.sampled_from(["==", "!=", ">=", "<=", ">", "<", "~=", "="]),
    VERSIONS,
    st.sampled_from(["", "", "", ".*"]),
)


@settings(max_examples=150, deadline=None)
@given(clauses=st.lists(CLAUSES, max_size=2), version=VERSIONS)
def test_we_allow_what_packaging_allows(clauses, version):
    text = ", ".join(clauses)
    try:
        theirs = SpecifierSet(text)
    except InvalidSpecifier:
        assert not is_specifier(text)
        return

    assert is_specifier(text)
    assert allows(text, version) == theirs.contains(version, prereleases=True)


def test_what_real_files_ask_for():
    assert allows(">=0.0.0", "0.2.57")
    assert allows(">=0.2.7", "0.2.57")
    assert not allows("==0.1.*", "0.2.57")
    assert not is_specifier("latest")
