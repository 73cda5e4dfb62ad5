"""How well a measured series agrees with a reference, frame by frame.

Missing values (NaN, in either of the two) take no part. What cannot be computed is NaN, never 0.

References
----------
P. E. Shrout and J. L. Fleiss, "Intraclass correlations: uses in assessing rater reliability",
Psychological Bulletin 86, 1979.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]

VARYING_INTENSITY_SD = 0.05
"""Least standard deviation of a reference intensity whose correlation is worth a look.

Below it, the two decimals of OpenFace's CSV are a sizeable part of what varies.
"""


@dataclass(frozen=True)
class IntraclassCorrelations:
    """Shrout and Fleiss' coefficients of a single rating.

    Parameters
    ----------
    absolute_agreement : float
        ICC(2,1): raters are exchangeable, so that an offset between them counts as disagreement.
    consistency : float
        ICC(3,1): the raters are these very ones, and an offset between them does not count.
    """

    absolute_agreement: float
    consistency: float


@dataclass(frozen=True)
class Agreement:
    """Agreement of one series with its reference.

    Parameters
    ----------
    count : int
        Frames where both have a value.
    pearson_r : float
        Correlation; NaN where one of the two is constant.
    icc : IntraclassCorrelations
        Both coefficients, NaN for fewer than two frames or without any variance.
    mean_absolute_difference, max_absolute_difference : float
        In the unit of the series.
    reference_sd : float
        Standard deviation of the reference (of the frames themselves, divisor n).
    """

    count: int
    pearson_r: float
    icc: IntraclassCorrelations
    mean_absolute_difference: float
    max_absolute_difference: float
    reference_sd: float


@dataclass(frozen=True)
class TableAgreement:
    """Agreement of several series at once, such as all action units.

    Parameters
    ----------
    columns : tuple of Agreement
        One per series.
    least_sd : float
        A series varies if the standard deviation of its reference is above 0 and at least this.
    """

    columns: tuple[Agreement, ...]
    least_sd: float

    @property
    def count(self) -> int:
        """Values compared, over all series."""
        return sum(column.count for column in self.columns)

    @property
    def varying(self) -> tuple[int, ...]:
        """Which series vary."""
        return tuple(
            k
            for k, column in enumerate(self.columns)
            if column.reference_sd > 0.0 and column.reference_sd >= self.least_sd
        )

    def _correlations(self) -> Float64Array:
        """Return the r of the series that vary; one that stands still beside them has r = 0."""
        return np.nan_to_num([self.columns[k].pearson_r for k in self.varying], nan=0.0)

    @property
    def mean_r(self) -> float:
        """Mean correlation over the series that vary; NaN if none does."""
        found = self._correlations()
        return float(found.mean()) if found.size else np.nan

    @property
    def least_r(self) -> float:
        """Least correlation of any series that varies; NaN if none does."""
        found = self._correlations()
        return float(found.min()) if found.size else np.nan

    @property
    def mean_icc(self) -> float:
        """Mean ICC(2,1) over the series that vary; NaN if none does."""
        found = [self.columns[k].icc.absolute_agreement for k in self.varying]
        return float(np.mean(np.nan_to_num(found, nan=0.0))) if found else np.nan

    @property
    def mean_absolute_difference(self) -> float:
        """Mean over all values of all series; NaN without values."""
        total = sum(c.count * c.mean_absolute_difference for c in self.columns if c.count)
        return total / self.count if self.count else np.nan

    @property
    def max_absolute_difference(self) -> float:
        """Largest of any series; NaN without values."""
        return max((c.max_absolute_difference for c in self.columns if c.count), default=np.nan)


def pearson_r(measured: Float64Array, reference: Float64Array) -> float:
    """Return Pearson's correlation of two series without missing values.

    Parameters
    ----------
    measured, reference : (n,) ndarray of float64
        The series.

    Returns
    -------
    float
        From -1 to 1; NaN for fewer than two values or where one of the two is constant.
    """
    if len(measured) < 2 or np.ptp(measured) == 0.0 or np.ptp(reference) == 0.0:
        return np.nan
    a = measured - measured.mean()
    b = reference - reference.mean()
    # The scales go first, so that no square can underflow.
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    return float(np.clip((a @ b) / np.sqrt((a @ a) * (b @ b)), -1.0, 1.0))


def intraclass_correlations(ratings: Float64Array) -> IntraclassCorrelations:
    """Return how well raters agree on the same targets.

    Parameters
    ----------
    ratings : (n, k) ndarray of float64
        Ratings of n targets (frames) by k raters (programs), none missing.

    Returns
    -------
    IntraclassCorrelations
        Both coefficients, from the mean squares of the two-way analysis of variance.
    """
    n, k = ratings.shape
    if n < 2 or k < 2:
        return IntraclassCorrelations(np.nan, np.nan)
    centred = ratings - ratings.mean()
    of_targets, of_raters = centred.mean(axis=1), centred.mean(axis=0)
    residual = centred - of_targets[:, None] - of_raters[None, :]
    between_targets = k * float(of_targets @ of_targets) / (n - 1)
    between_raters = n * float(of_raters @ of_raters) / (k - 1)
    error = float((residual**2).sum()) / ((n - 1) * (k - 1))
    within = between_targets + (k - 1) * error
    absolute = within + k * (between_raters - error) / n
    difference = between_targets - error
    return IntraclassCorrelations(
        difference / absolute if absolute > 0.0 else np.nan,
        difference / within if within > 0.0 else np.nan,
    )


def compare_series(measured: NDArray[np.floating], reference: NDArray[np.floating]) -> Agreement:
    """Compare one series with its reference.

    Parameters
    ----------
    measured, reference : (n,) ndarray
        The series, NaN where a value is missing.

    Returns
    -------
    Agreement
        Over the frames where both have a value.

    Raises
    ------
    ValueError
        If the two differ in length.
    """
    if measured.shape != reference.shape or measured.ndim != 1:
        raise ValueError(f"expected two series of one length: {measured.shape}, {reference.shape}")
    a, b = np.asarray(measured, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    if len(a) == 0:
        nothing = IntraclassCorrelations(np.nan, np.nan)
        return Agreement(0, np.nan, nothing, np.nan, np.nan, np.nan)
    difference = np.abs(a - b)
    return Agreement(
        count=len(a),
        pearson_r=pearson_r(a, b),
        icc=intraclass_correlations(np.stack([a, b], axis=1)),
        mean_absolute_difference=float(difference.mean()),
        max_absolute_difference=float(difference.max()),
        # The standard deviation of equal numbers need not round to zero.
        reference_sd=float(b.std()) if np.ptp(b) > 0.0 else 0.0,
    )


def compare_tables(
    measured: NDArray[np.floating], reference: NDArray[np.floating], least_sd: float = 0.0
) -> TableAgreement:
    """Compare several series with their references.

    Parameters
    ----------
    measured, reference : (n, k) ndarray
        k series over n frames, NaN where a value is missing.
    least_sd : float
        See :class:`TableAgreement`; :data:`VARYING_INTENSITY_SD` for intensities.

    Returns
    -------
    TableAgreement
        One agreement per series, and what sums them up.

    Raises
    ------
    ValueError
        If the two differ in shape.
    """
    if measured.shape != reference.shape or measured.ndim != 2:
        raise ValueError(f"expected two tables of one shape: {measured.shape}, {reference.shape}")
    columns = zip(np.asarray(measured).T, np.asarray(reference).T, strict=True)
    return TableAgreement(tuple(compare_series(a, b) for a, b in columns), least_sd)


def equal_share(measured: NDArray[np.generic], reference: NDArray[np.generic]) -> float:
    """Return the share of equal cells, such as presences.

    Parameters
    ----------
    measured, reference : ndarray of one shape, of numbers or bool
        Cells; those with NaN in either take no part.

    Returns
    -------
    float
        From 0 to 1; NaN without any cell.

    Raises
    ------
    ValueError
        If the two differ in shape.
    """
    if measured.shape != reference.shape:
        raise ValueError(f"expected two arrays of one shape: {measured.shape}, {reference.shape}")
    a, b = np.asarray(measured, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    both = ~(np.isnan(a) | np.isnan(b))
    return float(np.mean(a[both] == b[both])) if both.any() else np.nan
