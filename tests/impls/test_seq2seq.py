"""What slides 24 and 25 say of encoder, decoder and attention."""

import numpy as np
import pytest

import impls
from impls.attention import reference as attention
from impls.sequences import END, START
from tests.support.implementations import case

MODELS = ["seq2seq", "attention"]


@pytest.mark.parametrize("model", MODELS)
def test_targets_are_the_inputs_shifted_and_end_with_the_end(model):
    batch = impls.spec(model)().example(15, seed=3)
    source, lengths, target = batch.inputs
    assert (target[:, 0] == START).all()
    np.testing.assert_array_equal(target[:, 1:], batch.targets[:, :-1])
    last = batch.weights.sum(1).astype(int) - 1
    assert (batch.targets[np.arange(15), last] == END).all()
    assert lengths.min() >= 1 and lengths.max() == source.shape[1]


@pytest.mark.parametrize("model", MODELS)
def test_a_state_that_cannot_be_halved_is_refused(model):
    with pytest.raises(ValueError, match="hidden 7: expected an even"):
        impls.spec(model)(hidden=7)
    with pytest.raises(ValueError, match="dropout 1"):
        impls.spec(model)(dropout=1)


def test_attention_is_a_mean_over_the_words_of_the_sentence():
    point = case("attention")
    source, lengths, target = point.batch(0).inputs
    given = point.spec, point.smooth
    actual = attention.weights(*given, source, lengths, target)
    assert actual.shape == (*target.shape, source.shape[1])
    np.testing.assert_allclose(actual.sum(-1), 1, rtol=1e-13)
    padding = np.arange(source.shape[1]) >= lengths[:, None]
    assert padding.any()
    assert (np.swapaxes(actual, 1, 2)[padding] == 0).all()


def test_attention_by_hand():
    """Luong 2015, equations 7 and 8, of two words and a padding."""
    memory = np.array([[[1.0, 0.0], [0.0, 2.0], [9.0, 9.0]]])
    q, keep = np.array([[0.5, 0.25]]), np.array([[True, True, False]])
    actual = attention.align(q, memory, keep)
    assert actual[0].tolist() == [0.5, 0.5, 0]  # both products are 0.5
    both = attention.attended(q, memory, actual)
    assert both[0].tolist() == [0.5, 0.25, 0.5, 1]


def test_flops_are_those_of_the_kernels():
    small = {"source_vocab": 5, "target_vocab": 7, "width": 3, "hidden": 4}
    times = {"output": 6, "source_time": 2, "target_time": 8}
    plain = impls.spec("seq2seq")(**small, **times).flops()
    encoder = 2 * 2 * (3 + 2) * 8
    decoder = 8 * ((3 + 4) * 16 + 4 * 6 + 6 * 7)
    assert plain == 2 * (encoder + 4 * 4 + decoder)
    more = 2 * (8 * 4 * 6 + 2 * 8 * 2 * 4)
    assert impls.spec("attention")(**small, **times).flops() == plain + more
