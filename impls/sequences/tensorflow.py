"""LSTM, reversal and attention over sequences with padding in TensorFlow."""

import tensorflow as tf
from keras import layers
from tensorflow import sigmoid, tanh
from tensorflow.nn import softmax

from impls.frameworks.tensorflow import unrolled

_MODE = {"loops": False}
_SHORT = 64  # steps: a longer loop written out takes minutes to trace


class LSTM(layers.Layer):
    """Long short-term memory in one direction (slides 17-19).

    By the framework's fused kernel, or step by step as in the equations if
    `loops()` is true when the layer is created. Starts at zero unless a state
    (h, c) is given.
    """

    def __init__(self, inputs, hidden):
        super().__init__()
        self.cell = _cell(inputs, hidden)
        self.loops = loops()

    def call(self, x, state=None):
        """(batch, time, feature) -> (batch, time, hidden), (h, c at its end)"""
        run = _loop if self.loops else _fused
        return run(self.cell, x, state)


def reversed_within(x, lengths):
    """Reverse the first `lengths` steps; padding stays in place.

    x (batch, time, ...), lengths (batch,).
    """
    return tf.reverse_sequence(x, lengths, seq_axis=1, batch_axis=0)


def last(x, lengths):
    """x (batch, time, hidden), lengths (batch,) -> (batch, hidden)

    The last valid step; lengths are at least 1.
    """
    return tf.gather(x, lengths - 1, batch_dims=1)


def valid(lengths, time):
    """Which steps are valid: lengths (batch,) -> (batch, time)."""
    return tf.sequence_mask(lengths, time)


def attend(scores, keep):
    """Softmax over the last axis, of valid entries only: (...) -> (...).

    Other entries get a weight of exactly 0, hence no gradient. If no entry is
    valid, all weights are 0.
    """
    weights = softmax(tf.where(keep, scores, scores.dtype.min), -1)
    return weights * tf.cast(keep, scores.dtype)


def loops():
    """Whether new LSTMs compute step by step."""
    return _MODE["loops"]


def set_loops(value):
    """Set whether new LSTMs compute step by step."""
    _MODE["loops"] = bool(value)


def _cell(inputs, hidden):
    """Keras's layer with its parameters made; XLA cannot call cuDNN."""
    cuda = False if tf.config.optimizer.get_jit() else "auto"
    cell = layers.LSTM(
        hidden, return_sequences=True, return_state=True, use_cudnn=cuda
    )
    cell.build((None, None, inputs))
    return cell


def _fused(cell, x, state):
    """One kernel for all steps of a GPU; else a loop in the graph."""
    cell.unroll = unrolled() and x.shape[1] <= _SHORT
    x, h, c = cell(x, initial_state=state)
    return x, (h, c)


def _loop(cell, x, state):
    """Gates: input, forget, cell, output."""
    part = cell.cell
    zeros = tf.zeros((x.shape[0], cell.units), x.dtype)
    h, c = state or (zeros, zeros)
    steps = []
    for step in tf.unstack(x, axis=1):
        gates = step @ part.kernel + h @ part.recurrent_kernel + part.bias
        i, f, g, o = tf.split(gates, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        steps.append(h)
    return tf.stack(steps, 1), (h, c)
