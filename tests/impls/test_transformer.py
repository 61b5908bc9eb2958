"""What slides 26 to 31 say of attention, units, positions and GPT."""

import math
from dataclasses import replace

import numpy as np
import pytest

import impls
from impls import init
from impls.gpt import reference as gpt
from impls.multihead import reference as parts
from impls.sequences import END, START
from impls.transformer import reference as transformer
from tests.support.implementations import case

MODELS = ["gpt", "transformer"]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_attention_by_hand():
    """Slide 27: one query, two keys whose products are 0.6 and 0, d_k 4."""
    q = np.array([[[[0.3, 0.0, 0.9, 0.0]]]])
    k = np.array([[[[2.0, 5.0, 0.0, 0.0], [0.0, 7.0, 0.0, 9.0]]]])
    v = np.array([[[[1.0, 10.0], [3.0, 20.0]]]])
    out, weights = parts.attention(q, k, v, np.ones((1, 2), bool), 1 / 2)
    first = 1 / (1 + math.exp(-0.3))
    np.testing.assert_allclose(weights[0, 0, 0], [first, 1 - first], 1e-15)
    expected = [first + 3 * (1 - first), 10 * first + 20 * (1 - first)]
    np.testing.assert_allclose(out[0, 0, 0], expected, 1e-15)
    _, only = parts.attention(q, k, v, np.array([[False, True]]), 1 / 2)
    assert only.tolist() == [[[[0, 1]]]]  # True keeps


@pytest.mark.parametrize("model", MODELS)
def test_the_root_makes_the_variance_of_scores_one(model):
    """Slide 27: of products of two vectors with d_k independent entries."""
    spec = impls.spec(model)(width=256, heads=2)
    assert spec.scale == pytest.approx(1 / math.sqrt(128), abs=0)
    assert replace(spec, scaled=False).scale == 1
    scores = (normal(4000, 128) * normal(4000, 128, seed=1)).sum(1)
    assert np.var(scores * spec.scale) == pytest.approx(1, rel=0.1)


def test_heads_are_separate_and_side_by_side():
    """Column by column, as written out for each head alone."""
    spec = impls.spec("gpt")(width=6, heads=2, key_width=5, time=4)
    params = {
        "a.qkv.kernel": normal(6, 2 * (5 + 5 + 3)),
        "a.merge.kernel": normal(2 * 3, 6, seed=1),
    }
    x, past = normal(1, 4, 6, seed=2), parts.causal(4)
    actual, weights = parts.self_attention(spec, params, "a", x, past)
    kernel, joined = params["a.qkv.kernel"], []
    for head in range(2):
        q = x[0] @ kernel[:, 5 * head : 5 * head + 5]
        k = x[0] @ kernel[:, 10 + 5 * head : 15 + 5 * head]
        v = x[0] @ kernel[:, 20 + 3 * head : 23 + 3 * head]
        powers = np.exp(q @ k.T / math.sqrt(5)) * np.tri(4)
        rows = powers / powers.sum(1, keepdims=True)
        np.testing.assert_allclose(weights[0, head], rows, rtol=1e-13)
        joined.append(rows @ v)
    expected = np.concatenate(joined, 1) @ params["a.merge.kernel"]
    np.testing.assert_allclose(actual[0], expected, rtol=1e-12)


def test_norm_by_hand():
    actual = parts.norm(np.array([1.0, 2.0, 6.0]), np.array([1.0, 2.0, 4.0]))
    root = math.sqrt(14 / 3 + 1e-5)
    np.testing.assert_allclose(actual, [-2 / root, -2 / root, 12 / root], 1e-15)


def test_gelu_is_the_error_function_not_its_approximation():
    actual = parts.gelu(np.array([-1.0, 0.0, 1.0, 3.0]))
    upper = 0.8413447460685429, 0.9986501019683699  # P(X <= 1), P(X <= 3)
    expected = [-(1 - upper[0]), 0, upper[0], 3 * upper[1]]
    np.testing.assert_allclose(actual, expected, rtol=1e-14)
    tanh = math.sqrt(2 / math.pi) * (1 + 0.044715)
    assert abs(actual[2] - (1 + math.tanh(tanh)) / 2) > 1e-4


