"""Every claim: supported, not supported, inconclusive; its numbers."""

import pytest

from reports.blocks import Cell
from reports.claims import registry, sentence
from reports.claims.claim import Question, answer
from reports.results.titles import workload
from tests.reports.claims import test_recurrent, test_transformers
from tests.support import synthetic_rows

# Three seeds: around a middle, with a spread that decides or does not
NARROW, WIDE = (-0.001, 0.0, 0.001), (-0.3, 0.0, 0.3)
T = 4.30265 / 3**0.5  # half of a 95 % t interval over three, in deviations


def values(middle, spread=NARROW):
    return [middle + value for value in spread]


def fixed(middle):
    return [middle] * 3


def times(middle, spread=(0.9, 1.0, 1.1)):
    return [middle * value for value in spread]


# workload -> measurements by verdict of its claim
CASES = {
    "mlp": {
        "supported": {
            "without.fitted_accuracy": values(0.95),
            "without.test_accuracy": fixed(0.88),
            "dropout.fitted_accuracy": fixed(0.90),
            "dropout.test_accuracy": fixed(0.88),
        },
        "not supported": {"dropout.fitted_accuracy": fixed(0.99)},
        "inconclusive": {"without.fitted_accuracy": values(0.95, WIDE)},
    },
    "vanishing": {
        "supported": {
            "sigmoid.gradient_norm_ratio": times(1e-6),
            "relu.gradient_norm_ratio": times(0.5, (1.0, 1.1, 0.9)),
            "sigmoid.test_accuracy": fixed(0.1),
            "relu.test_accuracy": values(0.86),
        },
        "not supported": {"sigmoid.test_accuracy": fixed(0.85)},
        "inconclusive": {"relu.test_accuracy": values(0.2, WIDE)},
    },
    "pretraining": {
        "supported": {
            "directly.test_accuracy": fixed(0.1),
            "pretrained.test_accuracy": values(0.85),
        },
        "not supported": {"directly.test_accuracy": fixed(0.9)},
        "inconclusive": {"pretrained.test_accuracy": values(0.12, WIDE)},
    },
    "filters": {
        "supported": {
            "slide.similarity_rank_correlation": values(0.7),
            "slide.similarity_rank_correlation_normed": fixed(1.0),
            "slide.similarity_error": fixed(1e-6),
        },
        "not supported": {"slide.similarity_rank_correlation": values(-0.2)},
        "inconclusive": {
            "slide.similarity_rank_correlation": values(0.1, WIDE)
        },
    },
    "cnn_average": {
        "supported": {
            "maximum.test_accuracy": fixed(0.885),
            "average.test_accuracy": values(0.884),
        },
        "not supported": {"average.test_accuracy": values(0.80)},
        "inconclusive": {"average.test_accuracy": values(0.884, WIDE)},
    },
    "resnet": {
        "supported": {
            "plain.test_accuracy": fixed(0.99),
            "plain_slow.test_accuracy": fixed(0.90),
            "skips.test_accuracy": fixed(0.10),
            "skips_slow.test_accuracy": values(0.92),
        },
        "not supported": {"skips_slow.test_accuracy": values(0.89)},
        "inconclusive": {"skips_slow.test_accuracy": values(0.92, WIDE)},
    },
    "transfer": {
        "supported": {
            "scratch_5.test_accuracy": fixed(0.9),
            "scratch_20.test_accuracy": fixed(0.8),
            "frozen_5.test_accuracy": fixed(0.7),
            "frozen_20.test_accuracy": values(0.9),
            "tuned_5.test_accuracy": fixed(0.7),
            "tuned_20.test_accuracy": values(0.92),
        },
        "not supported": {"tuned_20.test_accuracy": values(0.7)},
        "inconclusive": {"frozen_20.test_accuracy": values(0.9, WIDE)},
    },
    "lstm": {
        "supported": {
            "rnn.test_accuracy": values(0.6),
            "lstm.test_accuracy": values(0.8),
        },
        "not supported": {"lstm.test_accuracy": values(0.5)},
        "inconclusive": {"lstm.test_accuracy": values(0.6, WIDE)},
    },
    "language": {
        "supported": {
            "k10.test_bits_per_token": values(2.0),
            "k10_rare.test_bits_per_token": values(2.4),
            "k100.test_bits_per_token": values(2.2),
        },
        "not supported": {"k100.test_bits_per_token": values(2.6)},
        "inconclusive": {"k100.test_bits_per_token": values(2.4, WIDE)},
    },
}
SETTINGS = {
    "transfer": {
        "workload.main": "frozen_20",
        "workload.phases.frozen_20.data.per_class": "20",
    },
    "resnet": {"workload.target_accuracy": "0.915"},
}


