"""The small model in JAX."""

from flax import nnx
from flax.nnx import relu

from impls.images.jax import Conv, flatten, maps
from impls.training.jax import BatchNorm, Dropout


class Model(nnx.Module):
    """Image to class logits."""

    def __init__(self, spec, *, rngs):
        sizes, features = spec.shapes(), spec.shapes()["hidden.0.kernel"][0]
        norm = spec.epsilon, spec.momentum
        field = (spec.kernel, spec.kernel)
        self.first = Conv(spec.channels, spec.filters, field, rngs=rngs)
        self.norm = BatchNorm(*sizes["norm.mean"], *norm, rngs=rngs)
        self.hidden = nnx.List(
            nnx.Linear(inputs, spec.hidden, rngs=rngs)
            for inputs in (features, spec.hidden)
        )
        self.dropout = nnx.List(Dropout(spec.rate, rngs=rngs) for _ in range(2))
        self.last = BatchNorm(*sizes["last.mean"], *norm, rngs=rngs)
        self.head = nnx.Linear(spec.hidden, spec.classes, rngs=rngs)

    def __call__(self, image):
        """(batch, height, width, channel) -> (batch, class)"""
        x = flatten(relu(self.norm(self.first(maps(image)))))
        for hidden, dropout in zip(self.hidden, self.dropout, strict=True):
            x = dropout(relu(hidden(x)))
        return self.head(self.last(x))


class Probe(nnx.Module):
    """Numbers to units of which some are dropped, twice."""

    def __init__(self, spec, *, rngs):
        self.hidden = nnx.Linear(1, spec.units, rngs=rngs)
        self.first = Dropout(spec.rate, rngs=rngs)
        self.second = Dropout(spec.rate, rngs=rngs)

    def __call__(self, x):
        """(batch, 1) -> (batch, units)"""
        return self.second(self.first(self.hidden(x)))
