"""Decoding in JAX: a loop inside the program, left when all have ended."""

import jax.numpy as jnp
from flax.nnx import log_softmax
from jax import lax
from jax.numpy import arange, argmax, where


def decode(step, token, state, rule, noise=None):
    """Tokens after the given one (batch,), as in `reference.decode`."""
    if rule.width > 1:
        return _beam(step, token, state, rule)
    return _greedy(step, token, state, rule, noise)


def _greedy(step, token, state, rule, noise):
    batch, token = len(token), token.astype(jnp.int32)
    tokens = jnp.full((batch, rule.length), rule.padding, jnp.int32)

    def body(loop):
        time, token, state, tokens, done = loop
        logits, state = step(token, state)
        if noise is not None:
            logits = logits + noise[:, time]
        best = argmax(logits, -1).astype(jnp.int32)
        token = where(done, rule.padding, best)
        tokens = tokens.at[:, time].set(token)
        done = done | (token == rule.end)
        return time + 1, token, state, tokens, done

    start = jnp.int32(0), token, state, tokens, jnp.zeros(batch, bool)
    return lax.while_loop(_goes_on(rule), body, start)[3]


def _beam(step, token, state, rule):
    """Hypotheses of an example are adjacent."""
    batch, width = len(token), rule.width
    first = width * arange(batch, dtype=jnp.int32)[:, None]
    tokens = jnp.full((batch, width, rule.length), rule.padding, jnp.int32)
    done = jnp.zeros((batch, width), bool)
    counts = jnp.zeros_like(done, jnp.int32)
    token = token.astype(jnp.int32).repeat(width, 0)
    state = tuple(x.repeat(width, 0) for x in state)

    def body(loop):
        time, token, state, tokens, done, counts, totals = loop
        logits, state = step(token, state)
        log_probs = log_softmax(logits, -1).reshape(batch, width, -1)
        vocab = log_probs.shape[-1]
        wait = where(arange(vocab) == rule.padding, 0, -jnp.inf)
        wait = wait.astype(log_probs.dtype)
        log_probs = where(done[..., None], wait, log_probs)
        sums = (totals[..., None] + log_probs).reshape(batch, -1)
        totals, top = lax.top_k(sums, width)  # ties: the first
        parent, chosen = top // vocab, top % vocab
        tokens = jnp.take_along_axis(tokens, parent[..., None], 1)
        done = jnp.take_along_axis(done, parent, 1)
        counts = jnp.take_along_axis(counts, parent, 1) + ~done
        tokens = tokens.at[:, :, time].set(chosen)
        done = done | (chosen == rule.end)
        row = (parent + first).ravel()
        token, state = chosen.ravel(), tuple(x[row] for x in state)
        return time + 1, token, state, tokens, done, counts, totals

    totals = jnp.zeros((batch, width), rule.dtype).at[:, 1:].set(-jnp.inf)
    start = jnp.int32(0), token, state, tokens, done, counts, totals
    *_, tokens, _, counts, totals = lax.while_loop(_goes_on(rule), body, start)
    best = argmax(totals / counts, 1)
    return tokens[arange(batch), best]


def _goes_on(rule):
    """Whether sequences are unfinished and steps are left."""
    return lambda loop: (loop[0] < rule.length) & ~loop[4].all()
