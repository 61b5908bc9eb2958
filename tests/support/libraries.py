"""The three libraries, and what their layers are asked in tests."""

import inspect

import numpy as np
import pytest


class Library:
    """Imported when it is first used; a test is skipped where it is not."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, attribute):
        return getattr(pytest.importorskip(self.name), attribute)


torch = Library("torch")
tf = Library("tensorflow")
keras = Library("keras")
jax = Library("jax")
jnp = Library("jax.numpy")
nnx = Library("flax.nnx")
optax = Library("optax")


def single():
    """float32 again, if a Runner in this process has set another type."""
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    jax.config.update("jax_enable_x64", False)
    jax.config.update("jax_default_matmul_precision", "highest")


def rngs():
    return {"rngs": nnx.Rngs(0)}


def numpy(tensor):
    """Of any framework; Flax keeps arrays in variables."""
    if isinstance(tensor, torch.Tensor):
        return tensor.detach().numpy()
    return np.asarray(tensor[...] if isinstance(tensor, nnx.Param) else tensor)


def uniform(array, limit):
    """Whether it fills an interval, and nothing else."""
    array = numpy(array)
    full = 0.95 * limit < np.abs(array).max() <= limit * (1 + 1e-6)
    return full and array.std() == pytest.approx(limit / 3**0.5, rel=0.1)


def default(function, argument):
    """The default value of an argument."""
    return inspect.signature(function).parameters[argument].default


def built(layer, *shape):
    """A layer of Keras with its weights, for inputs of a shape."""
    layer.build(shape)
    return layer
