"""Write what lesson 12 loads: a small network trained and saved by MXNet 1.9.1, and what MXNet says of it.

With MXNet's Python::

    python tests/golden/golden_lesson.py

It writes to ``lessons/data/``:

lenet-symbol.json, lenet-0010.params
    A checkpoint by ``mx.model.save_checkpoint`` after ten rounds of training on drawn digits.
lenet-0.8-symbol.json
    The same symbol in the form of MXNet 0.8 (``tests/networks/legacy.py``); MXNet 1.9.1 reads it.
lenet-recorded.params
    By ``mx.nd.save``: ``images``, twenty digits that were not trained on; ``labels``; and what MXNet
    gave for them: ``output``, the ten probabilities of each, and ``pool1``, a value on the way.

The digits are strokes, bent and shifted at random, so that they look written by hand. Nothing is downloaded.
"""

from __future__ import annotations

import itertools
import os
import sys
import warnings
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
# MKL-DNN's numbers depend on the processor.
os.environ["MXNET_MKLDNN_ENABLED"] = "0"
os.environ["MXNET_STORAGE_FALLBACK_LOG_VERBOSE"] = "0"
warnings.simplefilter("ignore")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import mxnet as mx  # noqa: E402
import numpy as np  # noqa: E402
from networks import legacy  # noqa: E402

FOLDER = ROOT / "lessons" / "data"
SIDE, TRAINED, RECORDED, ROUNDS, BATCH = 16, 3000, 20, 10, 50


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[list[float]]:
    angles = np.radians(np.linspace(start, end, 13))
    return np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], 1).tolist()


# Each digit's strokes, as points from (0, 0) at the upper left to (1, 1).
STROKES = (
    [_arc(0.5, 0.5, 0.3, 0.42, 0, 360)],
    [[[0.3, 0.3], [0.55, 0.08], [0.55, 0.92]]],
    [[*_arc(0.5, 0.33, 0.28, 0.25, 180, 390), [0.22, 0.92], [0.8, 0.92]]],
    [_arc(0.45, 0.3, 0.3, 0.22, 200, 450) + _arc(0.45, 0.72, 0.32, 0.22, 270, 520)],
    [[[0.6, 0.92], [0.6, 0.08], [0.2, 0.65], [0.85, 0.65]]],
    [[[0.75, 0.08], [0.3, 0.08], [0.27, 0.45], *_arc(0.47, 0.65, 0.3, 0.27, 230, 510)]],
    [[[0.68, 0.08], [0.4, 0.3], *_arc(0.5, 0.68, 0.28, 0.24, 180, 540)]],
    [[[0.2, 0.08], [0.8, 0.08], [0.4, 0.92]]],
    [_arc(0.5, 0.29, 0.25, 0.21, 90, 450) + _arc(0.5, 0.72, 0.3, 0.22, 270, 630)],
    [[*_arc(0.5, 0.32, 0.27, 0.24, 0, 360), [0.77, 0.32], [0.68, 0.92]]],
)


def digit(number: int, random: np.random.RandomState) -> np.ndarray:
    """One drawn digit, ``(SIDE, SIDE)``, from 0 for paper to 1 for ink."""
    turn, lean = random.uniform(-0.22, 0.22), random.uniform(-0.25, 0.25)
    scale = random.uniform(0.75, 1.0, 2) * (SIDE - 4)
    middle = SIDE / 2 - 0.5 + random.uniform(-1.2, 1.2, 2)
    bend = np.array([[np.cos(turn), -np.sin(turn) + lean], [np.sin(turn), np.cos(turn)]])
    width = random.uniform(0.6, 1.1)
    grid = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), -1).astype(float)
    nearest = np.full((SIDE, SIDE), np.inf)
    for stroke in STROKES[number]:
        points = (np.array(stroke) - 0.5 + random.normal(0, 0.015, (len(stroke), 2))) * scale
        points = points @ bend.T + middle
        for start, end in itertools.pairwise(points):
            along = end - start
            share = ((grid - start) @ along / (along @ along + 1e-9)).clip(0, 1)
            away = np.linalg.norm(grid - start - share[..., None] * along, axis=-1)
            nearest = np.minimum(nearest, away)
    # In steps of 1/255, as a scanner gives them.
    return (np.clip(width + 0.5 - nearest, 0, 1) * 255).round() / 255