def test_gelu_has_its_derivative():
    x, step = normal(9), 1e-30
    slope = parts.gelu(x + 1j * step).imag / step
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    below = (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2
    np.testing.assert_allclose(slope, below + x * density, rtol=1e-13)


@pytest.mark.parametrize("width", [6, 7])
def test_positions_are_sines_and_cosines_in_turn(width):
    """Vaswani 2017, section 3.5."""
    table = transformer.positions(11, width)
    for place in range(11):
        for feature in range(width):
            wave = (math.sin, math.cos)[feature % 2]
            angle = place / 10000 ** (2 * (feature // 2) / width)
            assert table[place, feature] == pytest.approx(
                wave(angle), abs=1e-14
            )


def test_a_unit_normalizes_before_and_skips_around_its_parts():
    spec = case("gpt").spec
    shapes = {k: s for k, s in spec.shapes().items() if k.startswith("units.0")}
    nothing = {name: np.zeros(shape) for name, shape in shapes.items()}
    x = normal(2, 5, spec.width)
    same, _ = transformer.unit(spec, nothing, "units.0", x, parts.causal(5), {})
    np.testing.assert_array_equal(same, x)
    params = {name: normal(*shape) for name, shape in shapes.items()}
    params["units.0.attention.merge.kernel"] *= 0
    once, _ = transformer.unit(spec, params, "units.0", x, parts.causal(5), {})
    y = parts.norm(x, params["units.0.norms.1.scale"])
    y = parts.gelu(y @ params["units.0.feed_forward.inner.kernel"])
    y = y @ params["units.0.feed_forward.outer.kernel"]
    np.testing.assert_allclose(once, x + y, rtol=1e-14)


def test_a_symbol_depends_on_no_later_one():
    point = case("gpt")
    (tokens,) = point.batch(0).inputs
    before = gpt.logits(point.spec, point.smooth, tokens)
    other = tokens.copy()
    other[:, 5:] = (other[:, 5:] + 1) % point.spec.vocab
    after = gpt.logits(point.spec, point.smooth, other)
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert (np.abs(before[:, 5:] - after[:, 5:]).max((0, 2)) > 1e-3).all()


def test_weights_of_gpt_are_means_over_the_past():
    point = case("gpt")
    (tokens,) = point.batch(0).inputs
    actual = gpt.weights(point.spec, point.smooth, tokens)
    time, spec = tokens.shape[1], point.spec
    assert actual.shape == (len(tokens), spec.layers, spec.heads, time, time)
    np.testing.assert_allclose(actual.sum(-1), 1, rtol=1e-13)
    assert (actual[..., ~np.tri(time, dtype=bool)] == 0).all()
    assert (actual[..., np.tri(time, dtype=bool)] > 0).all()


def test_maps_of_the_transformer_are_means_over_what_is_read():
    point = case("transformer")
    source, lengths, target = point.batch(0).inputs
    given = point.spec, point.smooth, source, lengths, target
    maps = transformer.maps(*given)
    sides = {"encoder": (9, 9), "decoder": (13, 13), "source": (13, 9)}
    for name, side in sides.items():
        assert maps[name].shape == (len(source), 2, 3, *side)
        np.testing.assert_allclose(maps[name].sum(-1), 1, rtol=1e-13)
    padding = np.arange(9) >= lengths[:, None]
    assert padding.any()
    for name in ("encoder", "source"):
        assert (np.moveaxis(maps[name], -1, 1)[padding] == 0).all()
        assert (np.moveaxis(maps[name], -1, 1)[~padding] > 0).all()
    assert (maps["decoder"][..., ~np.tri(13, dtype=bool)] == 0).all()
    np.testing.assert_array_equal(transformer.weights(*given), maps["source"])


def test_the_head_of_gpt_is_its_embedding_times_a_factor():
    point = case("gpt")
    (tokens,) = point.batch(0).inputs
    one = replace(point.spec, logit_scale=1.0)
    expected = 0.75 * gpt.logits(one, point.smooth, tokens)
    actual = gpt.logits(point.spec, point.smooth, tokens)
    np.testing.assert_allclose(actual, expected, rtol=1e-14)


def test_targets_are_the_inputs_shifted_and_end_with_the_end():
    batch = impls.spec("transformer")().example(15, seed=3)
    _, _, target = batch.inputs
    assert (target[:, 0] == START).all()
    np.testing.assert_array_equal(target[:, 1:], batch.targets[:, :-1])
    last = batch.weights.sum(1).astype(int) - 1
    assert (batch.targets[np.arange(15), last] == END).all()


def test_initial_values_of_gpt_are_those_of_nanogpt():
    spec = impls.spec("gpt")()
    for name, value in init.draw(spec, 0).items():
        if name.endswith("scale"):
            assert (value == 1).all()
            continue
        ends_a_part = name.endswith(("merge.kernel", "outer.kernel"))
        expected = 0.02 / math.sqrt(8) if ends_a_part else 0.02
        assert value.std() == pytest.approx(expected, rel=0.05), name
        assert np.abs(value).max() > 3 * expected  # normal, not uniform
    assert sum(math.prod(s) for s in spec.shapes().values()) == 804_096


def test_initial_values_of_gpt_follow_its_deviations():
    changed = {"kernel_deviation": 0.5, "residual_deviation": 0.25}
    spec = impls.spec("gpt")(**changed, embedding_deviation=2.0)
    drawn = init.draw(spec, 0)
    for name, expected in {
        "embedding.embedding": 2,
        "position.embedding": 2,
        "units.3.attention.qkv.kernel": 0.5,
        "units.3.attention.merge.kernel": 0.25,
        "units.3.feed_forward.inner.kernel": 0.5,
        "units.3.feed_forward.outer.kernel": 0.25,
    }.items():
        assert drawn[name].std() == pytest.approx(expected, rel=0.05), name


def test_embeddings_of_the_transformer_have_variance_one_times_the_root():
    spec = impls.spec("transformer")()
    drawn = init.draw(spec, 0)
    for name in ("source.embedding", "target.embedding"):
        scaled = drawn[name] * math.sqrt(spec.width)
        assert scaled.std() == pytest.approx(1, rel=0.01)


def test_operations_are_counted_by_hand():
    sizes = {"width": 6, "heads": 2, "inner": 7, "layers": 3}
    spec = impls.spec("gpt")(vocab=11, time=5, key_width=4, **sizes)
    per_symbol = 6 * 2 * (4 + 4 + 3) + 2 * 3 * 6 + 2 * 6 * 7
    looks = 5 * 5 * 2 * (4 + 3)  # scores and sums of two heads
    assert spec.flops() == 2 * (3 * (5 * per_symbol + looks) + 5 * 6 * 11)
    times = {"source_time": 3, "target_time": 5}
    spec = impls.spec("transformer")(
        source_vocab=13, target_vocab=11, **sizes, **times
    )
    own = 6 * 18 + 6 * 6 + 2 * 6 * 7
    encoder = 3 * own + 3 * 3 * 12
    decoder = 5 * own + 5 * 5 * 12
    source = 5 * 2 * 6 * 6 + 3 * 6 * 12 + 5 * 3 * 12
    assert spec.flops() == 2 * (3 * (encoder + decoder + source) + 5 * 6 * 11)


@pytest.mark.parametrize("model", MODELS)
def test_sizes_that_do_not_fit_are_refused(model):
    with pytest.raises(ValueError, match="width 9, heads 2: expected a multi"):
        impls.spec(model)(width=9, heads=2)
    with pytest.raises(ValueError, match="dropout 1"):
        impls.spec(model)(dropout=1)


def test_a_context_that_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match="time 1: expected a context of at"):
        impls.spec("gpt")(time=1)
