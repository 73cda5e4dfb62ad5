"""The rest frames of a block."""

from openface_core.analysis.calibration import RestFrames
from openface_core.analysis.settings import OutputSettings
from transforms.records import Block


def rest_of(block: Block, settings: OutputSettings) -> RestFrames:
    """Return which frames of a block's input its manifest names as rest."""
    return RestFrames(block.task.rest, block.info, settings)
