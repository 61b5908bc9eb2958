"""Decoding with a cache of keys and values, token for token as without.

The references have no cache: each of their steps reads all symbols anew.
"""

from functools import partial

import numpy as np
import pytest

from impls.decoding import Rule
from impls.decoding.reference import decode
from impls.gpt import reference as gpt
from tests.support.implementations import USUAL, case, shared_runner

implementations = pytest.mark.parametrize(("framework", "mode"), USUAL)
LENGTH = 17  # symbols: a context of 9 is full three times


def text(tokens, length):
    """What the model continues: its argument alone, by `logits` only."""
    point, written = case("gpt"), [list(row) for row in tokens]
    windows = [row[-point.spec.time :] for row in written]
    for _ in range(length):
        if len(windows[0]) > point.spec.time:
            # As a step does that finds no place: the last half stays
            windows = [row[-point.spec.kept - 1 :] for row in windows]
        logits = gpt.logits(point.spec, point.smooth, np.array(windows))
        chosen = logits[:, -1].argmax(-1)
        for row, window, symbol in zip(written, windows, chosen, strict=True):
            row.append(symbol)
            window.append(symbol)
    return np.array(written)[:, tokens.shape[1] :]


def prompt(time):
    vocab = case("gpt").spec.vocab
    return np.random.default_rng(time).integers(0, vocab, (4, time), np.int32)


def batch(tokens):
    ones = np.ones(tokens.shape, np.float32)
    return (
        case("gpt")
        .batch(0)
        ._replace(inputs=(tokens,), targets=tokens, weights=ones, masks=None)
    )


@pytest.mark.parametrize("time", [1, 4, 9, 14])
def test_the_reference_continues_prompts_of_any_length(time):
    point = case("gpt")
    given, tokens = (point.spec, point.smooth), prompt(time)
    step = partial(gpt.step, *given)
    actual = decode(step, *gpt.start(*given, tokens), Rule(LENGTH))
    np.testing.assert_array_equal(actual, text(tokens, LENGTH))


@implementations
@pytest.mark.parametrize("time", [1, 4, 9, 14])
def test_gpt_continues_prompts_of_any_length(framework, mode, time):
    runner = shared_runner("gpt", framework, mode)
    runner.load(case("gpt").smooth)
    tokens = prompt(time)
    actual = runner.generate(runner.place(batch(tokens)), LENGTH)
    np.testing.assert_array_equal(actual, text(tokens, LENGTH))


@implementations
def test_gpt_samples_as_the_reference(framework, mode):
    point = case("gpt")
    given, tokens = (point.spec, point.smooth), prompt(4)
    noise = np.random.default_rng(1).gumbel(size=(4, LENGTH, point.spec.vocab))
    step = partial(gpt.step, *given)
    wanted = decode(step, *gpt.start(*given, tokens), Rule(LENGTH), noise)
    runner = shared_runner("gpt", framework, mode)
    runner.load(point.smooth)
    placed = runner.place(batch(tokens))
    actual = runner.generate(placed, LENGTH, noise=noise)
    np.testing.assert_array_equal(actual, wanted)
    assert len(np.unique(actual)) > 9


@implementations
def test_a_translation_longer_than_the_cache_is_refused(framework, mode):
    point = case("transformer")
    runner = shared_runner("transformer", framework, mode)
    placed = runner.place(point.batch(0))
    longest = point.spec.max_new_tokens
    assert runner.generate(placed, longest).shape == (point.size, longest)
    with pytest.raises(ValueError, match="length 18: .* places for 17"):
        runner.generate(placed, longest + 1)
