"""Everything that follows a face, as files: patch experts, eyes, validator, and a configuration."""

from pathlib import Path

from openface_core.refinement import CcnfExperts, LandmarkModel
from tests.synthetic_experts import ccnf_bytes, write_face_landmark_model
from tests.synthetic_eyes import eye_part, eye_pdm
from tests.synthetic_models import synthetic_pdm, write_pdm
from tests.synthetic_validator import synthetic_view, write_validator

EYES = ("left_eye_28", "right_eye_28")
REFINEMENT = "tracking/main_clnf.txt"
VALIDATOR = "tracking/validator.txt"
EYE_SCALES_PX_PER_MM = (0.75, 1.0)
"""Those of the synthetic clips' faces, so that the experts of the eyes have a say."""


def write_tracking_models(folder: Path) -> None:
    """Write :data:`REFINEMENT` with the parts :data:`EYES`, and :data:`VALIDATOR`."""
    root = (folder / REFINEMENT).parent
    (root / "pdms").mkdir(parents=True)
    write_pdm(synthetic_pdm(), root / "pdms" / "pdm_68.txt")
    main = write_face_landmark_model(root)
    lines = [main.read_text()]
    for eye, name in enumerate(EYES):
        part = eye_part(eye, EYE_SCALES_PX_PER_MM)
        _write_eye(root / name, part.model)
        pairs = zip(part.face_indices.tolist(), part.part_indices.tolist(), strict=True)
        shared = " ".join(f"{of_face} {of_part}" for of_face, of_part in pairs)
        lines.append(f"LandmarkDetector_part {name}/main.txt {name} {shared}\n")
    main.write_text("".join(lines))
    # Orientations so near that the face of a clip is judged by each, and not always the same.
    views = [synthetic_view(turn, seed=1) for turn in (0.0, -6.0, 6.0)]
    write_validator(folder / VALIDATOR, views)


def _write_eye(folder: Path, model: LandmarkModel) -> None:
    folder.mkdir()
    write_pdm(eye_pdm(), folder / "pdm.txt")
    lines = ["PDM pdm.txt\n"]
    for experts in model.experts:
        assert isinstance(experts, CcnfExperts)
        name = f"ccnf_{experts.grid.scale_px_per_mm}.txt"
        (folder / name).write_bytes(ccnf_bytes(experts))
        lines.append(f"PatchesCCNF {name}\n")
    (folder / "clnf.txt").write_text("".join(lines))
    (folder / "main.txt").write_text("LandmarkDetector clnf.txt\n")


def tracking_config(models: Path, *, every_frames: int, threshold: float, seconds: float) -> str:
    """Return a configuration, TOML, that follows faces with these models and tiny networks."""
    return f"""\
name = 'tracking'
[models]
landmarks = {str(models / "tiny.toml")!r}
refinement = '{REFINEMENT}'
parts = {list(EYES)}
validator = '{VALIDATOR}'
[detection]
every_frames = {every_frames}
[refinement]
windows_px = [0, 7]
first_windows_px = [9, 7]
[confidence]
threshold = {threshold}
[onnxruntime]
provider = 'cpu'
[shards]
seconds = {seconds}
"""
