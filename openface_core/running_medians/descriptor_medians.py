"""The running medians of appearance and geometry over the frames of a video."""

import numpy as np
from numpy.typing import NDArray

from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.running_medians.median_state import MedianState
from openface_core.running_medians.quantisation import FHOG_RANGE, GEOMETRY_RANGE, BinArray
from openface_core.running_medians.running_median import RunningMedian

Float64Array = NDArray[np.float64]

Descriptor = tuple[NDArray[np.float32], Float64Array]
"""Appearance (4464,) and geometry (238,) of one frame."""

_FAILED: Descriptor = (np.zeros(FHOG_SIZE, dtype=np.float32), np.zeros(GEOMETRY_SIZE))


class DescriptorMedians:
    """The running medians of appearance and geometry, moved on every other frame.

    Frames must arrive in order, failed ones included: the first, third, fifth ... frame moves the
    medians, whether its face was found or not.
    """

    def __init__(self) -> None:
        self._fhog = RunningMedian(FHOG_SIZE, FHOG_RANGE)
        self._geometry = RunningMedian(GEOMETRY_SIZE, GEOMETRY_RANGE)
        self._frames = 0

    @classmethod
    def from_state(cls, state: MedianState) -> "DescriptorMedians":
        """Return medians that go on from `state`, bit for bit as those that it was taken from."""
        medians = cls()
        if state.frames == 0:  # before any frame the medians are 0, not the lowest bins' centres
            return medians
        fhog, geometry = (None, None) if state.single is None else state.single
        medians._frames = state.frames
        medians._fhog.restore(state.fhog_counts, state.total, fhog)
        medians._geometry.restore(state.geometry_counts, state.total, geometry)
        medians._clip_appearance()
        return medians

    def state(self) -> MedianState:
        """Return what is needed to go on from here; later updates do not change it."""
        total = self._fhog.total
        single = (self.fhog.copy(), self.geometry.copy()) if total == 1 else None
        return MedianState(
            self._frames, total, self._fhog.copy_counts(), self._geometry.copy_counts(), single
        )

    @property
    def frames(self) -> int:
        """How many frames were seen, failed ones included."""
        return self._frames

    @property
    def fhog(self) -> Float64Array:
        """Current median of the FHOG descriptor, (4464,); never negative."""
        return self._fhog.median

    @property
    def geometry(self) -> Float64Array:
        """Current median of the geometry descriptor, (238,)."""
        return self._geometry.median

    def update(self, fhog: NDArray[np.floating], geometry: Float64Array, success: bool) -> bool:
        """Take the next frame into account.

        Parameters
        ----------
        fhog : (4464,) ndarray of float32 or float64
            Appearance descriptor; zeros for a failed frame.
        geometry : (238,) ndarray of float64
            Geometry descriptor; zeros for a failed frame.
        success : bool
            Whether the frame's face was found.

        Returns
        -------
        bool
            Whether the medians were moved.
        """
        self._frames += 1
        if self._frames % 2 == 0:
            return False
        self._fhog.update(fhog, success)
        self._geometry.update(geometry, success)
        self._clip_appearance()
        return True

    def update_binned(
        self,
        fhog_bins: BinArray,
        geometry_bins: BinArray,
        success: NDArray[np.bool_],
        first: Descriptor | None,
    ) -> bool:
        """Take the next frames into account, given the bins of their descriptors.

        Afterwards the medians are those that :meth:`update` leaves after the same frames, bit for
        bit; between the frames they are not formed.

        Parameters
        ----------
        fhog_bins : (n, 4464) ndarray of uint16
            Bins of the appearance descriptors, 0 to 999; any for failed frames.
        geometry_bins : (n, 238) ndarray of uint16
            Bins of the geometry descriptors, 0 to 9999; any for failed frames.
        success : (n,) ndarray of bool
            Frames whose face was found.
        first : tuple of (4464,) ndarray of float32 and (238,) ndarray of float64, or None
            Descriptor of the first successful frame among those that move the medians. It is
            needed only where no frame was counted before.

        Returns
        -------
        bool
            Whether the medians were moved.

        Raises
        ------
        ValueError
            If `first` is needed and missing.
        """
        moving = np.arange(self._frames % 2, len(success), 2)
        self._frames += len(success)
        if not len(moving):
            return False
        latest: Descriptor | tuple[None, None] = _FAILED
        if success[moving[-1]]:
            latest = (None, None) if first is None else first
        counted = moving[success[moving]]
        self._fhog.update_binned(fhog_bins, counted, latest[0])
        self._geometry.update_binned(geometry_bins, counted, latest[1])
        self._clip_appearance()
        return True

    def skip(self, frame_count: int) -> None:
        """Take so many failed frames into account."""
        no_bins = np.empty((0, FHOG_SIZE), dtype=np.uint16)
        no_geometry = np.empty((0, GEOMETRY_SIZE), dtype=np.uint16)
        self.update_binned(no_bins, no_geometry, np.zeros(frame_count, dtype=np.bool_), None)

    def _clip_appearance(self) -> None:
        # The lowest bins' centres are negative, an FHOG value never is.
        np.maximum(self._fhog.median, 0.0, out=self._fhog.median)
