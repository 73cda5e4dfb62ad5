"""What a packet says about cutting, on packets written byte by byte."""

import pytest

from openface_core.media.cutting import PacketInspector, reason_against_cutting

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
AVCC = bytes([1, 100, 0, 30, 0xFF, 0xE1, 0])
HVCC = bytes([1, *[0] * 20, 0x0F, 0])

IDR, SLICE, SPS, PPS = b"\x65\x88", b"\x41\x9a", b"\x67\x64\x00", b"\x68\xee"


def packet(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def information(*payloads: tuple[int, bytes]) -> bytes:
    body = b"".join(bytes([kind, len(data)]) + data for kind, data in payloads)
    return b"\x06" + body.replace(b"\0\0\1", b"\0\0\3\1") + b"\x80"


@pytest.mark.parametrize(
    ("container", "codec", "extradata", "reason"),
    [
        (MP4, "h264", AVCC, None),
        (MP4, "hevc", HVCC, None),
        ("matroska,webm", "vp9", b"", None),
        (MP4, "mjpeg", b"", None),
        ("avi", "mjpeg", b"", "container avi"),
        ("mpegts", "h264", AVCC, "container mpegts"),
        (MP4, "mpeg4", b"", "codec mpeg4"),
        ("matroska,webm", "h264", b"\0\0\0\1\x67\x64\x00\x1e", "configuration record"),
        (MP4, "hevc", HVCC[:20], "configuration record"),
        (MP4, "h264", b"", "configuration record"),
    ],
)
def test_kinds_of_video(container: str, codec: str, extradata: bytes, reason: str | None) -> None:
    found = reason_against_cutting(container, codec, extradata)
    assert found is None if reason is None else reason in str(found)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([IDR], True),
        ([SPS, PPS, IDR, IDR], True),
        ([SLICE], False),
        ([SPS, PPS], False),
        ([IDR, SLICE], False),
        ([information((6, b"\xc4")), SLICE], True),
        ([information((5, b"\0\0\1" * 5), (6, b"\xc4")), SLICE], True),
        ([information((6, b"\x84")), SLICE], False),  # not exact
        ([information((6, b"\x4c")), SLICE], False),  # after one frame
        ([information((1, b"\xc4")), SLICE], False),  # another kind of information
        ([b"\x06\xff\xff", SLICE], False),  # cut off
    ],
)
def test_h264_random_access(units: list[bytes], expected: bool) -> None:
    inspector = PacketInspector("h264", AVCC)
    assert inspector.facts(packet(*units), is_key=True).is_random_access is expected
    assert not inspector.facts(packet(*units), is_key=False).is_random_access


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(1, False), (9, False), (16, False), (18, False), (19, True), (20, True), (21, True)],
)
def test_hevc_random_access(kind: int, expected: bool) -> None:
    inspector = PacketInspector("hevc", HVCC)
    data = packet(bytes([kind << 1, 1, 7]))
    assert inspector.facts(data, is_key=True).is_random_access is expected


@pytest.mark.parametrize(
    ("first_byte", "expected"),
    [
        (0b10_00_0_0_10, True),
        (0b10_00_0_1_10, False),  # an inter frame
        (0b10_00_1_0_10, False),  # shows a frame decoded before
        (0b10_11_0_0_0_0, True),  # profile 3 has one more bit before them
        (0b10_11_0_0_1_0, False),
        (0b01_00_0_0_10, False),  # no VP9
    ],
)
def test_vp9_random_access(first_byte: int, expected: bool) -> None:
    inspector = PacketInspector("vp9", b"")
    assert inspector.facts(bytes([first_byte, 0]), is_key=True).is_random_access is expected
    assert not inspector.facts(b"", is_key=True).is_random_access


def test_parameter_sets_are_listed() -> None:
    facts = PacketInspector("h264", AVCC).facts(packet(SPS, PPS, IDR), is_key=True)
    assert facts.parameter_sets == (SPS, PPS)
    sets = [bytes([kind << 1, 1, kind]) for kind in (32, 33, 34)]
    facts = PacketInspector("hevc", HVCC).facts(packet(*sets, b"\x26\x01"), is_key=True)
    assert facts.parameter_sets == tuple(sets)


@pytest.mark.parametrize(
    "data", [packet(IDR)[:-1], packet(IDR) + b"\0", b"\xff" * 9, packet(b""), packet(IDR) * 10_001]
)
def test_damaged_packets_are_seen(data: bytes) -> None:
    facts = PacketInspector("h264", AVCC).facts(data, is_key=True)
    assert not facts.is_readable
    assert not facts.is_random_access
