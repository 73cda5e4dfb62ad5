"""The scores of blocks with the final medians, read from the work folder block after block."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.postprocessing import repredict
from openface_core.shards.scores_file import BlockScores
from transforms.records import BlockResult
from transforms.work.files import load_scores


def final_scores(
    blocks: Iterable[BlockResult],
    models: ActionUnitModels,
    weighted_median: Iterable[float],
    repredicted: int,
) -> Iterator[tuple[BlockScores, NDArray[np.float64]]]:
    """Yield what is known of each block, and its scores after re-prediction, (n, k).

    Parameters
    ----------
    blocks : iterable of BlockResult
        Consecutive blocks.
    models : ActionUnitModels
        The predictors, k in all.
    weighted_median : iterable of float
        Product of the final medians with the weights of all models.
    repredicted : int
        How many of the first successful frames are predicted again with them.

    Raises
    ------
    OpenFaceBeamError
        If a file is damaged or cannot be read.
    """
    median = np.array(tuple(weighted_median))
    left = repredicted
    for block in blocks:
        found = load_scores(block, len(models.all_models))
        success = found.success
        yield found, repredict(models, found.weighted, found.online, success, median, left)
        left = max(0, left - int(success.sum()))
