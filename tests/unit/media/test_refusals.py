"""What is no medium, or no safe one, is refused in one line that says why and what to do."""

import os
from pathlib import Path

import av
import cv2
import fsspec
import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from openface_core.errors import LandmarkFileError, MediaError
from openface_core.media import DecodeLimits, fingerprint, open_media
from openface_core.media.containers import ALLOWED_FORMATS, open_container
from openface_core.media.sources import locate
from tests.fixtures.media.writing import moving_square, write_audio, write_video


def refusal(uri: Path | str) -> str:
    """Return the message, after checking that it is one complete line."""
    with pytest.raises(MediaError) as caught:
        open_media(str(uri))
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.subject
    assert not caught.value.cause.endswith(".")
    assert caught.value.remedy.endswith(".")
    return message


def file_with(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "absent.mp4")


def test_empty_name() -> None:
    assert "name is empty" in refusal("")


def test_empty_file(tmp_path: Path) -> None:
    assert "the file is empty" in refusal(file_with(tmp_path / "a.mp4", b""))


def test_random_bytes(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).bytes(50_000)
    assert "no video or image" in refusal(file_with(tmp_path / "a.mp4", noise))


@pytest.mark.parametrize("text", ["Dear all,\n\nplease\tfind attached.", "Grüße, 你好\n" * 900])
def test_text(tmp_path: Path, text: str) -> None:
    assert "looks like text" in refusal(file_with(tmp_path / "a.mp4", text.encode()))


