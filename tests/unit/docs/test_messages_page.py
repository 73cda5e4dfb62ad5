"""Every error says why, and what to do; the page has all of them."""

import re

import openface_core.errors
from openface_core.errors import OpenFaceBeamError
from tests.unit.docs.markdown import page
from tests.unit.docs.messages import ANY, errors, face_notes, says_something, warnings
from tests.unit.docs.messages_page import stages

LEAST_ERRORS = 300
"""There are more: fewer would mean that they are not found."""


def test_errors_are_found() -> None:
    assert len(errors()) > LEAST_ERRORS
    causes = {message.cause for message in errors()}
    for cause in (
        "there is no such file",  # of any class
        "the output folder holds other files",
        "the MP4/MOV file is damaged or cut off: its index (moov) cannot be read",  # one of several
        "there is no space left (…)",  # made by a class method
        "expected four numbers, fx,fy,cx,cy, found …",  # a ValueError that is passed on
        "nothing could be read from it for … s",  # made by a function
    ):
        assert any(found.endswith(cause) for found in causes), cause


def test_every_error_has_a_remedy_that_is_a_sentence() -> None:
    for message in errors():
        assert says_something(message.remedy), message
        assert re.search(r"[.?]$|…$", message.remedy), message


def test_no_cause_ends_with_a_full_stop() -> None:
    assert [message for message in errors() if message.cause.endswith(".")] == []


def test_every_stage_has_a_section() -> None:
    kinds = [
        kind
        for kind in vars(openface_core.errors).values()
        if isinstance(kind, type) and issubclass(kind, OpenFaceBeamError)
    ]
    assert {message.stage for message in errors()} <= stages()
    assert {kind.stage for kind in kinds} | {ANY} == stages()


def test_every_warning_has_a_remedy() -> None:
    assert len(warnings()) > 15
    assert len(face_notes()) == 2
    for message in (*warnings(), *face_notes()):
        assert message.remedy.endswith("."), message


def test_the_page_names_warnings_and_errors() -> None:
    text = page("docs/messages.md").text
    for words in ("without frames after frame", "there is no space left", "may be one"):
        assert words in text
