"""What the landmark network is taught by: distances that allow for a heat map's own doubt.

References
----------
Zhou et al., "STAR Loss: Reducing Semantic Ambiguity in Facial Landmark Detection", CVPR 2023. As
there, the distance along each principal axis of a heat map is divided by the map's standard
deviation along it, and the variances are held down by a term of their own. Here the directions of
the axes take no part in the gradient, which is undefined where both variances are equal.
"""

import torch
from torch import Tensor

_LEAST_VARIANCE = 1e-5
"""Of a heat map, in units of (half the crop's side) squared: a ninth of a cell's width."""


def moments(log_density: Tensor) -> tuple[Tensor, Tensor]:
    """Return means and covariances of heat maps.

    Parameters
    ----------
    log_density : (n, p, h, w) Tensor
        Logarithm of densities that sum to 1 over a map.

    Returns
    -------
    mean : (n, p, 2) Tensor
        x, y from -1 to 1 over the map, edge to edge.
    covariance : (n, p, 3) Tensor
        Variance of x, covariance, variance of y.
    """
    density = log_density.exp()
    height, width = density.shape[2:]
    x = (torch.arange(width).to(density) * 2.0 + 1.0) / width - 1.0
    y = (torch.arange(height).to(density) * 2.0 + 1.0) / height - 1.0
    rows, columns = density.sum(dim=3), density.sum(dim=2)
    mean_x, mean_y = (columns * x).sum(dim=2), (rows * y).sum(dim=2)
    var_x = (columns * x.square()).sum(dim=2) - mean_x.square()
    var_y = (rows * y.square()).sum(dim=2) - mean_y.square()
    cov = ((density @ x) * y).sum(dim=2) - mean_x * mean_y
    return torch.stack([mean_x, mean_y], dim=2), torch.stack([var_x, cov, var_y], dim=2)


def principal_axes(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """Return variances along the principal axes, the larger first, and the first axis.

    Parameters
    ----------
    covariance : (n, p, 3) Tensor
        Variance of x, covariance, variance of y.

    Returns
    -------
    variances : (n, p, 2) Tensor
        Never below a small bound.
    axis : (n, p, 2) Tensor
        Unit vector of the larger variance; no gradient flows through it.
    """
    var_x, cov, var_y = covariance.unbind(dim=2)
    middle, half = (var_x + var_y) / 2.0, (var_x - var_y) / 2.0
    reach = (half.square() + cov.square() + 1e-12).sqrt()
    variances = torch.stack([middle + reach, middle - reach], dim=2).clamp_min(_LEAST_VARIANCE)
    angle = torch.atan2(cov, half).detach() / 2.0
    return variances, torch.stack([angle.cos(), angle.sin()], dim=2)


def smooth_distance(error: Tensor, bend: float) -> Tensor:
    """Return the smooth L1 norm: quadratic up to `bend`, then linear with slope 1."""
    size = error.abs()
    return torch.where(size < bend, size.square() / (2.0 * bend), size - bend / 2.0)


def star_loss(
    mean: Tensor, covariance: Tensor, target: Tensor, bend: float, restriction: float
) -> Tensor:
    """Return the loss of each point.

    Parameters
    ----------
    mean : (n, p, 2) Tensor
        Means of the heat maps, x, y from -1 to 1.
    covariance : (n, p, 3) Tensor
        Their variance of x, covariance, variance of y.
    target : (n, p, 2) Tensor
        Where the points are.
    bend : float
        Of :func:`smooth_distance`, in the units of the points.
    restriction : float
        Weight of the mean of the two variances.

    Returns
    -------
    (n, p) Tensor
    """
    variances, axis = principal_axes(covariance)
    error = target - mean
    across = torch.stack([-axis[..., 1], axis[..., 0]], dim=2)
    parts = torch.stack([(error * axis).sum(dim=2), (error * across).sum(dim=2)], dim=2)
    distance = smooth_distance(parts, bend) / variances.sqrt()
    return distance.sum(dim=2) + restriction * variances.mean(dim=2)


def map_loss(log_density: Tensor, target: Tensor, sigma_cells: float) -> Tensor:
    """Return the cross entropy of heat maps to Gaussians around the points.

    Parameters
    ----------
    log_density : (n, p, h, w) Tensor
        Logarithm of densities that sum to 1 over a map.
    target : (n, p, 2) Tensor
        Where the points are, x, y from -1 to 1.
    sigma_cells : float
        Standard deviation of the Gaussians in cells of the map.

    Returns
    -------
    (n, p) Tensor
        Less the Gaussians' own entropy, so 0 is the best there can be.
    """
    height, width = log_density.shape[2:]
    cells, rows = torch.arange(width).to(target), torch.arange(height).to(target)
    x = (target[..., :1] + 1.0) / 2.0 * width - 0.5 - cells
    y = (target[..., 1:] + 1.0) / 2.0 * height - 0.5 - rows
    log_x = torch.log_softmax(x.square() / (-2.0 * sigma_cells**2), dim=2)
    log_y = torch.log_softmax(y.square() / (-2.0 * sigma_cells**2), dim=2)
    density_x, density_y = log_x.exp(), log_y.exp()
    by_row = (log_density @ density_x[..., None])[..., 0]
    entropy = (density_x * log_x).sum(dim=2) + (density_y * log_y).sum(dim=2)
    return entropy - (by_row * density_y).sum(dim=2)
