"""Networks whose layers follow one another: MLP, LeNet, AlexNet, VGG-16, SqueezeNet."""

from __future__ import annotations

from .parts import Package, Symbol, conv_relu, local_norm, pool, scaled


def mlp(mx: Package, width: float = 1, classes: int = 10) -> Symbol:
    """A perceptron with hidden layers of 128 and 64."""
    n = scaled(width)
    net = mx.sym.Flatten(mx.sym.Variable("data"), name="flatten0")
    for i, hidden in enumerate((128, 64), 1):
        net = mx.sym.FullyConnected(net, num_hidden=n(hidden), name=f"fc{i}")
        net = mx.sym.Activation(net, act_type="relu", name=f"relu{i}")
    net = mx.sym.FullyConnected(net, num_hidden=classes, name="fc3")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def lenet(mx: Package, width: float = 1, classes: int = 10) -> Symbol:
    """LeCun et al., 1998, with max pooling and tanh; biases learn twice as fast, as in Caffe."""
    n = scaled(width)
    net = mx.sym.Variable("data")
    for i, filters in enumerate((20, 50), 1):
        bias = mx.sym.Variable(f"conv{i}_bias", lr_mult=2, wd_mult=0)
        net = mx.sym.Convolution(
            net, bias=bias, kernel=(5, 5), num_filter=n(filters), name=f"conv{i}"
        )
        net = mx.sym.Activation(net, act_type="tanh", name=f"tanh{i}")
        net = pool(mx, net, 2, 2, f"pool{i}")
    net = mx.sym.FullyConnected(mx.sym.Flatten(net, name="flatten0"), num_hidden=n(500), name="fc1")
    net = mx.sym.Activation(net, act_type="tanh", name="tanh3")
    net = mx.sym.FullyConnected(net, num_hidden=classes, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def alexnet(mx: Package, width: float = 1, classes: int = 1000, spelled: bool = False) -> Symbol:
    """Krizhevsky, Sutskever and Hinton, 2012, on one device; see `local_norm` for `spelled`."""
    n = scaled(width)
    net = mx.sym.Variable("data")
    for i, (filters, kernel, stride, pad) in enumerate(((96, 11, 4, 0), (256, 5, 1, 2)), 1):
        net = conv_relu(mx, net, n(filters), kernel, f"conv{i}", stride, pad)
        net = local_norm(mx, net, f"norm{i}", 2, spelled)
        net = pool(mx, net, 3, 2, f"pool{i}")
    for i, filters in enumerate((384, 384, 256), 3):
        net = conv_relu(mx, net, n(filters), 3, f"conv{i}", pad=1)
    net = mx.sym.Flatten(pool(mx, net, 3, 2, "pool5"), name="flatten0")
    return _dense_layers(mx, net, n(4096), classes)


def vgg16(mx: Package, width: float = 1, classes: int = 1000) -> Symbol:
    """Simonyan and Zisserman, 2014, configuration D."""
    n = scaled(width)
    net = mx.sym.Variable("data")
    for i, (count, filters) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), 1):
        for j in range(1, count + 1):
            net = conv_relu(mx, net, n(filters), 3, f"conv{i}_{j}", pad=1)
        net = pool(mx, net, 2, 2, f"pool{i}")
    return _dense_layers(mx, mx.sym.Flatten(net, name="flatten"), n(4096), classes)


def _dense_layers(mx: Package, net: Symbol, hidden: int, classes: int) -> Symbol:
    """Two hidden layers with dropout, and the classifier."""
    for i in (6, 7):
        net = mx.sym.FullyConnected(net, num_hidden=hidden, name=f"fc{i}")
        net = mx.sym.Activation(net, act_type="relu", name=f"relu{i}")
        net = mx.sym.Dropout(net, p=0.5, name=f"drop{i}")
    net = mx.sym.FullyConnected(net, num_hidden=classes, name="fc8")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def squeezenet(mx: Package, width: float = 1, classes: int = 1000) -> Symbol:
    """Iandola et al., 2016, version 1.1. Windows may stand over the edge, as in Caffe."""
    n = scaled(width)
    net = conv_relu(mx, mx.sym.Variable("data"), n(64), 3, "conv1", stride=2)
    squeezed = {2: 16, 3: 16, 4: 32, 5: 32, 6: 48, 7: 48, 8: 64, 9: 64}
    for i, filters in squeezed.items():
        if i in (2, 4, 6):
            net = pool(mx, net, 3, 2, f"pool{i - 1}", convention="full")
        net = _fire(mx, net, n(filters), n(4 * filters), f"fire{i}")
    net = mx.sym.Dropout(net, p=0.5, name="drop9")
    net = conv_relu(mx, net, classes, 1, "conv10")
    net = mx.sym.Pooling(net, kernel=(1, 1), global_pool=True, pool_type="avg", name="pool10")
    return mx.sym.SoftmaxOutput(mx.sym.Flatten(net, name="flatten"), name="softmax")


def _fire(mx: Package, data: Symbol, squeeze: int, expand: int, name: str) -> Symbol:
    net = conv_relu(mx, data, squeeze, 1, f"{name}/squeeze1x1")
    sides = [
        conv_relu(mx, net, expand, kernel, f"{name}/expand{kernel}x{kernel}", pad=kernel // 2)
        for kernel in (1, 3)
    ]
    return mx.sym.Concat(*sides, dim=1, name=f"{name}/concat")
