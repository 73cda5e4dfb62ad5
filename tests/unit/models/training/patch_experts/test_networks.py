"""The gradients of the experts' networks, and that they learn."""

import numpy as np
import pytest

from models.training.patch_experts.networks import ExpertNetworks

COUNT, UNITS, MAPS, POSITIONS = 3, (12, 6, 4, 1), 5, 8


def batch() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    blocks = rng.standard_normal((COUNT, MAPS * POSITIONS, UNITS[0])).astype(np.float32)
    blocks /= np.linalg.norm(blocks, axis=2, keepdims=True)
    wanted = 0.8 / (1 + np.exp(-9 * blocks[..., 0]))
    return blocks, wanted.reshape(COUNT, MAPS, POSITIONS).astype(np.float32)


def loss(networks: ExpertNetworks, blocks: np.ndarray, wanted: np.ndarray) -> float:
    """The divergence of shares, and a twentieth of the squared logarithm of sums' ratio."""
    answers = networks.answers(blocks).astype(np.float64).reshape(wanted.shape)
    sums, wanted_sums = answers.sum(-1), wanted.sum(-1)
    shares, wanted_shares = answers / sums[..., None], wanted / wanted_sums[..., None]
    divergence = (wanted_shares * np.log(wanted_shares / shares)).sum(-1)
    return float((divergence + 0.05 * np.log(sums / wanted_sums) ** 2).mean())


def test_every_number_moves_against_its_numerical_gradient() -> None:
    blocks, wanted = batch()
    networks = ExpertNetworks(COUNT, UNITS, 2)
    step = np.float32(1e-2)
    moved_numbers = 0
    for of_layers in (networks.weights, networks.biases):
        for values in of_layers:
            place = (1, 0, values.shape[2] - 1)
            old = values[place]
            losses = []
            for sign in (-1, 1):
                values[place] = old + sign * step
                losses.append(loss(networks, blocks, wanted))
            values[place] = old
            slope = (losses[1] - losses[0]) / (2 * float(step))
            learner = ExpertNetworks(COUNT, UNITS, 2)
            learner.learn(blocks, wanted, 1e-3)
            learned = learner.weights if of_layers is networks.weights else learner.biases
            layer = next(k for k, found in enumerate(of_layers) if found is values)
            moved = learned[layer][place] - old
            if abs(slope) > 1e-5:
                assert np.sign(moved) == -np.sign(slope)
                moved_numbers += 1
    assert moved_numbers >= 4


def test_networks_learn_each_its_own_task() -> None:
    blocks, wanted = batch()
    wanted[1] = 0.8 - wanted[1]
    networks = ExpertNetworks(COUNT, UNITS, 2)
    losses = [networks.learn(blocks, wanted, 0.02) for _ in range(300)]
    assert losses[-1] < 0.05 * losses[0]
    answers = networks.answers(blocks).reshape(wanted.shape)
    assert np.abs(answers.sum(-1) / wanted.sum(-1) - 1).mean() < 0.2


def test_what_is_returned_is_the_divergence_of_shares() -> None:
    blocks, wanted = batch()
    networks = ExpertNetworks(COUNT, UNITS, 2)
    expected = loss(networks, blocks, wanted)
    answers = networks.answers(blocks).astype(np.float64).reshape(wanted.shape)
    heights = 0.05 * (np.log(answers.sum(-1) / wanted.sum(-1)) ** 2).mean()
    assert networks.learn(blocks, wanted, 0.01) == pytest.approx(expected - heights, rel=1e-3)


def test_a_map_of_nothing_teaches_no_numbers_that_are_not_finite() -> None:
    blocks, wanted = batch()
    networks = ExpertNetworks(COUNT, UNITS, 2)
    assert np.isfinite(networks.learn(blocks, np.zeros_like(wanted), 0.01))
    assert all(np.isfinite(values).all() for values in (*networks.weights, *networks.biases))


def test_one_seed_gives_the_same_numbers() -> None:
    blocks, wanted = batch()
    trained = []
    for _ in range(2):
        networks = ExpertNetworks(COUNT, UNITS, 7)
        for _ in range(5):
            networks.learn(blocks, wanted, 0.01)
        trained.append(networks.weights[0])
    np.testing.assert_array_equal(trained[0], trained[1])
