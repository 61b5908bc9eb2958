"""Claims of few-shot learning, GPT and the Transformer: what decides."""

from dataclasses import replace

import pandas as pd
import pytest

from benchmarks.data.sets import lookup
from reports.claims import few_shot, registry, sentence, transformer
from reports.figures import sequences
from reports.results.curves import COLUMNS
from reports.results.format import TRAINING
from reports.results.frame import Bench
from tests.support import synthetic_rows
from tests.support.synthetic_rows import row, workload

TESTED = ("few_shot", "gpt", "self_attention", "transformer")
GPT = {
    "gpt.test_loss": [1.884, 1.885, 1.886],
    "gpt.bigram_loss": [2.48, 2.48, 2.48],
    "gpt.test_bits_per_token": [2.71, 2.72, 2.73],
    "lstm.test_bits_per_token": [2.5, 2.51, 2.52],
}
TRANSFORMER = {
    "test_bleu": [29.0, 30.0, 31.0],
    "training_seconds": [500.0, 510.0, 505.0],
}


def lookups(shift=0.0, control=0.125):
    """Accuracies of three seeds: the ideal ones, all of them shifted."""
    numbers = {}
    for shown, seed in (
        (shown, [-0.002, 0.0, 0.002]) for shown in range(lookup.PAIRS)
    ):
        ideal = lookup.ideal(shown) + shift
        numbers[f"test_accuracy_shown_{shown}"] = [ideal + x for x in seed]
        numbers[f"control_accuracy_shown_{shown}"] = [control + x for x in seed]
    return numbers


def find(name, numbers, *beside, synthetic=False):
    made = replace(row(numbers), synthetic=synthetic)
    made = workload(name, made, synthetic=synthetic)
    result = registry.find(replace(made, every=[made, *beside]))
    assert result is not None
    return result


def kinds(result):
    return [
        answer.kind for answer in result.answers[0] if answer.question.decides
    ]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({}, ["supported"] * 5),
        ({"shift": 0.02}, ["supported"] * 5),
        # 0.88 at 8 examples is missed: the ideal learner has 0.9195
        (
            {"shift": -0.05},
            ["not supported", "not supported", "supported"]
            + ["not supported", "supported"],
        ),
        ({"control": 0.25}, ["supported"] * 4 + ["not supported"]),
    ],
)
def test_few_shot_hangs_on_the_bars_the_ideal_and_the_control(
    numbers, expected
):
    assert kinds(find("few_shot", lookups(**numbers))) == expected


def test_the_distance_is_the_largest_over_all_counts():
    numbers = lookups()
    numbers["test_accuracy_shown_5"] = [lookup.ideal(5) - 0.04] * 3
    result = find("few_shot", numbers)
    (title,) = (t for t in result.by_question if "ideal learner's" in t)
    (answer,) = result.by_question[title]
    assert answer.interval.mean == pytest.approx(0.04)
    assert answer.kind == "not supported"


def test_the_claim_is_of_look_up_and_not_of_generalization():
    words = sentence.sentence(find("few_shot", lookups()))
    assert "look-up in context" in words
    assert "does not generalize to unseen inputs" in words


def test_examples_are_drawn_beside_the_ideal_learner_and_the_control():
    points = [
        ("r0", f"{curve}/accuracy", shown, value)
        for curve, value in (("groups", 0.5), ("control", 0.1))
        for shown in range(3)
    ]
    curves = pd.DataFrame(points, columns=COLUMNS)
    bench = Bench({}, pd.DataFrame(), curves, {}, {})
    given = row({}), lookup.ideal, few_shot.CHANCE
    figure = sequences.shown_examples(bench, *given)
    drawn = {trace["name"]: trace for trace in figure["data"]}
    assert drawn["unseen tasks"]["y"] == [50] * 3
    assert drawn["ideal learner"]["y"] == [12.5, 35.714, 52.679]
    assert drawn["labels shuffled"]["y"] == [10] * 3
    assert drawn["chance"]["y"] == [12.5] * 3
    dashes = [trace["line"]["dash"] for trace in figure["data"]]
    assert dashes == ["solid", "dot"] * 2
    assert sequences.shown_examples(bench, row({}, "jax"), *given[1:])


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ([1.884, 1.885, 1.886], ["supported", "supported"]),
        ([1.92, 1.925, 1.93], ["supported", "not supported"]),
        ([2.47, 2.48, 2.49], ["inconclusive", "not supported"]),
    ],
)
def test_gpt_is_held_against_pairs_and_the_published_loss(loss, expected):
    result = find("gpt", GPT | {"gpt.test_loss": loss})
    assert [answer.kind for answer in result.answers[0][:2]] == expected
    assert result.kind == expected[0]
    title = "bits per character, GPT less LSTM of `language`, equal text"
    (beside,) = result.by_question[title]
    assert beside.interval.mean == pytest.approx(0.21)


def test_a_synthetic_text_has_no_published_loss():
    answers = find("gpt", GPT, synthetic=True).answers[0]
    assert answers[0].kind == "supported"
    assert answers[1].reason == "synthetic data: there is no bound"


