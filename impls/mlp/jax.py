"""The deep network of dense layers (slide 4) in JAX."""

from itertools import pairwise

from flax import nnx
from flax.nnx import relu, sigmoid
from jax.numpy import reshape

from impls.training.jax import Dropout

ACTIVATIONS = {"relu": relu, "sigmoid": sigmoid}


class Model(nnx.Module):
    """Image to class logits through hidden layers with dropout."""

    def __init__(self, spec, *, rngs):
        self.activation = ACTIVATIONS[spec.activation]
        self.hidden = nnx.List(
            nnx.Linear(inputs, units, rngs=rngs)
            for inputs, units in pairwise(spec.sizes())
        )
        self.dropout = nnx.List(
            Dropout(spec.dropout, rngs=rngs) for _ in range(spec.depth)
        )
        self.head = nnx.Linear(spec.hidden, spec.classes, rngs=rngs)

    def __call__(self, image):
        """(batch, height, width, channel) -> (batch, class)"""
        x = reshape(image, (image.shape[0], -1))  # (batch, feature)
        for hidden, dropout in zip(self.hidden, self.dropout, strict=True):
            x = dropout(self.activation(hidden(x)))  # (batch, hidden)
        return self.head(x)
