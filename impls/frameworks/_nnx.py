"""NNX layers by our names; objectives and optimizers, written once."""

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from impls.interface import decayed
from impls.training.layers import Layers

# NNX's names -> those of the chapter's formulas
_NAMES = {
    "cell.dense_i.kernel": "kernel",
    "cell.dense_h.kernel": "recurrent_kernel",
    "cell.dense_i.bias": "bias",  # simple cell
    "cell.dense_h.bias": "bias",  # LSTM
    "forward_rnn": "forward",
    "forward_layer": "forward",
    "backward_layer": "backward",
    "backward_rnn": "backward",
}


def set_precision(model, param_dtype, dtype):
    """Set the types of all layers, which NNX creates as float32."""
    for _, module in nnx.iter_modules(model):
        if hasattr(module, "param_dtype"):
            module.param_dtype = param_dtype
            module.dtype = dtype


def stream(leaf):
    """A constant for the random streams of recurrent cells, unused here."""
    if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return jax.random.key(0)
    return jnp.zeros(leaf.shape, leaf.dtype)


def layers(model):
    """The layers that have a training mode."""
    return Layers(
        (canonical(p), module) for p, module in nnx.iter_modules(model)
    )


def canonical(path):
    """`("hidden", 0, "kernel")` -> `hidden.0.kernel`."""
    name = ".".join(map(str, path))
    for theirs, ours in _NAMES.items():
        name = name.replace(theirs, ours)
    return name


def objective(kind, logits, batch, smoothing=0.0):
    """Loss and accuracy: weighted means over valid targets.

    smoothing: share of a label spread over all classes (Szegedy 2016).
    """
    if kind == "mse":
        squares = (logits - batch.targets) ** 2
        losses = squares.reshape(len(squares), -1).mean(1)
        right = jnp.full_like(losses, jnp.nan)  # has no accuracy
    elif kind == "cross_entropy":
        losses = _cross_entropy(batch.targets, logits, smoothing)
        right = logits.argmax(-1) == batch.targets
    else:
        logits = logits[..., 0]
        targets = batch.targets.astype(logits.dtype)
        losses = optax.sigmoid_binary_cross_entropy(logits, targets)
        right = (logits > 0) == (batch.targets > 0)
    weights, total = batch.weights, batch.weights.sum()
    return (losses * weights).sum() / total, (right * weights).sum() / total


def _cross_entropy(targets, logits, smoothing):
    if not smoothing:
        return optax.softmax_cross_entropy_with_integer_labels(logits, targets)
    labels = jax.nn.one_hot(targets, logits.shape[-1], dtype=logits.dtype)
    labels = optax.smooth_labels(labels, smoothing)
    return optax.softmax_cross_entropy(logits, labels)


def clipped(gradients, longest):
    """Scaled down to a common norm (Pascanu 2013, algorithm 1)."""
    if longest is None:
        return gradients
    scale = jnp.minimum(1, longest / optax.tree.norm(gradients))
    return jax.tree.map(lambda g: g * scale, gradients)


def optimizer(setting, rate):
    """AdamW (Loshchilov 2019); without weight decay it is Adam.

    optax adds epsilon after bias correction, as the paper does.
    """
    if setting.optimizer == "sgd":
        return optax.sgd(rate)
    return optax.adamw(
        rate,
        setting.beta1,
        setting.beta2,
        setting.epsilon,
        weight_decay=setting.weight_decay,
        mask=lambda params: {name: decayed(name) for name in params},
    )
