"""Fingerprints identify the content, and nothing but the content."""

import hashlib
from pathlib import Path

import pytest

from openface_core.errors import MediaError
from openface_core.media import fingerprint, fingerprints


def test_a_file_is_hashed_as_a_whole(tmp_path: Path) -> None:
    content = b"some video" * 300_000
    (tmp_path / "a.mp4").write_bytes(content)
    (tmp_path / "b.avi").write_bytes(content)
    expected = f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert fingerprint(str(tmp_path / "a.mp4")) == expected
    assert fingerprint(str(tmp_path / "b.avi")) == expected


def test_a_large_file_is_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "SAMPLED_ABOVE_BYTES", 999)
    monkeypatch.setattr(fingerprints, "SAMPLE_BLOCKS", 4)
    monkeypatch.setattr(fingerprints, "BLOCK_BYTES", 100)
    content = bytes(range(250)) * 4
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    blocks = b"".join(content[at : at + 100] for at in (0, 300, 600, 900))
    expected = hashlib.sha256(len(content).to_bytes(8, "little") + blocks).hexdigest()
    assert fingerprint(str(path)) == f"sha256-sampled:{expected}"


@pytest.mark.parametrize("at", [0, -1])
def test_the_ends_of_a_large_file_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(fingerprints, "SAMPLED_ABOVE_BYTES", 3 * 2**20)
    content = bytearray(4 * 2**20 + 17)
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    before = fingerprint(str(path))
    content[at] = 1
    path.write_bytes(content)
    assert before.startswith("sha256-sampled:")
    assert fingerprint(str(path)) != before


def test_a_folder_counts_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"one")
    (tmp_path / "2.png").write_bytes(b"two")
    before = fingerprint(str(tmp_path))
    assert before.startswith("sha256:")
    (tmp_path / "notes.txt").write_text("ignored")
    assert fingerprint(str(tmp_path)) == before
    (tmp_path / "2.png").rename(tmp_path / "3.png")
    renamed = fingerprint(str(tmp_path))
    (tmp_path / "3.png").write_bytes(b"new")
    assert len({before, renamed, fingerprint(str(tmp_path))}) == 3


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        fingerprint(str(tmp_path / "absent.mp4"))
    with pytest.raises(MediaError, match="no images"):
        fingerprint(str(tmp_path))
