"""The gradients of the experts' networks, and that they learn."""

import numpy as np

from models.training.patch_experts.networks import ExpertNetworks

COUNT, UNITS, CASES = 3, (12, 6, 4, 1), 40


def batch() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    blocks = rng.standard_normal((COUNT, CASES, UNITS[0])).astype(np.float32)
    blocks /= np.linalg.norm(blocks, axis=2, keepdims=True)
    wanted = 1 / (1 + np.exp(-9 * blocks[..., 0]))
    return blocks, wanted.astype(np.float32)


def loss(networks: ExpertNetworks, blocks: np.ndarray, wanted: np.ndarray) -> float:
    answers = networks.answers(blocks).astype(np.float64)
    return float(-(wanted * np.log(answers) + (1 - wanted) * np.log(1 - answers)).mean())


def test_every_number_moves_against_its_numerical_gradient() -> None:
    blocks, wanted = batch()
    networks = ExpertNetworks(COUNT, UNITS, 2)
    step = np.float32(1e-2)
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
            assert abs(slope) < 1e-5 or np.sign(moved) == -np.sign(slope)


def test_networks_learn_each_its_own_task() -> None:
    blocks, wanted = batch()
    wanted[1] = 1 - wanted[1]
    networks = ExpertNetworks(COUNT, UNITS, 2)
    losses = [networks.learn(blocks, wanted, 0.02) for _ in range(300)]
    assert losses[-1] < 0.05 * losses[0]
    assert np.abs(networks.answers(blocks) - wanted).mean() < 0.1


def test_one_seed_gives_the_same_numbers() -> None:
    blocks, wanted = batch()
    trained = []
    for _ in range(2):
        networks = ExpertNetworks(COUNT, UNITS, 7)
        for _ in range(5):
            networks.learn(blocks, wanted, 0.01)
        trained.append(networks.weights[0])
    np.testing.assert_array_equal(trained[0], trained[1])
