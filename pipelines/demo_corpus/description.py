"""The demo corpus in words."""

from collections.abc import Iterator

from pipelines.demo_corpus.corpus import Corpus
from pipelines.demo_corpus.script import CLIPS, TRUNCATED_NAME


def describe_corpus(corpus: Corpus) -> Iterator[str]:
    """Yield what was made, a line for each file."""
    for clip in CLIPS:
        happens = [
            f"{action.kind} {action.begin_s:.1f} to {action.end_s:.1f} s"
            for face in clip.faces
            for action in face.actions
        ]
        frames = len(clip.frame_times_s())
        what = ", ".join(happens) or "nobody in them"
        yield f"{corpus.clips_folder / clip.name}: {frames} frames, {what}"
    yield f"{corpus.clips_folder / TRUNCATED_NAME}: broken on purpose"
    yield f"{corpus.ground_truth}: what happens in them"
