"""What the command ``models`` does: it lists, fetches, imports and checks model packs."""

import sys
from collections.abc import Sequence
from pathlib import Path

from models.fetching import fetch_pack, files_without_address, must_be_imported
from models.importing import ImportFolder, import_pack
from models.registry import Pack, Registry
from models.store import ModelStore, State, store_of
from openface_core.errors import ConfigError, ModelFileError
from pipelines.model_packs.arguments import parser

_FAILED = 1
_MEBIBYTE = 2**20


def _say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")


def _chosen(names: Sequence[str], registry: Registry) -> tuple[Pack, ...]:
    """Return the packs of several names, each once."""
    return tuple(dict.fromkeys(pack for name in names for pack in registry.select(name)))


def list_packs(registry: Registry, store: ModelStore) -> int:
    """Print the packs and what of them is there, judged by size."""
    _say(f"{'pack':<32}{'files':>6}{'MiB':>7}  {'here':<14}licence")
    for pack in sorted(registry.packs.values(), key=lambda pack: pack.name):
        checks = store_of(pack, store).check(pack, hashes=False)
        there = sum(check.is_there for check in checks)
        here = "yes" if there == len(pack.files) else f"{there} of {len(pack.files)}"
        here = here if there else "no"
        how = "" if pack.can_be_fetched else "  (to be imported)"
        how = "  (comes with the program)" if pack.is_embedded else how
        size = f"{pack.size_bytes / _MEBIBYTE:.1f}" if pack.size_bytes else "?"
        _say(f"{pack.name:<32}{len(pack.files):>6}{size:>7}  {here:<14}{pack.licence}{how}")
    for name, members in sorted(registry.combinations.items()):
        _say(f"{name:<32}= {' + '.join(members)}")
    return 0


def show_terms(pack: Pack) -> None:
    """Print the licence of a pack in plain words, and what to cite."""
    _say(f"{pack.name}: {pack.title}")
    _say(f"licence: {pack.licence}" + (f" ({pack.licence_url})" if pack.licence_url else ""))
    _say(pack.terms)
    for citation in pack.citations:
        _say(f"cite: {citation}")
    _say()


def fetch_packs(
    packs: Sequence[Pack], store: ModelStore, base_url: str | None, *, accepted: bool
) -> int:
    """Show the terms of packs and, if they are accepted, download what can be downloaded.

    Raises
    ------
    OpenFaceBeamError
        If they are not accepted, or something cannot be had.
    """
    from tqdm import tqdm

    for pack in packs:
        show_terms(pack)
    sys.stdout.flush()
    if not accepted:
        names = " ".join(pack.name for pack in packs)
        raise ConfigError(
            "licence",
            "the terms above are not accepted, so nothing was downloaded",
            f"To accept them, run `openface-beam models fetch {names} --accept-license`.",
        )
    left: list[ModelFileError] = []
    for pack in packs:
        if pack.is_embedded:
            _say(_is_there(pack))
            continue
        if nowhere := files_without_address(pack, store, base_url):
            left.append(must_be_imported(pack, nowhere))
            continue
        total = sum(file.size_bytes or 0 for file in store.wanted(pack))
        with tqdm(
            total=total, unit="B", unit_scale=True, desc=pack.name, disable=None, leave=False
        ) as bar:
            count = fetch_pack(pack, store, base_url, bar.update)
        _say(
            f"{pack.name}: {_files(count)} downloaded to {store.root}" if count else _is_there(pack)
        )
    if left:
        raise ModelFileError(
            "; ".join(error.subject for error in left),
            "; ".join(error.cause for error in left),
            " ".join(error.remedy for error in left),
        )
    return 0


def _files(count: int) -> str:
    return f"{count} file{'s' * (count != 1)}"


def _is_there(pack: Pack) -> str:
    return f"{pack.name}: {'comes with the program' if pack.is_embedded else 'is there already'}"


def import_packs(
    packs: Sequence[Pack], store: ModelStore, source: Path, companions: Sequence[Pack] = ()
) -> int:
    """Copy packs from a folder, and companions of them as far as the folder has them.

    Raises
    ------
    OpenFaceBeamError
        If a file is missing, is another one, or cannot be written.
    """
    folder = ImportFolder(source)
    for pack in packs:
        count = 0 if pack.is_embedded else import_pack(pack, store, folder)
        _say(f"{pack.name}: {_files(count)} copied to {store.root}" if count else _is_there(pack))
        _say(f"licence: {pack.licence}; `openface-beam models fetch {pack.name}` shows the terms")
    for pack in companions:
        try:
            count = import_pack(pack, store, folder)
        except ModelFileError as error:
            _say(f"{pack.name}: left out ({error.subject}: {error.cause})")
        else:
            told = f"{pack.name}: {_files(count)} copied to {store.root}"
            _say(told if count else _is_there(pack))
    return 0


def verify_packs(packs: Sequence[Pack], store: ModelStore, *, named: bool) -> int:
    """Compare packs with the registry; unnamed ones count only if some of their files are there.

    The embedded pack always counts.

    Returns
    -------
    int
        0, or 1 if something is wrong.
    """
    status = 0
    seen = False
    for pack in packs:
        checks = store_of(pack, store).check(pack)
        is_wanted = named or pack.is_embedded
        if not is_wanted and all(check.state is State.MISSING for check in checks):
            continue
        seen = seen or not pack.is_embedded
        bad = [check for check in checks if not check.is_there]
        for check in bad:
            _say(f"{pack.name}: {check}")
        unchecked = sum(check.state is State.UNCHECKED for check in checks)
        if not bad:
            what = "is there; nothing to compare it with" if unchecked else "as it should be"
            _say(f"{pack.name}: {_files(len(checks))}, {what}")
        status = _FAILED if bad else status
    if not seen and not named:
        _say(f"no pack is in {store.root}")
    return status


def run(argv: Sequence[str], registry: Registry, store: ModelStore) -> int:
    """Run a command and return its exit status.

    Raises
    ------
    OpenFaceBeamError
        If it fails.
    SystemExit
        If the command line is wrong, or asks for help.
    """
    arguments = parser(registry).parse_args(argv)
    if arguments.command == "list":
        return list_packs(registry, store)
    if arguments.command == "where":
        pack = None if arguments.packs is None else registry.select(arguments.packs)[0]
        _say(str((store if pack is None else store_of(pack, store)).root))
        return 0
    named = bool(arguments.packs)
    packs = _chosen(arguments.packs or tuple(sorted(registry.packs)), registry)
    if arguments.command == "verify":
        return verify_packs(packs, store, named=named)
    if arguments.command == "import":
        names = [name for pack in packs for name in pack.companions]
        companions = [pack for pack in _chosen(names, registry) if pack not in packs]
        return import_packs(packs, store, arguments.source, companions)
    return fetch_packs(packs, store, arguments.base_url, accepted=arguments.accept_license)
