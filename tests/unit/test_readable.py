"""Names of files, and numbers of things, as text."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.readable import counted, readable, without_credentials


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_stays_what_it_is(name: str) -> None:
    assert readable(name) == name


def test_bytes_that_are_no_text_are_escaped() -> None:
    assert readable("caf\udce9.mp4") == r"caf\xe9.mp4"


@given(st.binary(max_size=20))
def test_any_name_of_a_file_can_be_stored(name: bytes) -> None:
    readable(os.fsdecode(name)).encode()


def test_one_thing_is_no_plural() -> None:
    assert [counted(n, "input") for n in (0, 1, 2)] == ["0 inputs", "1 input", "2 inputs"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a@b:c.mp4", "a@b:c.mp4"),
        ("why?.mp4", "why?.mp4"),
        ("s3://bucket/a@b.mp4", "s3://bucket/a@b.mp4"),
        ("https://me:p@ss@host/a.mp4?key=secret", "https://***@host/a.mp4?***"),
        ("simplecache::ftp://token@host/a", "simplecache::ftp://***@host/a"),
    ],
)
def test_what_a_url_holds_of_secrets_is_not_shown(name: str, shown: str) -> None:
    assert without_credentials(name) == shown
