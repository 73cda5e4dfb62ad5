"""The embedded network that finds the points of an eye, and its training.

:mod:`labels` asks OpenFace's eye models about photographs, :mod:`batches` varies those,
:mod:`network` and :mod:`training` are the learning itself, :mod:`export` writes the ONNX file.
"""

from models.training.settings import TrainingFolders, TrainingSettings


def train_eyes(folders: TrainingFolders, settings: TrainingSettings) -> None:
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

    from models.training.eyes.batches import EyeBatches
    from models.training.eyes.export import export_eyes
    from models.training.eyes.network import EyeNetwork
    from models.training.eyes.pictures import training_eyes
    from models.training.eyes.training import EyeTrainingSettings, HeldOutEyes, batch_loss
    from models.training.network_training import NetworkTrainer
    from models.training.origins import origin_of

    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    work = folders.work_of("eyes")
    eyes, held_out = training_eyes(folders, work, settings.threads)
    schedule = EyeTrainingSettings()
    origin = origin_of(settings.seed, eyes.squares, eyes.is_right, eyes.points, *eyes.images)
    network = EyeNetwork(schedule.network)
    trainer = NetworkTrainer(network, schedule, work / "checkpoint.pt", origin)
    batches = EyeBatches(eyes, schedule.batch, schedule.steps, settings.seed)
    report = HeldOutEyes.of(held_out).report
    trainer.train(batches, lambda network, batch, _: batch_loss(network, batch, schedule), report)
    export_eyes(trainer.averaged, folders.output / "eyes.onnx", settings.seed)