def digits(count: int, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Images ``(count, 1, SIDE, SIDE)`` and their labels, all ten equally often."""
    labels = random.permutation(np.arange(count) % 10)
    images = np.stack([digit(label, random) for label in labels])[:, None]
    return images.astype(np.float32), labels.astype(np.float32)


def network() -> mx.sym.Symbol:
    """LeNet's form, for small images: two convolutions, each with tanh and pooling, and two dense layers."""
    value = mx.sym.Variable("data")
    for number, (filters, side) in enumerate(((8, 5), (16, 3)), 1):
        value = mx.sym.Convolution(
            value, kernel=(side, side), num_filter=filters, name=f"conv{number}"
        )
        value = mx.sym.Activation(value, act_type="tanh", name=f"tanh{number}")
        value = mx.sym.Pooling(
            value, pool_type="max", kernel=(2, 2), stride=(2, 2), name=f"pool{number}"
        )
    value = mx.sym.Flatten(value, name="flatten")
    value = mx.sym.FullyConnected(value, num_hidden=40, name="fc1")
    value = mx.sym.Activation(value, act_type="tanh", name="tanh3")
    value = mx.sym.FullyConnected(value, num_hidden=10, name="fc2")
    return mx.sym.SoftmaxOutput(value, name="softmax")


def trained(symbol: mx.sym.Symbol, images: np.ndarray, labels: np.ndarray) -> mx.mod.Module:
    """The network after :data:`ROUNDS` rounds of training."""
    mx.random.seed(12)
    batches = mx.io.NDArrayIter(images, labels, BATCH)
    module = mx.mod.Module(symbol)
    module.fit(
        batches,
        num_epoch=ROUNDS,
        initializer=mx.init.Xavier(),
        optimizer="adam",
        optimizer_params={"learning_rate": 0.003},
    )
    return module


def make(folder: Path = FOLDER) -> None:
    """Train, save, and record what MXNet gives."""
    random = np.random.RandomState(12)
    images, labels = digits(TRAINED, random)
    module = trained(network(), images, labels)
    arguments, states = module.get_params()
    folder.mkdir(exist_ok=True)
    mx.model.save_checkpoint(str(folder / "lenet"), ROUNDS, network(), arguments, states)
    symbol = mx.sym.load(str(folder / "lenet-symbol.json"))
    old = legacy.as_0_8(symbol.tojson())
    (folder / "lenet-0.8-symbol.json").write_text(old)
    images, labels = digits(RECORDED, random)
    given = {"images": mx.nd.array(images), "labels": mx.nd.array(labels)}
    answers = [_answers(one, arguments, given["images"]) for one in (symbol, mx.sym.load_json(old))]
    for name, value in answers[0].items():
        assert np.array_equal(value.asnumpy(), answers[1][name].asnumpy()), name
    right = answers[0]["output"].asnumpy().argmax(1) == labels
    print(f"{right.sum()} of {len(right)} are right")
    mx.nd.save(str(folder / "lenet-recorded.params"), {**given, **answers[0]})


def _answers(
    symbol: mx.sym.Symbol, arguments: dict[str, mx.nd.NDArray], images: mx.nd.NDArray
) -> dict[str, mx.nd.NDArray]:
    inside = symbol.get_internals()
    wanted = mx.sym.Group([inside["softmax_output"], inside["pool1_output"]])
    executor = wanted.simple_bind(mx.cpu(), data=images.shape, grad_req="null")
    executor.copy_params_from(arguments, allow_extra_params=True)
    output, pool1 = executor.forward(is_train=False, data=images)
    return {"output": output.copy(), "pool1": pool1.copy()}


if __name__ == "__main__":
    make()
