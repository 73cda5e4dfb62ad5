"""What is done to the numbers of a network before they are used."""

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]


def activated(values: Float32Array, activation: str) -> Float32Array:
    """Apply an activation.

    Parameters
    ----------
    values : (n,) ndarray of float32
        As the network gives them.
    activation : str
        ``none``, ``softmax``, ``sigmoid``, or ``l2``: made of length 1.

    Returns
    -------
    (n,) ndarray of float32
        All NaN where one is not finite, or a vector without length should get one.

    Raises
    ------
    ValueError
        If the activation is unknown.
    """
    x = values.astype(np.float64)
    if not np.isfinite(x).all():
        return np.full(x.shape, np.nan, dtype=np.float32)
    if activation == "none":
        result = x
    elif activation == "softmax":
        powers = np.exp(x - x.max())
        result = powers / powers.sum()
    elif activation == "sigmoid":
        small = np.exp(-np.abs(x))  # cannot overflow
        result = np.where(x >= 0.0, 1.0, small) / (1.0 + small)
    elif activation == "l2":
        length = float(np.sqrt((x**2).sum()))
        result = x / length if length > 0.0 else np.full(x.shape, np.nan)
    else:
        raise ValueError(f"unknown activation {activation!r}")
    return result.astype(np.float32)
