"""The losses against their twins, and what they must do to a heat map."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.twins import star_loss as twin

if TYPE_CHECKING:
    from torch import Tensor

torch = pytest.importorskip("torch")
losses = pytest.importorskip("models.training.landmarks.losses")

SHAPE = (2, 3, 7, 9)
BEND, RESTRICTION, SIGMA = 0.05, 0.7, 1.3


@pytest.fixture
def logits() -> "Tensor":
    chance = np.random.default_rng(0)
    return torch.from_numpy(2.0 * chance.normal(size=SHAPE)).requires_grad_()


@pytest.fixture
def target() -> "Tensor":
    return torch.from_numpy(np.random.default_rng(1).uniform(-0.9, 0.9, size=(*SHAPE[:2], 2)))


def log_density(logits: "Tensor") -> "Tensor":
    return torch.log_softmax(logits.flatten(2), dim=2).reshape(logits.shape)


def test_moments_are_those_of_the_cells(logits: "Tensor") -> None:
    mean, covariance = losses.moments(log_density(logits))
    densities = log_density(logits).exp().detach().numpy()
    for index in np.ndindex(*SHAPE[:2]):
        expected_mean, expected = twin.moments(densities[index])
        np.testing.assert_allclose(mean[index].detach(), expected_mean, atol=1e-6)
        found = covariance[index].detach().numpy()
        np.testing.assert_allclose(found, expected[[0, 0, 1], [0, 1, 1]], atol=1e-6)


def test_star_loss_is_its_twin_s(logits: "Tensor", target: "Tensor") -> None:
    mean, covariance = losses.moments(log_density(logits))
    found = losses.star_loss(mean, covariance, target, BEND, RESTRICTION).detach().numpy()
    densities = log_density(logits).exp().detach().numpy()
    for index in np.ndindex(*SHAPE[:2]):
        expected = twin.star_loss(densities[index], target[index].numpy(), BEND, RESTRICTION)
        assert found[index] == pytest.approx(expected, rel=1e-4)


def test_map_loss_is_its_twin_s(logits: "Tensor", target: "Tensor") -> None:
    found = losses.map_loss(log_density(logits), target, SIGMA).detach().numpy()
    densities = log_density(logits).exp().detach().numpy()
    for index in np.ndindex(*SHAPE[:2]):
        expected = twin.map_loss(densities[index], target[index].numpy(), SIGMA)
        assert found[index] == pytest.approx(expected, rel=1e-6)


def test_an_error_along_a_map_s_doubt_costs_less_than_one_across() -> None:
    mean = torch.zeros(1, 2, 2)
    covariance = torch.tensor([0.04, 0.0, 0.0025]).expand(1, 2, 3)
    target = torch.tensor([[[0.2, 0.0], [0.0, 0.2]]])
    along, across = losses.star_loss(mean, covariance, target, 0.01, 0.0)[0].tolist()
    assert along == pytest.approx(0.195 / 0.2, rel=1e-4)
    assert across == pytest.approx(0.195 / 0.05, rel=1e-4)


def test_gradients_are_finite_where_variances_are_equal_or_nothing() -> None:
    logits = torch.zeros(1, 2, 8, 8)
    logits[0, 1, 3, 4] = 200.0  # all in one cell
    logits.requires_grad_()
    mean, covariance = losses.moments(log_density(logits))
    target = torch.zeros(1, 2, 2)
    loss = losses.star_loss(mean, covariance, target, BEND, RESTRICTION).sum()
    (loss + losses.map_loss(log_density(logits), target, SIGMA).sum()).backward()
    assert torch.isfinite(logits.grad).all()


def test_descent_brings_a_heat_map_to_its_point() -> None:
    logits = torch.zeros(1, 1, 12, 12, requires_grad=True)
    target = torch.tensor([[[0.31, -0.47]]])
    optimiser = torch.optim.Adam([logits], lr=0.3)
    for _ in range(150):
        mean, covariance = losses.moments(log_density(logits))
        loss = losses.star_loss(mean, covariance, target, 0.01, 1.0).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    mean, covariance = losses.moments(log_density(logits))
    np.testing.assert_allclose(mean.detach(), target, atol=0.02)
    assert float(covariance.detach().max()) < 0.1
