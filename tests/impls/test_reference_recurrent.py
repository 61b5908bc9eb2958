"""References of sequence models against numbers worked out by hand."""

import numpy as np
import pytest

import impls
from impls.language import reference as language
from impls.lstm import reference as lstm
from impls.tagger import reference as tagger


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def zeros(name, **sizes):
    spec = impls.spec(name)(**sizes)
    return spec, {n: np.zeros(shape) for n, shape in spec.shapes().items()}


def lstm_case():
    """One unit that reads 1 and 2; each gate has a weight of its own."""
    spec, params = zeros("lstm", vocab=2, time=2, width=1, hidden=1)
    params["embedding.embedding"] = np.array([[1.0], [2.0]])
    params["lstm.kernel"] = np.array([[0.1, 0.2, 0.3, 0.4]])
    params["lstm.recurrent_kernel"] = np.array([[0.5, 0.6, 0.7, 0.8]])
    params["lstm.bias"] = np.array([0.01, 0.02, 0.03, 0.04])
    params["head.kernel"] = np.array([[3.0]])
    params["head.bias"] = np.array([0.25])
    return spec, params


def test_lstm_by_the_equations_of_slides_18_and_19():
    spec, params = lstm_case()
    c1 = sigmoid(0.11) * np.tanh(0.33)
    h1 = sigmoid(0.44) * np.tanh(c1)
    add, keep = sigmoid(0.21 + 0.5 * h1), sigmoid(0.42 + 0.6 * h1)
    c2 = keep * c1 + add * np.tanh(0.63 + 0.7 * h1)
    h2 = sigmoid(0.84 + 0.8 * h1) * np.tanh(c2)
    actual = lstm.logits(spec, params, np.array([[0, 1]]))
    np.testing.assert_allclose(actual, [[3 * h2 + 0.25]], rtol=1e-15)


def test_a_cell_that_forgets_nothing_and_adds_nothing_keeps_its_state():
    params = {
        "lstm.kernel": np.zeros((1, 4)),
        "lstm.recurrent_kernel": np.zeros((1, 4)),
        "lstm.bias": np.array([-1e3, 1e3, 5, 1e3]),  # add, keep, new, show
    }
    h, c = lstm.step(
        np.ones((1, 1)), np.ones((1, 1)), np.array([[0.7]]), params, "lstm"
    )
    assert c == pytest.approx(0.7, abs=0)
    assert h == pytest.approx(np.tanh(0.7), abs=0)


def test_sigmoid_does_not_overflow():
    actual = lstm.sigmoid(np.array([-1e4, 0, 1e4]))
    np.testing.assert_array_equal(actual, [0, 0.5, 1])


def tagger_case():
    spec, params = zeros(
        "tagger", words=4, suffixes=2, forms=2, width=1, suffix_width=1,
        form_width=1, hidden=1, classes=2, dropout=0.5, time=3,
    )  # fmt: skip
    params["words.embedding"] = np.array([[0.0], [1.0], [2.0], [9.0]])
    for name in ("lstm.forward", "lstm.backward"):
        params[f"{name}.kernel"][0] = 0.1, 0.2, 0.3, 0.4
        params[f"{name}.recurrent_kernel"][0] = 0.5, 0.6, 0.7, 0.8
    params["head.kernel"] = np.eye(2)  # a class of each direction
    return spec, params


def read(*words):
    """h after each word, of the LSTM of `tagger_case`."""
    h = c = 0.0
    states = []
    for x in words:
        i, f, g, o = (
            x * np.array([0.1, 0.2, 0.3, 0.4])
            + h * np.array([0.5, 0.6, 0.7, 0.8])
        )  # fmt: skip
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return states


def test_tagger_reads_each_sentence_from_both_its_ends():
    spec, params = tagger_case()
    words = np.array([[1, 2, 3], [2, 1, 2]])  # the 9 of the first is padding
    nothing = np.zeros_like(words)
    lengths = np.array([2, 3])
    actual = tagger.logits(spec, params, words, nothing, nothing, lengths)
    assert actual.shape == (2, 3, 2)
    np.testing.assert_allclose(actual[0, :2, 0], read(1, 2), rtol=1e-14)
    np.testing.assert_allclose(actual[0, :2, 1], read(2, 1)[::-1], rtol=1e-14)
    np.testing.assert_allclose(actual[1, :, 0], read(2, 1, 2), rtol=1e-14)
    np.testing.assert_allclose(actual[1, :, 1], read(2, 1, 2)[::-1], rtol=1e-14)


