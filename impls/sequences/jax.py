"""LSTM, reversal and attention over sequences with padding in JAX."""

import jax.numpy as jnp
from flax import nnx
from flax.nnx import sigmoid, softmax, tanh
from jax import lax

_MODE = {"loops": False}


class LSTM(nnx.Module):
    """Long short-term memory in one direction (slides 17-19).

    By the framework's fused kernel, or step by step as in the equations if
    `loops()` is true when the layer is created. Starts at zero unless a state
    (h, c) is given.
    """

    def __init__(self, inputs, hidden, *, rngs):
        self.cell = nnx.OptimizedLSTMCell(inputs, hidden, rngs=rngs)
        self.loops = loops()

    def __call__(self, x, state=None):
        """(batch, time, feature) -> (batch, time, hidden), (h, c at its end)"""
        run = _loop if self.loops else _fused
        return run(self.cell, x, state)


def reversed_within(x, lengths):
    """Reverse the first `lengths` steps; padding stays in place.

    x (batch, time, ...), lengths (batch,).
    """
    step = jnp.arange(x.shape[1])[None]
    length = lengths[:, None]
    index = jnp.where(step < length, length - 1 - step, step)
    return _at(x, index)


def last(x, lengths):
    """x (batch, time, hidden), lengths (batch,) -> (batch, hidden)

    The last valid step; lengths are at least 1.
    """
    return _at(x, lengths[:, None] - 1)[:, 0]


def valid(lengths, time):
    """Which steps are valid: lengths (batch,) -> (batch, time)."""
    return jnp.arange(time) < lengths[:, None]


def attend(scores, keep):
    """Softmax over the last axis, of valid entries only: (...) -> (...).

    Other entries get a weight of exactly 0, hence no gradient. If no entry is
    valid, all weights are 0.
    """
    lowest = jnp.finfo(scores.dtype).min
    return softmax(jnp.where(keep, scores, lowest), -1) * keep


def loops():
    """Whether new LSTMs compute step by step."""
    return _MODE["loops"]


def set_loops(value):
    """Set whether new LSTMs compute step by step."""
    _MODE["loops"] = bool(value)


def _at(x, index):
    """Steps of each example; no step twice, so its gradient is a copy."""
    example = jnp.arange(x.shape[0])[:, None]
    steps = x.at[example, index]
    return steps.get(unique_indices=True, mode="promise_in_bounds")


def _fused(cell, x, state):
    """A scan; what comes from the inputs is one product for all steps."""
    from_inputs = jnp.swapaxes(cell.dense_i(x), 0, 1)

    def step(state, gates):
        h, c = _step(gates + cell.dense_h(state[0]), state[1])
        return (h, c), h

    state, x = lax.scan(step, _start(cell, from_inputs[0], state), from_inputs)
    return jnp.swapaxes(x, 0, 1), state


def _loop(cell, x, state):
    h, c = _start(cell, cell.dense_i(x[:, 0]), state)
    steps = []
    for time in range(x.shape[1]):
        gates = cell.dense_i(x[:, time]) + cell.dense_h(h)
        h, c = _step(gates, c)
        steps.append(h)
    return jnp.stack(steps, 1), (h, c)


def _step(gates, c):
    """Gates: input, forget, cell, output."""
    i, f, g, o = jnp.split(gates, 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def _start(cell, like, state):
    zeros = jnp.zeros((like.shape[0], cell.hidden_features), like.dtype)
    return tuple(x.astype(like.dtype) for x in state or (zeros, zeros))
