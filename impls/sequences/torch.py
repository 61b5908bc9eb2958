"""LSTM, reversal and attention over sequences with padding in PyTorch."""

import torch
from torch import nn, sigmoid, softmax, tanh
from torch.nn.functional import linear

_MODE = {"loops": False}


class LSTM(nn.Module):
    """Long short-term memory in one direction (slides 17-19).

    By the framework's fused kernel, or step by step as in the equations if
    `loops()` is true when the layer is created. Starts at zero unless a state
    (h, c) is given.
    """

    def __init__(self, inputs, hidden):
        super().__init__()
        self.cell = nn.LSTM(inputs, hidden, batch_first=True)
        self.loops = loops()

    def forward(self, x, state=None):
        """(batch, time, feature) -> (batch, time, hidden), (h, c at its end)"""
        run = _loop if self.loops else _fused
        return run(self.cell, x, state)


def reversed_within(x, lengths):
    """Reverse the first `lengths` steps; padding stays in place.

    x (batch, time, ...), lengths (batch,).
    """
    step = torch.arange(x.shape[1], device=x.device)[None]
    length = lengths[:, None]
    index = torch.where(step < length, length - 1 - step, step)
    index = index.reshape(*index.shape, *[1] * (x.ndim - 2)).long()
    return x.take_along_dim(index, 1)


def last(x, lengths):
    """x (batch, time, hidden), lengths (batch,) -> (batch, hidden)

    The last valid step; lengths are at least 1.
    """
    index = lengths.long()[:, None, None] - 1
    return x.take_along_dim(index, 1)[:, 0]


def valid(lengths, time):
    """Which steps are valid: lengths (batch,) -> (batch, time)."""
    return torch.arange(time, device=lengths.device) < lengths[:, None]


def attend(scores, keep):
    """Softmax over the last axis, of valid entries only: (...) -> (...).

    Other entries get a weight of exactly 0, hence no gradient. If no entry is
    valid, all weights are 0.
    """
    lowest = torch.finfo(scores.dtype).min
    return softmax(torch.where(keep, scores, lowest), -1) * keep


def loops():
    """Whether new LSTMs compute step by step."""
    return _MODE["loops"]


def set_loops(value):
    """Set whether new LSTMs compute step by step."""
    _MODE["loops"] = bool(value)


def _fused(cell, x, state):
    """One kernel for all steps; cuDNN's on a GPU."""
    if state is not None:
        state = tuple(x[None].contiguous() for x in state)
    x, (h, c) = cell(x, state)
    return x, (h[0], c[0])


def _loop(cell, x, state):
    """Gates: input, forget, cell, output. torch's second bias is zero."""
    zeros = x.new_zeros(x.shape[0], cell.hidden_size)
    h, c = state or (zeros, zeros)
    steps = []
    for step in x.unbind(1):
        gates = linear(step, cell.weight_ih_l0, cell.bias_ih_l0)
        gates = gates + linear(h, cell.weight_hh_l0)
        i, f, g, o = gates.chunk(4, -1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        steps.append(h)
    return torch.stack(steps, 1), (h, c)