def others(plain=(18.0, 19.0, 20.0)):
    slower = {"test_bleu": [31.0, 31.5, 32.0]}
    slower["training_seconds"] = [300.0, 310.0, 305.0]
    return (
        workload("translation", row({"test_bleu": list(plain)})),
        workload("translation_attention", row(slower)),
    )


@pytest.mark.parametrize(
    ("plain", "kind"),
    [
        ((18.0, 19.0, 20.0), "supported"),
        ((39.0, 40.0, 41.0), "not supported"),
    ],
)
def test_the_transformer_is_paired_with_both_recurrent_networks(plain, kind):
    result = find("transformer", TRANSFORMER, *others(plain))
    assert result.kind == kind
    numbers = [answer.interval.mean for answer in result.answers[0][:4]]
    expected = [30 - plain[1], 30, -1.5, 505 / 305]
    assert numbers == pytest.approx(expected, rel=0.01)
    assert result.answers[0][1].kind == "supported"  # 27 BLEU


def test_without_the_others_nothing_is_compared():
    result = find("transformer", TRANSFORMER)
    assert result.kind == "inconclusive"
    assert result.answers[0][0].reason == (
        "workload `translation` was not run beside it"
    )
    firmer = replace(result, answers=[])
    assert firmer.claim.beside == ("translation", "translation_attention")


def test_the_points_of_all_networks_lie_over_seconds():
    result = find("transformer", TRANSFORMER, *others())
    figure = transformer._seconds(None, result)
    names = [trace["name"] for trace in figure["data"]]
    # The plain network of this bench has no seconds, and no point
    assert names == ["PyTorch", "PyTorch, recurrent attention"]
    assert figure["data"][0]["x"] == [500, 510, 505]
    assert figure["data"][0]["y"] == [29, 30, 31]


def test_one_seed_names_the_command_of_all_three_workloads():
    made = {name: [values[0]] for name, values in TRANSFORMER.items()}
    beside = [
        workload(other.name, synthetic_rows.row({"test_bleu": [20.0]}))
        for other in others()
    ]
    result = find("transformer", made, *beside)
    names = "translation,translation_attention,transformer"
    assert sentence.firmer(result).endswith(f"ARGS=workload={names}")


SCALED = {
    "scaled_16.test_accuracy": [0.8, 0.8, 0.8],
    "unscaled_16.test_accuracy": [0.8, 0.79, 0.8],
    "scaled_64.test_accuracy": [0.8, 0.79, 0.8],
    "unscaled_64.test_accuracy": [0.3, 0.31, 0.32],
    "scaled_weights_entropy": [2.3, 2.31, 2.3],
    "unscaled_weights_entropy": [0.1, 0.11, 0.12],
}


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ({}, "supported"),
        ({"unscaled_16.test_accuracy": [0.9, 0.9, 0.91]}, "supported"),
        ({"unscaled_64.test_accuracy": [0.8, 0.81, 0.8]}, "inconclusive"),
        ({"unscaled_64.test_accuracy": [0.9, 0.91, 0.9]}, "not supported"),
        ({"unscaled_weights_entropy": [2.5, 2.51, 2.5]}, "not supported"),
    ],
)
def test_self_attention_hangs_on_the_widest_keys_and_the_entropy(numbers, kind):
    result = find("self_attention", SCALED | numbers)
    assert result.kind == kind
    title = result.answers[0][0].question.title
    assert title == "test accuracy, scores divided by √d_k less not, d_k 64"


def test_scores_are_drawn_over_key_widths():
    points = [
        ("r0", f"key_width/{name}_variance", width, factor * width)
        for name, factor in (("scaled", 1), ("unscaled", 2))
        for width in (4, 8)
    ]
    bench = Bench({}, pd.DataFrame(), pd.DataFrame(points, columns=COLUMNS),
                  {}, {})  # fmt: skip
    figure = sequences.by_key_width(bench, row({}), "variance", "v", type="log")
    scaled, unscaled = figure["data"]
    assert (scaled["name"], scaled["x"]) == ("divided by √d_k", [4, 8])
    assert unscaled["y"] == [8, 16]
    axes = figure["layout"]
    assert axes["xaxis"]["type"] == axes["yaxis"]["type"] == "log"
    assert axes["xaxis"]["ticktext"] == ["4", "8"]
    none = Bench({}, pd.DataFrame(), pd.DataFrame(columns=COLUMNS), {}, {})
    assert sequences.by_key_width(none, row({}), "entropy", "e") is None


@pytest.mark.parametrize(
    ("config", "unit"),
    [
        ({}, "examples/s"),
        ({"workload.bptt_steps": "35"}, "symbols/s"),
        ({"workload.crop_steps": "64"}, "crops/s"),
    ],
)
def test_throughput_of_a_text_is_in_symbols_or_in_crops(config, unit):
    made = workload("gpt", row({}, **config))
    assert made.in_unit(TRAINING).unit == unit
