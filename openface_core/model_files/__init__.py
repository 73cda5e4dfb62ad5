"""Readers for OpenFace's own model files, each with errors that name file, cause and remedy."""

from openface_core.model_files.action_unit_files import (
    read_action_unit_list,
    read_action_unit_model,
    read_action_unit_models,
)
from openface_core.model_files.ccnf_patch_file import read_ccnf_experts
from openface_core.model_files.cen_patch_file import read_cen_experts
from openface_core.model_files.compact_expert_file import read_compact_experts
from openface_core.model_files.early_termination_file import read_early_termination
from openface_core.model_files.landmark_model_files import (
    cen_expert_files,
    face_landmark_model_files,
    landmark_part_names,
    landmark_validator_of,
    read_face_landmark_model,
    read_landmark_model,
)
from openface_core.model_files.landmark_validator_file import read_landmark_validator
from openface_core.model_files.mtcnn_file import is_mtcnn_list, mtcnn_files, read_mtcnn
from openface_core.model_files.pdm_file import read_pdm
from openface_core.model_files.svr_patch_file import read_svr_experts
from openface_core.model_files.triangulation_file import read_triangulation

__all__ = [
    "cen_expert_files",
    "face_landmark_model_files",
    "is_mtcnn_list",
    "landmark_part_names",
    "landmark_validator_of",
    "mtcnn_files",
    "read_action_unit_list",
    "read_action_unit_model",
    "read_action_unit_models",
    "read_ccnf_experts",
    "read_cen_experts",
    "read_compact_experts",
    "read_early_termination",
    "read_face_landmark_model",
    "read_landmark_model",
    "read_landmark_validator",
    "read_mtcnn",
    "read_pdm",
    "read_svr_experts",
    "read_triangulation",
]
