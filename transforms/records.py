"""What flows between the stages of the graph."""

from dataclasses import dataclass, field

from openface_core.media import MediaInfo
from openface_core.rest_frames import RestRanges
from openface_core.shape import Camera

PROBLEMS = "problems"
"""Tag of the rows of the error table among a stage's outputs."""
GROUPS = "groups"
"""Tag of the groups of faces that are calibrated together."""


@dataclass(frozen=True, order=True)
class FaceKey:
    """A person in a video: what is calibrated, and what has a series of frames.

    Parameters
    ----------
    video_id : str
        The video.
    face_id : int
        Number of the face in it; 0 is the first, and the only one as long as one face is followed.
    """

    video_id: str
    face_id: int = 0


@dataclass(frozen=True)
class InputContent:
    """What an input held when it was read.

    Parameters
    ----------
    fingerprint : str
        Hash of its content.
    landmarks_fingerprint : str or None
        Hash of its file of given landmarks.
    states : tuple of str or None
        What storage said of these files before they were read, see
        :func:`openface_core.media.file_state.file_state`; None where it says nothing.
    size_bytes : int or None
        Length of the file; None for a folder, or where storage does not say.
    """

    fingerprint: str
    landmarks_fingerprint: str | None = None
    states: tuple[str, ...] | None = field(default=None, compare=False)
    size_bytes: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class VideoTask:
    """One input to be analysed.

    Parameters
    ----------
    video_id : str
        Its name in the output: letters, digits and ``._-`` only, unique within a run.
    uri : str
        Local path or fsspec URL of a video, an image or a folder of images.
    person_id : str or None
        Who is seen, where a manifest says so.
    landmarks_uri : str or None
        File of given landmarks; None where they are to be found in the frames.
    manifest_id : str or None
        The video id as a manifest has it, where readers of the dataset would not take it for text.
    rest : RestRanges or None
        When the person is at rest, where a manifest says so.
    row : int
        Row of the manifest, from 1; 0 without one. It orders the files of a person.
    camera : Camera or None
        The camera of its upright frames; None takes OpenFace's guess by their size.
    content : InputContent or None
        What the input held before it was decoded; None until it has been read, and where it cannot.
    missing : tuple of str
        Video ids of the files that it would be calibrated with, and that are not there.
    """

    video_id: str
    uri: str
    person_id: str | None = None
    landmarks_uri: str | None = None
    manifest_id: str | None = None
    rest: RestRanges | None = None
    row: int = 0
    camera: Camera | None = None
    content: InputContent | None = field(default=None, compare=False)
    missing: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Shard:
    """Consecutive frames of one input, to be analysed by one worker.

    Parameters
    ----------
    task : VideoTask
        The input.
    number, count : int
        Place among the input's shards, 0-based, and how many there are.
    begin_pts, end_pts : int or None
        Frames with ``begin <= pts < end`` belong to it, in ticks of the stream's time base; None
        for the video's own begin or end.
    expected_frames : int or None
        Frames that the packets promise; None where these do not tell.
    first_index : int
        Index of its first frame in the input, from 0.
    lead_frames : int
        So many frames before it are decoded too, for the search of a face to settle in; one at
        least, which tells whether the shard begins with a scene cut.
    lead_pts : int or None
        Time of the first of them; None for the video's own begin.
    input_seconds : float or None
        From the first to the last time stamp of the input, by its packets; None where it is whole.
    """

    task: VideoTask
    number: int = 0
    count: int = 1
    begin_pts: int | None = None
    end_pts: int | None = None
    expected_frames: int | None = None
    first_index: int = 0
    lead_frames: int = 0
    lead_pts: int | None = None
    input_seconds: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the shard is all of its input."""
        return self.count == 1


@dataclass(frozen=True)
class FeaturesPart:
    """Consecutive frames, whose features lie in a file of the work folder.

    Parameters
    ----------
    path : str or None
        The file; None for frames in which a person is not there.
    frames : int
        How many frames.
    """

    path: str | None
    frames: int


@dataclass(frozen=True)
class ShardResult:
    """What is known of an analysed shard; its features lie in the work folder.

    Parameters
    ----------
    shard : Shard
        The shard.
    parts : tuple of FeaturesPart
        Its features, in order: a long video that is not cut has many files.
    info : MediaInfo
        What decoding found.
    warnings : tuple of str
        What decoding had to work around.
    tracklets_path : str or None
        File of what is known of its tracklets; None where one face is followed, whose features
        `parts` are. Otherwise these are of frames without a face.
    tracklet_parts : tuple of FeaturesPart
        The features of every tracklet.
    """

    shard: Shard
    parts: tuple[FeaturesPart, ...]
    info: MediaInfo
    warnings: tuple[str, ...] = ()
    tracklets_path: str | None = None
    tracklet_parts: tuple[FeaturesPart, ...] = ()

    @property
    def frames(self) -> int:
        """Frames decoded."""
        return sum(part.frames for part in self.parts)

    @property
    def is_as_planned(self) -> bool:
        """Whether the parts of the input can be put together.

        A damaged video may decode differently from part to part; then it is analysed as a whole.
        """
        return self.shard.is_whole or (
            self.frames == self.shard.expected_frames and not self.warnings
        )


@dataclass(frozen=True)
class FaceParts:
    """All frames of one face of an input, from the first that matters to the last.

    Parameters
    ----------
    face_id : int
        Number of the face in the input.
    first_number : int
        Number of the first of the frames in the input, counted from 1.
    parts : tuple of FeaturesPart
        The frames, in order.
    """

    face_id: int
    first_number: int
    parts: tuple[FeaturesPart, ...]

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return sum(part.frames for part in self.parts)


@dataclass(frozen=True)
class AssembledInput:
    """An input whose shards are all there, and whose faces are known.

    Parameters
    ----------
    task : VideoTask
        The input.
    info : MediaInfo
        What decoding found at its begin.
    warnings : tuple of str
        What decoding had to work around.
    frames : int
        Frames decoded.
    faces : tuple of FaceParts
        Its faces, in the order of their numbers.
    frame_parts : tuple of FeaturesPart
        All frames as ones without a face, where any number of faces is followed; empty where one
        face is, found or not.
    notes : tuple of str
        What is to be known of its faces.
    """

    task: VideoTask
    info: MediaInfo
    warnings: tuple[str, ...]
    frames: int
    faces: tuple[FaceParts, ...]
    frame_parts: tuple[FeaturesPart, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """Consecutive frames of one face whose scores one worker computes.

    Parameters
    ----------
    task : VideoTask
        The input.
    info : MediaInfo
        What decoding found at its begin.
    number, count : int
        Place among the face's blocks, 0-based, and how many there are.
    parts : tuple of FeaturesPart
        The block's features, in order.
    face_id : int
        Number of the face in the input.
    first_number : int
        Number of its first frame in the input, counted from 1.
    state_path : str or None
        File of the running medians' state before its first frame; None where they begin.
    weighted_median : tuple of float or None
        Product of the medians with the weights of all models where the medians do not move; None
        where they do.
    """

    task: VideoTask
    info: MediaInfo
    number: int
    count: int
    parts: tuple[FeaturesPart, ...]
    face_id: int = 0
    first_number: int = 1
    state_path: str | None = None
    weighted_median: tuple[float, ...] | None = None

    @property
    def face_key(self) -> FaceKey:
        """Whose frames these are."""
        return FaceKey(self.task.video_id, self.face_id)

    @property
    def frames(self) -> int:
        """Frames in all parts."""
        return sum(part.frames for part in self.parts)


@dataclass(frozen=True)
class BlockResult:
    """A block whose scores lie in the work folder.

    Parameters
    ----------
    block : Block
        The block.
    scores_path : str
        File of the scores.
    weighted_median : tuple of float
        Product of the medians after its last frame with the weights of all models.
    """

    block: Block
    scores_path: str
    weighted_median: tuple[float, ...]
