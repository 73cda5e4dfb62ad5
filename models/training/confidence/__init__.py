"""The embedded network that says how far landmarks can be trusted, and its training.

:mod:`displacement` makes wrong landmarks of right ones, :mod:`examples` cuts what the network sees,
:mod:`network` and :mod:`training` are the learning itself, :mod:`trial` says what came of it.
"""

from models.training.settings import TrainingFolders, TrainingSettings


def train_confidence(folders: TrainingFolders, settings: TrainingSettings) -> None:
    """Train the network and write it to the folder of the embedded models.

    Parameters
    ----------
    folders : TrainingFolders
    settings : TrainingSettings

    Raises
    ------
    OpenFaceBeamError
        If photographs or teachers are missing.
    ModuleNotFoundError
        Without PyTorch.
    """
    import torch

    from models.training.confidence.examples import confidence_examples
    from models.training.confidence.network import ConfidenceNetwork, export_confidence
    from models.training.confidence.training import (
        ConfidenceBatches,
        ConfidenceSchedule,
        HeldOutExamples,
        batch_loss,
    )
    from models.training.network_training import NetworkTrainer
    from models.training.origins import origin_of

    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    work = folders.work_of("confidence")
    examples, held_out = confidence_examples(folders, settings)
    schedule = ConfidenceSchedule()
    origin = origin_of(settings.seed, examples.crops, examples.is_right)
    trainer = NetworkTrainer(ConfidenceNetwork(), schedule, work / "checkpoint.pt", origin)
    batches = ConfidenceBatches(examples, schedule.batch, schedule.steps, settings.seed)
    others = HeldOutExamples.of(held_out)
    trainer.train(batches, lambda network, batch, _: batch_loss(network, batch), others.report)
    calibrated = others.calibrated(trainer.averaged)
    export_confidence(calibrated, folders.output / "validator.onnx", settings.seed)
