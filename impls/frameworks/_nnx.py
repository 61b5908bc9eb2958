"""Where an NNX model keeps its layers and parameters, by our names."""

import jax
import jax.numpy as jnp
from flax import nnx

from impls.training.layers import Layers

# How NNX names what the chapter's formulas call otherwise.
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
    """NNX makes float32 layers; recurrent cells draw their carry so."""
    for _, module in nnx.iter_modules(model):
        if hasattr(module, "param_dtype"):
            module.param_dtype = param_dtype
            module.dtype = dtype


def stream(leaf):
    """Random streams of recurrent cells, whose first state is zero."""
    if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return jax.random.key(0)
    return jnp.zeros(leaf.shape, leaf.dtype)


def layers(model):
    """What trains otherwise than it evaluates."""
    return Layers(
        (canonical(p), module) for p, module in nnx.iter_modules(model)
    )


def canonical(path):
    """`("hidden", 0, "kernel")` -> `hidden.0.kernel`."""
    name = ".".join(map(str, path))
    for theirs, ours in _NAMES.items():
        name = name.replace(theirs, ours)
    return name
