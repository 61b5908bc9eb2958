"""Decoding in TensorFlow: a loop in the graph, left when all have ended."""

import tensorflow as tf
from tensorflow import argmax, where
from tensorflow import range as arange
from tensorflow.nn import log_softmax

INFINITE = float("inf")


def decode(step, token, state, rule, noise=None):
    """Tokens after the given one (batch,), as in `reference.decode`."""
    if rule.width > 1:
        return _beam(step, token, state, rule)
    return _greedy(step, token, state, rule, noise)


def _greedy(step, token, state, rule, noise):
    batch, token = len(token), tf.cast(token, tf.int32)
    tokens = tf.fill((batch, rule.length), rule.padding)

    def body(time, token, state, tokens, done):
        logits, state = step(token, state)
        if noise is not None:
            logits = logits + noise[:, time]
        best = argmax(logits, -1, tf.int32)
        token = where(done, rule.padding, best)
        tokens = where(arange(rule.length) == time, token[:, None], tokens)
        done = done | (token == rule.end)
        return time + 1, token, state, tokens, done

    start = 0, token, state, tokens, tf.zeros(batch, tf.bool)
    return tf.while_loop(_goes_on(rule), body, start)[3]


def _beam(step, token, state, rule):
    """Hypotheses of an example are adjacent."""
    batch, width = len(token), rule.width
    first = width * arange(batch)[:, None]
    tokens = tf.fill((batch, width, rule.length), rule.padding)
    done = tf.zeros((batch, width), tf.bool)
    counts = tf.zeros((batch, width), tf.int32)
    token = tf.repeat(tf.cast(token, tf.int32), width, 0)
    state = tuple(tf.repeat(x, width, 0) for x in state)

    def body(time, token, state, tokens, done, counts, totals):
        logits, state = step(token, state)
        vocab = logits.shape[-1]
        log_probs = tf.reshape(log_softmax(logits, -1), (batch, width, vocab))
        wait = where(arange(vocab) == rule.padding, 0.0, -INFINITE)
        wait = tf.cast(wait, log_probs.dtype)
        log_probs = where(done[..., None], wait, log_probs)
        sums = tf.reshape(totals[..., None] + log_probs, (batch, -1))
        totals, top = tf.math.top_k(sums, width)  # ties: the first
        parent, chosen = top // vocab, top % vocab
        tokens = tf.gather(tokens, parent, axis=1, batch_dims=1)
        done = tf.gather(done, parent, axis=1, batch_dims=1)
        counts = tf.gather(counts, parent, axis=1, batch_dims=1)
        counts = counts + tf.cast(~done, tf.int32)
        now = arange(rule.length) == time
        tokens = where(now, chosen[..., None], tokens)
        done = done | (chosen == rule.end)
        row = tf.reshape(parent + first, (-1,))
        state = tuple(tf.gather(x, row) for x in state)
        token = tf.reshape(chosen, (-1,))
        return time + 1, token, state, tokens, done, counts, totals

    totals = [[0.0] + [-INFINITE] * (width - 1)] * batch
    totals = tf.constant(totals, rule.dtype)
    start = 0, token, state, tokens, done, counts, totals
    *_, tokens, _, counts, totals = tf.while_loop(_goes_on(rule), body, start)
    best = argmax(totals / tf.cast(counts, rule.dtype), 1, tf.int32)
    return tf.gather(tokens, best, batch_dims=1)


def _goes_on(rule):
    """Whether sequences are unfinished and steps are left."""
    return lambda time, token, state, tokens, done, *_: (
        (time < rule.length) & ~tf.reduce_all(done)
    )
