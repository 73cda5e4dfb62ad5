"""A models folder of OpenFace with the synthetic CEN experts of the reference in it."""

import shutil
from pathlib import Path

LISTS = ("main_ceclm_general.txt", "cen_general.txt", "early_term_cen_of.txt")
EXPERTS = "patch_experts/cen_patches_*_of.dat"
VALIDATOR = "detection_validation/validator_cnn_68.txt"


def make_ceclm_models(reference: Path, folder: Path) -> Path:
    """Fill a folder as ``--models`` takes it; returns OpenFace's own model folder in it.

    Files of the reference are linked to, lists are copied: what they name is searched beside them.
    """
    synthetic, openface = reference / "ceclm" / "model_syn", reference / "openface"
    model = folder / "openface" / "model"
    for source in sorted(path for path in (openface / "model").rglob("*") if path.is_file()):
        _link(source, model / source.relative_to(openface / "model"))
    _link(openface / "AU_predictors", folder / "openface" / "AU_predictors")
    _link(reference / "models", folder / "models")
    for source in (*synthetic.glob(EXPERTS), synthetic / VALIDATOR):
        _link(source, model / source.relative_to(synthetic))
    for name in LISTS:
        shutil.copyfile(synthetic / name, model / name)
    return model


def _link(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(source, target_is_directory=source.is_dir())
