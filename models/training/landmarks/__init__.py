"""The embedded networks that find the 68 landmarks of a face, and their training.

:mod:`teachers` and :mod:`calibration` make labels out of what larger networks see, :mod:`labels`
adds those that people marked; :mod:`augmentation` and :mod:`batches` vary the photographs;
:mod:`openface_labels` makes those of the last part; :mod:`network`, :mod:`losses` and
:mod:`training` are the learning itself; :mod:`export` writes the ONNX file.
"""

import sys

from models.training.settings import TrainingFolders, TrainingSettings


def train_landmarks(folders: TrainingFolders, settings: TrainingSettings) -> None:
    """Train both networks and write them to the folder of the embedded models.

    The second is the first one, trained further on the points that OpenFace's detector sees.

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
    from models.training.landmarks.openface_labels import openface_faces
    from models.training.landmarks.training import (
        FINE_TUNING,
        HeldOutFaces,
        LandmarkTrainingSettings,
        Trainer,
    )
    from models.training.openface_teacher import Teacher
    from models.training.origins import origin_of
    from models.training.own_landmarks import (
        FIRST_NETWORK,
        SETS_WITH_VIDEOS,
        OwnModels,
        read_training_photographs,
    )
    from models.training.photograph_landmarks import landmarks_on_photographs

    torch.set_num_threads(settings.threads)
    work = folders.work_of("landmarks")
    faces, held_out = labelled_faces(folders, work)
    origin = origin_of(settings.seed, *faces.parts())
    trainer = Trainer(
        LandmarkTrainingSettings(), settings.seed, work / "checkpoint.pt", origin=origin
    )
    trainer.run(faces, HeldOutFaces.of(held_out))
    export_landmarks(trainer.averaged, folders.output / "landmarks.onnx", settings.seed)
    photographs = read_training_photographs(folders.faces, SETS_WITH_VIDEOS)
    own, taught = (
        landmarks_on_photographs(
            photographs, source, folders.work_of("photographs"), settings.threads
        )
        for source in (OwnModels.load(folders.output, FIRST_NETWORK), Teacher(folders.reference))
    )
    faces, held_out = openface_faces(photographs, own, taught)
    sys.stderr.write(f"{len(faces)} faces with OpenFace's points, {len(held_out)} held out\n")
    first = (values.numpy() for values in trainer.averaged.state_dict().values())
    origin = origin_of(settings.seed, *first, *faces.parts())
    tuner = Trainer(FINE_TUNING, settings.seed, work / "fine_tuning.pt", trainer.averaged, origin)
    tuner.run(faces, HeldOutFaces.of(held_out))
    export_landmarks(tuner.averaged, folders.output / "landmarks_openface.onnx", settings.seed)
