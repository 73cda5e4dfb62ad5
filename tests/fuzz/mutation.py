"""Random damage to bytes and to texts, by a seeded generator."""

import random
from collections.abc import Callable

_HEAD_BYTES = 256


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with one to three kinds of damage."""
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        data = chance.choice(_DAMAGES)(data, chance)
    return data


def _place(data: bytes, chance: random.Random) -> int:
    """Return a place, often one in the header, where it does the most."""
    end = min(len(data), _HEAD_BYTES) if chance.random() < 0.4 else len(data)
    return chance.randrange(end) if end else 0


def _flip_bits(data: bytes, chance: random.Random) -> bytes:
    content = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 8, 50]) if content else 0):
        content[_place(data, chance)] ^= 1 << chance.randrange(8)
    return bytes(content)


def _set_bytes(data: bytes, chance: random.Random) -> bytes:
    """Put extreme numbers in the place of others."""
    at, length = _place(data, chance), chance.choice([1, 2, 4, 8])
    value = chance.choice([b"\0", b"\xff", b"\x7f", b"\x80"]) * length
    return data[:at] + value + data[at + length :]


def _hole(data: bytes, chance: random.Random) -> bytes:
    at, length = _place(data, chance), chance.randrange(1, max(2, len(data) // 3))
    return data[:at] + bytes(min(length, len(data) - at)) + data[at + length :]


def _noise(data: bytes, chance: random.Random) -> bytes:
    at, length = _place(data, chance), chance.randrange(1, max(2, len(data) // 3))
    return data[:at] + chance.randbytes(min(length, len(data) - at)) + data[at + length :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: _place(data, chance)]


def _remove(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at + chance.randrange(1, max(2, len(data) // 4)) :]


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.randbytes(chance.choice([1, 3, 16, 500])) + data[at:]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    piece = data[at : at + chance.randrange(1, max(2, len(data) // 4))]
    return data[:at] + piece * chance.choice([2, 3]) + data[at:]


def _swap(data: bytes, chance: random.Random) -> bytes:
    size = max(1, len(data) // chance.choice([4, 8, 16, 32]))
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    if len(chunks) > 1:
        a, b = chance.sample(range(len(chunks)), 2)
        chunks[a], chunks[b] = chunks[b], chunks[a]
    return b"".join(chunks)


def _nothing(data: bytes, chance: random.Random) -> bytes:
    return chance.choice([b"", b"\0", data[:4], data + data])


_DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip_bits, _flip_bits, _flip_bits, _set_bytes, _set_bytes, _hole, _noise, _cut, _remove,
    _insert, _repeat, _swap, _nothing,
)  # fmt: skip

NASTY_VALUES = (
    "", " ", "0", "-1", "1e400", "nan", "inf", "-inf", "true", "[]", "{}", "''", '""', "null",
    "9" * 400, "1_000", "0x10", "1979-05-27", "07:32:00", "'\\n'", "\"\\u0000\"", "'../../x'",
    "[[" * 600, "{a=1}", "'" + "x" * 5000 + "'", "é", "张三", "\ufeff", "\u202e", "a\tb", "a;b",
    "1-", "-1-2", "5-1; ;", "http://[", "s3://", "file:///dev/zero", "/dev/null", "concat:a|b",
    "~", "C:\\a.mp4", "=1+1", "%s%n", "$(id)",
)  # fmt: skip
"""Values that programs stumble over, as they would stand in a text."""


def mutated_text(text: str, chance: random.Random) -> str:
    """Return a text in which words, lines or single characters are replaced."""
    for _ in range(chance.choice([1, 1, 2, 4])):
        lines = text.split("\n")
        at = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                head, mark, _ = lines[at].partition(chance.choice(["=", ",", ";"]))
                lines[at] = f"{head}{mark}{chance.choice(NASTY_VALUES)}"
            case 1:
                words = lines[at].split(",")
                words[chance.randrange(len(words))] = chance.choice(NASTY_VALUES)
                lines[at] = ",".join(words)
            case 2:
                lines[at : at + 1] = [lines[at]] * chance.choice([0, 2, 3])
            case 3:
                lines.insert(at, chance.choice(NASTY_VALUES))
            case 4:
                place = chance.randrange(len(lines[at]) + 1)
                mark = chance.choice(['"', "'", ",", "=", "[", "]", "\0", "\r", "#", "\\", "."])
                lines[at] = lines[at][:place] + mark + lines[at][place:]
            case _:
                chance.shuffle(lines)
        text = "\n".join(lines)
    return text


def encoded(text: str, chance: random.Random) -> bytes:
    """Return a text in one of the encodings that programs write."""
    names = ["utf-8"] * 6 + ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]
    return text.encode(chance.choice(names), errors="replace")