def test_mp4_without_its_index(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", moving_square(30)).read_bytes()
    assert "index (moov)" in refusal(file_with(tmp_path / "cut.mp4", whole[: len(whole) // 2]))


def test_sound_only(tmp_path: Path) -> None:
    assert "sound but no video" in refusal(write_audio(tmp_path / "a.m4a"))


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    # The tag of MP3 files, with a picture frame, before an MPEG audio stream.
    picture = cv2.imencode(".jpg", moving_square(1)[0])[1].tobytes()
    body = b"\0image/jpeg\0\x03\0" + picture
    frame = b"APIC" + len(body).to_bytes(4, "big") + b"\0\0" + body
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    mpeg_frame = b"\xff\xfb\x90\x00" + bytes(413)  # layer III, 128 kbit/s, 44.1 kHz
    path = file_with(tmp_path / "a.mp3", b"ID3\x03\0\0" + size + frame + mpeg_frame * 40)
    refusal(path)  # MP3 is no allowed container ...

    # ... and a picture attached to an allowed one is not a video either.
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=16_000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        silence = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        silence.sample_rate = 16_000
        container.mux(cover.encode(av.VideoFrame.from_ndarray(moving_square(1)[0], "bgr24")))
        container.mux(cover.encode(None))
        container.mux(sound.encode(silence))
        container.mux(sound.encode(None))
    assert "no video" in refusal(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n", "HLS"),
        ("a.ffconcat", "ffconcat version 1.0\nfile '{}'\n", "concat"),
        ("a.mp4", "#EXTM3U\n#EXTINF:9,\n{}\n", "HLS"),
        ("a.mpd", '<?xml version="1.0"?><MPD><BaseURL>{}</BaseURL></MPD>', "DASH"),
        ("a.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns={}\n", "SDP"),
    ],
)
def test_lists_of_other_files_are_not_followed(
    tmp_path: Path, name: str, content: str, words: str
) -> None:
    video = write_video(tmp_path / "real.mp4", moving_square(3))
    message = refusal(file_with(tmp_path / name, content.format(video).encode()))
    assert words in message
    assert "not followed" in message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"),
        ("a.ffconcat", "ffconcat version 1.0\nfile {}\n"),
    ],
)
def test_ffmpeg_itself_refuses_them_too(tmp_path: Path, name: str, content: str) -> None:
    video = write_video(tmp_path / "real.mp4", moving_square(3))
    path = file_with(tmp_path / name, content.format(video).encode())
    with pytest.raises(MediaError, match="not among the video containers"):
        open_container(locate(str(path)), DecodeLimits(), None)


def test_no_allowed_format_refers_to_other_files() -> None:
    assert not {"hls", "dash", "concat", "sdp", "image2", "rtsp", "tee"} & set(ALLOWED_FORMATS)


@pytest.mark.parametrize(
    "name", ["concat:a.mp4", "http:a.mp4", "pipe:0", "file:a.mp4", "a%03d.mp4"]
)
def test_names_are_never_protocols(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no such file" in refusal(name)
    content = write_video(tmp_path / "plain.mp4", moving_square(3)).read_bytes()
    file_with(tmp_path / name, content)
    with open_media(name) as reader:
        assert len(list(reader)) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission_denied_by_the_system(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(3))
    path.chmod(0)
    assert "permission" in refusal(path)


def test_permission_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(3))

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert "permission to read it is missing" in refusal(path)


def test_a_device_or_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "not a regular file" in refusal(tmp_path / "pipe.mp4")


def test_unknown_protocol() -> None:
    assert "Protocol not known" in refusal("nosuchthing://bucket/a.mp4")


def test_a_missing_protocol_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_installed(*_: object, **__: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", not_installed)
    message = refusal("s3://bucket/a.mp4")
    assert "Install s3fs" in message
    assert "package for its filesystem is missing" in message


def test_heif_is_named(tmp_path: Path) -> None:
    content = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
    assert "HEIF" in refusal(file_with(tmp_path / "a.heic", content))


class TestFilesystems:
    """Videos on any fsspec filesystem."""

    def test_memory_gives_the_same_frames(self, tmp_path: Path) -> None:
        path = write_video(tmp_path / "a.mp4", moving_square(8))
        with fsspec.open("memory://media/a.mp4", "wb") as file:
            file.write(path.read_bytes())
        with open_media("memory://media/a.mp4") as remote, open_media(str(path)) as local:
            assert remote.info.uri == "memory://media/a.mp4"
            for a, b in zip(remote, local, strict=True):
                assert (a.index, a.pts_seconds) == (b.index, b.pts_seconds)
                assert np.array_equal(a.image, b.image)
        assert fingerprint("memory://media/a.mp4") == fingerprint(str(path))

    def test_file_url(self, tmp_path: Path) -> None:
        path = write_video(tmp_path / "a.mp4", moving_square(3))
        with open_media(f"file://{path}") as reader:
            assert len(list(reader)) == 3

    def test_missing_remote_file(self) -> None:
        assert "no such file" in refusal("memory://media/absent.mp4")

    @pytest.mark.parametrize("failing_call", [3, 30])
    def test_a_failing_storage_is_an_error_and_not_a_short_video(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing_call: int
    ) -> None:
        """Otherwise the result would depend on the network."""
        originals = list(np.random.default_rng(0).integers(0, 256, (40, 240, 320, 3), np.uint8))
        content = write_video(tmp_path / "a.mkv", originals).read_bytes()
        assert len(content) > 40 * 32768

        class Failing:
            def __init__(self) -> None:
                self.position = 0
                self.calls = 0

            def __enter__(self) -> "Failing":
                return self

            def __exit__(self, *_: object) -> None:
                pass

            def read(self, count: int) -> bytes:
                self.calls += 1
                if self.calls > failing_call:
                    raise ConnectionResetError("the line is dead")
                block = content[self.position : self.position + count]
                self.position += len(block)
                return block

            def seek(self, offset: int, whence: int = 0) -> int:
                self.position = (0, self.position, len(content))[whence] + offset
                return self.position

            def tell(self) -> int:
                return self.position

            def close(self) -> None:
                pass

        with fsspec.open("memory://media/b.mkv", "wb") as file:
            file.write(content)
        monkeypatch.setattr(MemoryFileSystem, "open", lambda *_, **__: Failing())
        with pytest.raises(MediaError, match="the line is dead"):
            list(open_media("memory://media/b.mkv"))

    def test_errors_are_those_of_the_callers_stage(self) -> None:
        with pytest.raises(LandmarkFileError):
            locate("nosuchthing://a", error=LandmarkFileError)
