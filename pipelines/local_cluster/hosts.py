"""Hosts of a cluster on one machine, each with an address of its own.

Where the system lets us, a host is a network namespace on a bridge, with a name of its own; else it
is one more address of the loopback interface, on which all hosts share their ports.
"""

import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "ofb"
"""What names of namespaces and links begin with; then comes the number of the process."""

_numbers = itertools.count()
"""A process may have several clusters at once."""


@dataclass(frozen=True)
class Host:
    """A host.

    Parameters
    ----------
    name : str
        Its name.
    address : str
        Its IPv4 address.
    prefix : tuple of str
        What is put before a command to run it there.
    has_own_ports : bool
        Whether its ports are its own.
    gateway : str
        Address at which it reaches this process.
    """

    name: str
    address: str
    prefix: tuple[str, ...]
    has_own_ports: bool
    gateway: str = "127.0.0.1"


def _ip(*words: str) -> str:
    """Return what the program `ip` says."""
    program = shutil.which("ip") or "/usr/sbin/ip"
    done = subprocess.run([program, *words], check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout


def may_have_namespaces() -> bool:
    """Return whether this process may make network namespaces."""
    if not all(map(shutil.which, ("ip", "unshare"))) or os.geteuid() != 0:
        return False
    name = f"ofb-probe-{os.getpid()}"
    try:
        _ip("netns", "add", name)
        _ip("netns", "delete", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@contextmanager
def hosts(count: int, *, namespaces: bool) -> Iterator[tuple[Host, ...]]:
    """Make hosts, and remove them with the block.

    Parameters
    ----------
    count : int
        How many, 1 to 200; the last one of the loopback interface is 127.0.0.1.
    namespaces : bool
        Whether each is a network namespace; :func:`may_have_namespaces` says whether it can be.

    Yields
    ------
    tuple of Host
        The hosts.
    """
    names = [f"host-{letter}" for letter in _letters(count)]
    if not namespaces:
        addresses = [f"127.0.0.{count - k}" for k in range(count)]
        yield tuple(
            Host(name, address, (), has_own_ports=False)
            for name, address in zip(names, addresses, strict=True)
        )
        return
    _remove_leftovers()
    key = os.getpid()
    number = next(_numbers)
    bridge = f"{_PREFIX}{key}n{number}"
    network = f"10.{200 + key % 50}.{(key + number) % 250}"
    made: list[str] = []
    try:
        _ip("link", "add", bridge, "type", "bridge")
        _ip("address", "add", f"{network}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        found = []
        for k, name in enumerate(names):
            space, address = f"{bridge}-{name}", f"{network}.{10 + k}"
            _ip("netns", "add", space)
            made.append(space)
            _join(bridge, space, f"{bridge}v{k}", address)
            # A name of its own, by which a worker tells where it is.
            prefix = ("ip", "netns", "exec", space, "unshare", "--uts", *_named(name))
            found.append(Host(name, address, prefix, True, f"{network}.1"))
        yield tuple(found)
    finally:
        for space in made:
            _ip("netns", "delete", space)
        _ip("link", "delete", bridge)


def _remove_leftovers() -> None:
    """Remove the hosts of processes that have been killed."""
    for kind, listing in (("netns", _ip("netns", "list")), ("link", _ip("-brief", "link"))):
        for name in (line.split()[0] for line in listing.splitlines() if line.strip()):
            found = re.match(rf"{_PREFIX}(\d+)n\d+(-|$)", name)
            if found is not None and not Path(f"/proc/{found[1]}").exists():
                _ip(kind, "delete", name)


def _letters(count: int) -> Sequence[str]:
    return [chr(ord("a") + k) if k < 26 else f"{k}" for k in range(count)]


def _named(name: str) -> tuple[str, ...]:
    # The words after the script are its arguments: nothing of them is read as a program.
    return ("sh", "-c", 'hostname "$0" 2>/dev/null; exec "$@"', name)


def _join(bridge: str, space: str, link: str, address: str) -> None:
    _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
    _ip("link", "set", link, "master", bridge, "up")
    _ip("-n", space, "address", "add", f"{address}/24", "dev", "eth0")
    _ip("-n", space, "link", "set", "eth0", "up")
    _ip("-n", space, "link", "set", "lo", "up")
    _ip("-n", space, "route", "add", "default", "via", address.rpartition(".")[0] + ".1")
