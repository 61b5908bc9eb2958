"""Decoding in plain NumPy, float64, one step after the other."""

from collections.abc import Callable
from typing import Any

import numpy as np

from impls.decoding import Rule

State = tuple[np.ndarray, ...]
Step = Callable[[Any, State], tuple[np.ndarray, State]]


def decode(
    step: Step,
    token: np.ndarray,
    state: State,
    rule: Rule,
    noise: np.ndarray | None = None,
) -> np.ndarray:
    """Tokens after the given one (batch,): (batch, length) int32.

    Up to and including the end, then padding. Ties go to the first symbol.
    """
    if rule.width > 1:
        return _beam(step, token, state, rule)
    return _greedy(step, token, state, rule, noise)


def _greedy(
    step: Step,
    token: np.ndarray,
    state: State,
    rule: Rule,
    noise: np.ndarray | None,
) -> np.ndarray:
    """The first maximum of logits + noise (batch, length, vocab) per step.

    With Gumbel noise it is a sample of the softmax (Maddison 2014).
    """
    tokens = np.full((len(token), rule.length), rule.padding, np.int32)
    done = np.zeros(len(token), bool)
    for time in range(rule.length):
        if done.all():
            break
        logits, state = step(token, state)
        if noise is not None:
            logits = logits + noise[:, time]
        token = np.where(done, rule.padding, logits.argmax(-1))
        tokens[:, time] = token
        done |= token == rule.end
    return tokens


def _beam(
    step: Step, token: np.ndarray, state: State, rule: Rule
) -> np.ndarray:
    """The hypothesis of the best mean log-likelihood in the final beam.

    Each step extends all hypotheses by all symbols and keeps the `width` best
    by their total; a hypothesis that has ended stays as it is. Hypotheses of
    an example are adjacent: (batch * width, ...).
    """
    batch, width = len(token), rule.width
    tokens = np.full((batch, width, rule.length), rule.padding, np.int32)
    totals = np.tile([0.0] + [-np.inf] * (width - 1), (batch, 1))
    done = np.zeros((batch, width), bool)
    counts = np.zeros((batch, width))
    token = token.repeat(width, 0)
    state = tuple(x.repeat(width, 0) for x in state)
    for time in range(rule.length):
        if done.all():
            break
        logits, state = step(token, state)
        log_probs = _log_softmax(logits).reshape(batch, width, -1)
        vocab = log_probs.shape[-1]
        wait = np.where(np.arange(vocab) == rule.padding, 0.0, -np.inf)
        log_probs = np.where(done[..., None], wait, log_probs)
        sums = (totals[..., None] + log_probs).reshape(batch, -1)
        top = np.argsort(-sums, axis=1, kind="stable")[:, :width]
        parent, chosen = np.divmod(top, vocab)
        totals = np.take_along_axis(sums, top, 1)
        tokens = np.take_along_axis(tokens, parent[..., None], 1)
        done = np.take_along_axis(done, parent, 1)
        counts = np.take_along_axis(counts, parent, 1) + ~done
        tokens[:, :, time] = chosen
        done |= chosen == rule.end
        row = (parent + width * np.arange(batch)[:, None]).ravel()
        token, state = chosen.ravel(), tuple(x[row] for x in state)
    best = (totals / counts).argmax(1)
    return tokens[np.arange(batch), best]


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    logits = logits - logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))
