"""Attention taken apart, and maps of every head, by value."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

import impls
from benchmarks.passes import attention_maps, score_variance
from benchmarks.passes.attention_maps import Words
from impls import init
from impls.gpt import reference as gpt
from impls.transformer import reference as transformer

SIZES = {"vocab": 7, "time": 6, "width": 8, "heads": 2, "key_width": 3}


def drawn(model, **sizes):
    spec = impls.spec(model)(**sizes)
    params = init.draw(spec, 3)
    return spec, {name: np.float64(own) for name, own in params.items()}


@pytest.fixture(scope="module", params=[True, False])
def taken(request):
    """A GPT, and its last unit: weights of the reference, and parts."""
    given = {"layers": 2, "inner": 16, "kernel_deviation": 1.0}
    spec, params = drawn("gpt", **SIZES, **given, scaled=request.param)
    tokens = np.array([[1, 5, 2, 2]])
    return (
        spec,
        gpt.weights(spec, params, tokens)[0, -1],
        gpt.parts(spec, params, tokens),
    )


def test_parts_follow_from_one_another_as_on_the_slide(taken):
    spec, weights, parts = taken
    for head in range(2):
        q, k, v, scores, shares, total = (
            parts[name][0, head] for name in gpt.PARTS
        )
        assert q.shape == k.shape == (4, 3) and v.shape == (4, 4)
        divisor = math.sqrt(3) if spec.scaled else 1
        for i in range(4):
            row = [float(q[i] @ k[j]) / divisor for j in range(i + 1)]
            assert scores[i, : i + 1] == pytest.approx(row)
            assert np.isnan(scores[i, i + 1 :]).all()
            powers = [math.exp(score) for score in row]
            expected = [power / sum(powers) for power in powers]
            assert shares[i, : i + 1] == pytest.approx(expected)
            assert not shares[i, i + 1 :].any()
            assert total[i] == pytest.approx(shares[i] @ v)
        # Those of the whole network's last unit
        assert shares == pytest.approx(weights[head], abs=1e-12)


def test_the_variance_of_unscaled_scores_is_the_key_width():
    curve, metrics = score_variance.spread(5)
    widths = np.array(curve["step"])
    assert widths.tolist() == [4, 8, 16, 32, 64, 128, 256, 512]
    ones = np.ones(len(widths))
    assert curve["scaled_variance"] == pytest.approx(ones, abs=0.1)
    assert curve["unscaled_variance"] / widths == pytest.approx(ones, abs=0.1)
    assert curve["scaled_entropy"] == pytest.approx(2.36 * ones, abs=0.1)
    falls = np.diff(curve["unscaled_entropy"])
    assert (falls < 0).all() and curve["unscaled_entropy"][-1] < 0.2
    for name in ("scaled", "unscaled"):
        variance = metrics[f"{name}_scores_variance"]
        assert variance["value"] == curve[f"{name}_variance"][-1]
        entropy = metrics[f"{name}_weights_entropy"]
        assert entropy["value"] == curve[f"{name}_entropy"][-1]
    assert score_variance.spread(5)[0] == curve


WORDS = Words(["this", "is"], ["<start>", "水", "です"], ["水", "です", "."])
INPUTS = np.array([[4, 5, 0]]), np.array([2]), np.array([[1, 6, 5]])


def test_every_head_of_a_transformer_has_its_map():
    spec, params = drawn("transformer", source_vocab=8, target_vocab=9,
                         width=8, heads=2, inner=8, layers=3)  # fmt: skip
    given = transformer, spec, params, INPUTS, WORDS
    maps = list(attention_maps.maps(*given, True))
    assert len(maps) == 1 + 3 * 3 * 2
    every = transformer.maps(spec, params, *INPUTS)
    first = maps[0]
    assert first.of == "mean of the heads, layer 3 of 3"
    assert (first.down, first.across) == (WORDS.written, WORDS.source)
    mean = every["source"][0, 2, :, :, :2].mean(0)
    assert first.weights == pytest.approx(mean)
    by_name = {each.of: each for each in maps}
    for kind, down, across in (
        ("source", WORDS.written, WORDS.source),
        ("encoder", WORDS.source, WORDS.source),
        ("decoder", WORDS.written, WORDS.read),
    ):
        one = by_name[f"{kind}, layer 2, head 1"]
        assert (one.down, one.across) == (down, across)
        assert one.weights.shape == (len(down), len(across))
        assert one.weights.sum(1) == pytest.approx(np.ones(len(down)))
        own = every[kind][0, 1, 0, : len(down), : len(across)]
        assert np.array_equal(one.weights, own)
    assert [each.of for each in attention_maps.maps(*given, False)] == [
        first.of
    ]


def test_a_model_without_heads_has_one_map():
    weights = np.arange(9.0).reshape(1, 3, 3)
    reference = SimpleNamespace(weights=lambda *_: weights)
    (only,) = attention_maps.maps(reference, None, {}, INPUTS, WORDS, True)
    assert only.of == "" and only.across == ["this", "is"]
    assert np.array_equal(only.weights, weights[0, :, :2])
