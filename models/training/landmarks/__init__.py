"""The embedded network that finds the 68 landmarks of a face, and its training.

:mod:`teachers` and :mod:`calibration` make labels out of what larger networks see, :mod:`labels`
adds those that people marked; :mod:`augmentation` and :mod:`batches` vary the photographs;
:mod:`network`, :mod:`losses` and :mod:`training` are the learning itself; :mod:`export` writes the
ONNX file.
"""

from models.training.settings import TrainingFolders, TrainingSettings


def train_landmarks(folders: TrainingFolders, settings: TrainingSettings) -> None:
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

    from models.training.landmarks.export import export_landmarks
    from models.training.landmarks.labels import labelled_faces
    from models.training.landmarks.training import HeldOutFaces, LandmarkTrainingSettings, Trainer

    torch.set_num_threads(settings.threads)
    work = folders.work_of("landmarks")
    faces, held_out = labelled_faces(folders, work)
    trainer = Trainer(LandmarkTrainingSettings(), settings.seed, work / "checkpoint.pt")
    trainer.run(faces, HeldOutFaces.of(held_out))
    export_landmarks(trainer.averaged, folders.output / "landmarks.onnx", settings.seed)