def made(name, kind, framework="torch", **changes):
    """A framework's row in which the claim of a workload comes out so."""
    numbers = CASES[name]["supported"] | CASES[name].get(kind, {}) | changes
    return synthetic_rows.row(numbers, framework, **SETTINGS.get(name, {}))


def find(name, *rows, synthetic=False):
    made_of = synthetic_rows.workload(name, *rows, synthetic=synthetic)
    result = registry.find(made_of)
    assert result is not None
    return result


@pytest.mark.parametrize("kind", ["supported", "not supported", "inconclusive"])
@pytest.mark.parametrize("name", CASES)
def test_every_claim_in_every_direction(name, kind):
    result = find(name, made(name, kind), made(name, kind, "jax"))
    assert result.kinds == [kind, kind] and result.kind == kind
    words = sentence.sentence(result)
    assert f": {kind} in PyTorch and JAX" in words
    assert f"({result.slides}): " in words and words.endswith(").")
    assert "synthetic" not in words


def one_seed(name, kind, framework="torch"):
    numbers = CASES[name]["supported"] | CASES[name][kind]
    numbers = {metric: seeds[1:2] for metric, seeds in numbers.items()}
    return synthetic_rows.row(numbers, framework, **SETTINGS.get(name, {}))


@pytest.mark.parametrize("kind", ["supported", "not supported"])
@pytest.mark.parametrize("name", CASES)
def test_one_seed_has_a_verdict_of_its_own_kind(name, kind):
    result = find(name, one_seed(name, kind), one_seed(name, kind, "jax"))
    assert result.kinds == [f"{kind} once"] * 2
    assert result.kind == f"{kind} once"
    assert sentence.verdict(result) == f"{kind} in this run (one seed)"
    words = sentence.sentence(result)
    assert f": {kind} in PyTorch and JAX in this run (one seed)" in words
    assert "[" not in words
    suite = workload(name).suite
    command = f"make bench SUITE={suite} ARGS=workload={name}"
    assert suite in ("vision", "recurrent")
    assert sentence.firmer(result) == command


def test_a_verdict_of_an_interval_and_one_of_one_seed_are_not_joined():
    firm = made("mlp", "supported")
    result = find("mlp", firm, one_seed("mlp", "supported", "jax"))
    assert result.kinds == ["supported", "supported once"]
    assert result.kind == "inconclusive"
    words = sentence.sentence(result)
    assert "supported in PyTorch; supported in JAX in this run" in words
    assert sentence.firmer(find("mlp", firm)) == ""


def test_frameworks_that_differ_in_one_seed():
    rows = [
        one_seed("mlp", "supported"),
        one_seed("mlp", "not supported", "jax"),
    ]
    result = find("mlp", *rows)
    assert result.kind == "mixed once"
    assert (
        sentence.verdict(result) == "frameworks differ in this run (one seed)"
    )


def test_one_seed_on_the_bound_is_inconclusive():
    one = answer(Question("q", "", {1: 0.5}, "above", 0.5))
    assert (one.kind, one.reason) == ("inconclusive", "the value is the bound")


def test_verdicts_are_counted_apart():
    kinds = ["supported once"] * 2 + ["supported", "not supported once"]
    assert sentence.counted(kinds) == (
        "1 supported, 2 supported in one seed, 1 not supported in one seed"
    )


def test_there_is_a_claim_for_every_case_and_none_for_others():
    elsewhere = {*test_recurrent.TESTED, *test_transformers.TESTED}
    assert set(CASES) == set(registry.claims()) - elsewhere
    row = made("mlp", "supported")
    assert registry.find(synthetic_rows.workload("cnn", row)) is None
    assert registry.find(synthetic_rows.workload("mlp")) is None


def test_the_numbers_are_paired_and_exact():
    result = find("resnet", made("resnet", "supported"))
    lead = result.answers[0][0].interval
    assert lead.mean == pytest.approx(0.02) and lead.count == 3
    assert lead.low == pytest.approx(0.02 - 0.001 * T, abs=1e-7)
    words = sentence.sentence(result)
    assert "+2.00 points [1.75, 2.25] in PyTorch" in words
    assert "mean over 3 seeds, 95 % t interval, paired by seed" in words


def test_seeds_that_only_one_phase_has_are_left_out():
    shifted = made("pretraining", "supported")
    shifted.cells.loc[0, "directly.test_accuracy_fraction"] = float("nan")
    lead = find("pretraining", shifted).answers[0][0]
    assert lead.interval.count == 2
    assert lead.interval.mean == pytest.approx(0.7505)


def test_ratios_have_a_geometric_mean():
    result = find("vanishing", made("vanishing", "supported"))
    lead = result.answers[0][0]
    expected = 5e5 * (1 / 0.9 * 1.1 / 1.0 * 0.9 / 1.1) ** (1 / 3)
    assert lead.interval.mean == pytest.approx(expected)
    assert lead.interval.low < lead.interval.mean < lead.interval.high
    words = sentence.sentence(result)
    assert "500,000× [" in words and "geometric mean over 3 seeds" in words


