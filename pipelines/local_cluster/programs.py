"""The programs of a cluster, got once from the registries and kept in the user's cache folder."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import platformdirs

from openface_core.errors import ConfigError

FLINK_VERSION = "1.19.3"
"""Of the cluster; its line is that of the job server, see configs/cluster/flink-job-server."""

FLINK_LINE = ".".join(FLINK_VERSION.split(".")[:2])

_JOB_SERVERS = Path(__file__).resolve().parent.parent.parent / "configs" / "cluster"

JAVA_OPTIONS = (
    # These processes live for minutes and move references only: cheap starts count.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    *(
        f"--add-{kind}=java.base/{package}=ALL-UNNAMED"
        for kind, packages in {
            "exports": ("sun.net.util", "sun.nio.ch"),
            "opens": (
                *("java.lang", "java.lang.invoke", "java.lang.reflect", "java.net", "java.io"),
                *("java.nio", "java.text", "java.time", "java.util", "java.util.concurrent"),
                *("java.util.concurrent.atomic", "java.util.concurrent.locks", "sun.nio.ch"),
                *("sun.nio.cs", "sun.security.action", "sun.util.calendar", "jdk.internal.ref"),
            ),
        }.items()
        for package in packages
    ),
)
"""For Java 17: what Flink and Spark ask of it, and what suits small clusters."""


def missing_programs() -> tuple[str, ...]:
    """Return which programs are missing that a cluster needs."""
    return tuple(name for name in ("java", "mvn") if shutil.which(name) is None)


def cache_folder() -> Path:
    """Return where programs are kept."""
    folder = Path(platformdirs.user_cache_dir("openface-beam")) / "clusters"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def job_server_jar(kind: str) -> Path:
    """Return Beam's job server as one jar, built by Maven if it is not there yet.

    Parameters
    ----------
    kind : str
        ``flink`` or ``spark``.

    Raises
    ------
    ConfigError
        If it cannot be built.
    """
    recipe = _JOB_SERVERS / f"{kind}-job-server" / "pom.xml"
    digest = hashlib.sha256(recipe.read_bytes()).hexdigest()[:12]
    jar = cache_folder() / f"{kind}-job-server-{digest}.jar"
    if jar.is_file():
        return jar
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        shutil.copy(recipe, folder)
        _run(["mvn", "--batch-mode", "--quiet", "package"], folder, f"the job server of {kind}")
        (Path(folder) / "target" / f"{kind}-job-server.jar").replace(jar)
    return jar


def flink_libraries() -> Path:
    """Return the folder of Flink's jars, taken from its package on PyPI if they are not there yet.

    Raises
    ------
    ConfigError
        If they cannot be had.
    """
    kept = cache_folder() / f"flink-{FLINK_VERSION}"
    if kept.is_dir():
        return kept
    requirement = f"apache-flink-libraries=={FLINK_VERSION}"
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary"]
        # Without a build: the jars lie in the source distribution as they are.
        url = [":all:", "--no-build-isolation", "--dest", folder, requirement]
        _run([*command, *url], folder, requirement)
        (archive,) = Path(folder).glob("apache?flink?libraries-*.tar.gz")
        jars = Path(folder) / "jars"
        jars.mkdir()
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile() and "/deps/lib/" in member.name:
                    source = tar.extractfile(member)
                    if source is not None:
                        with (jars / Path(member.name).name).open("wb") as target:
                            shutil.copyfileobj(source, target)
        jars.replace(kept)
    return kept


def _run(command: list[str], folder: str, what: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)  # noqa: S603 - no shell
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ConfigError(
            what,
            f"{command[0]} ended with status {done.returncode}: {(lines or ['no word'])[-1][:300]}",
            "Look whether the registries can be reached.",
        )