def test_tagger_drops_embeddings_and_states():
    spec, params = tagger_case()
    words, nothing = np.array([[1, 2, 3]]), np.zeros((1, 3), int)
    inputs = words, nothing, nothing, np.array([3])
    ones = {name: np.ones((1, *s)) for name, s in spec.masks().items()}
    logits, moved = tagger.training(spec, params, *inputs, masks=ones)
    assert moved == {}
    left = np.array(read(2, 4, 18))  # kept units count twice at one half
    np.testing.assert_allclose(logits[0, :, 0], 2 * left, rtol=1e-14)
    second = ones | {"dropout.0": np.array([[[1], [0], [1]]]) * np.ones(3)}
    logits, _ = tagger.training(spec, params, *inputs, masks=second)
    np.testing.assert_allclose(
        logits[0, :, 0], 2 * np.array(read(2, 0, 18)), rtol=1e-14
    )
    with pytest.raises(ValueError, match="masks: expected"):
        tagger.training(spec, params, *inputs)


def language_case():
    spec = impls.spec("language")(vocab=5, width=3, hidden=4, time=6)
    random = np.random.default_rng(2)
    return spec, {
        name: random.normal(size=shape) for name, shape in spec.shapes().items()
    }


def test_two_windows_are_one_text():
    spec, params = language_case()
    text = np.random.default_rng(1).integers(0, 5, (2, 12))
    fresh, on = np.ones(2), np.zeros(2)
    whole = language.logits(spec, params, text, fresh)
    state = language.final_state(spec, params, text[:, :7], fresh)
    second = language.logits(spec, params, text[:, 7:], on, state)
    np.testing.assert_array_equal(second, whole[:, 7:])
    ends = language.final_state(spec, params, text[:, 7:], on, state)
    expected = language.final_state(spec, params, text, fresh)
    for left, right in zip(ends, expected, strict=True):
        np.testing.assert_array_equal(left, right)


def test_a_fresh_stream_starts_from_zero_and_only_that():
    spec, params = language_case()
    text = np.array([[1, 2], [1, 2]])
    state = np.full((2, 4), 0.3), np.full((2, 4), -0.4)
    mixed = language.logits(spec, params, text, np.array([1, 0]), state)
    anew = language.logits(spec, params, text, np.ones(2))
    on = language.logits(spec, params, text, np.zeros(2), state)
    np.testing.assert_array_equal(mixed[0], anew[0])
    np.testing.assert_array_equal(mixed[1], on[1])
    assert np.abs(mixed[1] - anew[1]).max() > 0.01


@pytest.mark.parametrize("prompt", [1, 4])
def test_language_steps_as_it_reads(prompt):
    spec, params = language_case()
    text = np.array([[1, 4, 2, 3, 0]])
    whole = language.logits(spec, params, text, np.ones(1))
    token, state = language.start(spec, params, text[:, :prompt])
    assert token.tolist() == [text[0, prompt - 1]]
    for t in range(prompt - 1, 5):
        logits, state = language.step(spec, params, text[:, t], state)
        np.testing.assert_array_equal(logits, whole[:, t])


def test_operations_are_counted_by_hand():
    assert impls.spec("lstm")(width=3, hidden=2, time=5).flops() == (
        2 * (5 * (3 + 2) * 8 + 2)
    )
    assert impls.spec("language")(vocab=7, width=3, hidden=2).flops() == (
        2 * ((3 + 2) * 8 + 2 * 7)
    )
    sizes = {"width": 3, "suffix_width": 2, "form_width": 1, "hidden": 2}
    spec = impls.spec("tagger")(**sizes, classes=5, time=4)
    assert spec.flops() == 4 * 2 * (2 * (6 + 2) * 8 + 4 * 5)


@pytest.mark.parametrize("share", [-0.1, 1, 2])
def test_a_share_that_leaves_nothing_is_refused(share):
    with pytest.raises(ValueError, match="expected a share"):
        impls.spec("tagger")(dropout=share)