def test_a_gradient_of_0_is_inconclusive():
    nothing = {"sigmoid.gradient_norm_ratio": [0.0, 1e-9, 1e-9]}
    result = find("vanishing", made("vanishing", "supported", **nothing))
    assert result.kind == "inconclusive"
    assert "it is 0" in sentence.sentence(result)


def test_chance_comes_from_the_classes_and_the_margin():
    result = find("vanishing", made("vanishing", "supported"))
    bounds = {a.question.title: a.question.bound for a in result.answers[0]}
    assert bounds["test accuracy with sigmoid"] == pytest.approx(0.11)
    row = made("vanishing", "supported")
    del row.config["workload.spec.classes"]
    assert find("vanishing", row).kind == "inconclusive"


def test_dropout_narrows_the_gap_and_reports_test_accuracy():
    result = find("mlp", made("mlp", "supported"))
    answers = {own.question.title: own for own in result.answers[0]}
    narrower = answers["gap without dropout less the gap with it"].interval
    assert narrower.mean == pytest.approx(0.07 - 0.02)
    better = answers["test accuracy with dropout less without it"]
    assert better.interval.mean == pytest.approx(0)
    assert not better.question.decides and better.kind == "inconclusive"


def test_only_the_last_phase_of_each_kind_is_compared():
    result = find("resnet", made("resnet", "supported"))
    reached = result.answers[0][1]
    assert reached.question.bound == 0.915 and reached.kind == "supported"
    assert reached.interval.mean == pytest.approx(0.92)
    row = made("resnet", "supported")
    del row.config["workload.target_accuracy"]
    reached = find("resnet", row).answers[0][1]
    assert (
        reached.kind == "inconclusive" and reached.reason == "there is no bound"
    )


def test_the_identity_is_held_against_the_precision():
    result = find("filters", made("filters", "supported"))
    error = result.answers[0][-1]
    assert error.question.bound == pytest.approx(100 * 2.0**-23)
    assert error.kind == "supported" and error.question.decides
    spoilt = {"slide.similarity_error": fixed(1e-4)}
    result = find("filters", made("filters", "supported", **spoilt))
    assert result.kind == "not supported"
    assert "(error of the identity, slide)" in sentence.sentence(result)


def test_transfer_is_decided_at_the_main_phases_labels():
    steps = {
        "scratch_20.training_step_milliseconds": times(10.0),
        "frozen_20.training_step_milliseconds": times(5.0),
    }
    result = find("transfer", made("transfer", "supported", **steps))
    deciding = [a for a in result.answers[0] if a.question.decides]
    assert [a.question.title for a in deciding] == [
        "test accuracy, frozen features less from scratch, 20 labels per class",
        "test accuracy, tuned features less from scratch, 20 labels per class",
    ]
    others = [a for a in result.answers[0] if "5 labels" in a.question.title]
    assert [a.interval.mean for a in others] == [pytest.approx(-0.2)] * 2
    saved = result.answers[0][-1]
    assert (
        saved.interval.mean == pytest.approx(0.5) and saved.kind == "supported"
    )


def test_a_phase_that_was_not_measured_has_a_reason():
    result = find("transfer", made("transfer", "supported"))
    saved = result.answers[0][-1]
    assert saved.interval is None and saved.reason == "not measured"
    cells = sentence.table(result).lines[-1].cells
    assert cells == [Cell("< 1.00"), Cell("–", tip="not measured")]


def test_synthetic_data_is_said():
    result = find("mlp", made("mlp", "supported"), synthetic=True)
    words = sentence.sentence(result)
    assert words.endswith("on synthetic data (synthetic_fashion_mnist).")


def test_equivalence_has_an_interval_of_its_own():
    result = find("cnn_average", made("cnn_average", "supported"))
    lead = result.answers[0][0]
    assert lead.interval.level == 0.90 and lead.question.bound == 0.01
    assert "90 % t interval" in sentence.sentence(result)
    line = sentence.table(result).lines[0]
    assert line.cells[0].text == "±1.00" and line.strong


@pytest.mark.parametrize(
    "side, bound, kind",
    [
        ("above", 0.4, "supported"),
        ("above", 0.6, "not supported"),
        ("above", 0.5, "inconclusive"),
        ("below", 0.6, "supported"),
        ("below", 0.4, "not supported"),
        ("below", 0.5, "inconclusive"),
        ("above", None, "inconclusive"),
    ],
)
def test_an_interval_lies_on_a_side_or_across(side, bound, kind):
    three = dict(enumerate(values(0.5)))
    assert answer(Question("q", "", three, side, bound)).kind == kind
