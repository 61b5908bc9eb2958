"""What slides 14 to 25 claim of networks that read sequences."""

import re

from benchmarks.data.sets.text import LENGTH
from reports.claims.claim import Claim, Question, Side, differences, ratios
from reports.claims.questions import TEST, less, of, told
from reports.results.rows import Row

LONGEST, BITS = "test_accuracy_words_401_up", "test_bits_per_token"
GROUP, FAR = f"{TEST}_distance_", "gradient_far_over_near"
FREQUENT = 0.862  # each word's most frequent tag, of the same test split
TAGGED, REMEMBERED = 0.92, 0.95  # test accuracies that are asked for
BLEU, CHRF, ASKED_BLEU = "test_bleu", "test_chrf", 27.0
SPEED = "decoding_tokens_per_second"
PLAIN = "translation"
NO_BOUND = "synthetic data: there is no bound"


def keeping(row: Row) -> list[Question]:
    """Slides 17 to 19: an LSTM keeps what a simple network loses.

    All read as many words of a review, the last ones, however long it is.
    """
    title = "test accuracy, LSTM less RNN"
    longest = less(row, "lstm", "rnn", LONGEST)
    return [
        Question(title, "points", less(row, "lstm", "rnn")),
        Question(f"{title}, longest reviews", "points", longest, decides=False),
        told(
            "test accuracy, BiLSTM less LSTM",
            "points",
            less(row, "bilstm", "lstm"),
        ),
    ]


def language(row: Row) -> list[Question]:
    """Slide 15: gradients that go further back predict better.

    All have read as much text. The longer the way back, the fewer the
    updates: `k10_rare` goes 10 steps back and updates as rarely as `k100`,
    so that these two differ in the way back alone.
    """
    title = "bits per character"
    far = f"{title}, 100 steps back less 10"
    rare, often = (less(row, "k100", k, BITS) for k in ("k10_rare", "k10"))
    found = [
        Question(
            f"{far}, {updates} updates",
            "",
            values,
            "below",
            difference=True,
            decides=decides,
        )
        for updates, values, decides in (
            ("as many", rare, True),
            ("a tenth of the", often, False),
        )
    ]
    for phase in row.phases:
        if matched := re.fullmatch(r"k(\d+)(_rare)?", phase):
            steps, seldom = matched.groups()
            name = f"{title}, {steps} steps back"
            name += ", updated as rarely as 100" * bool(seldom)
            found.append(told(name, "", of(row, phase, BITS)))
    return found


def remembering(row: Row) -> list[Question]:
    """Slides 16 and 19: what is far back is lost to a simple network."""
    title = "gradient by the first input over the last one's"
    group = _farthest(row)
    end = group.removeprefix(GROUP).replace("_", " to ") if group else "most"
    where = f"test accuracy, {end} steps back"
    lstm, rnn = (of(row, one, FAR) for one in ("lstm", "rnn"))
    # Nothing is left of some seed's: the others' ratio would be too small
    zeros = sum(value == 0 for value in rnn.values())
    reason = f"the RNN's is 0 with {zeros} of {len(rnn)} seeds" * bool(zeros)
    own = {} if zeros else ratios(lstm, rnn)
    found = [
        Question(
            f"{title}, LSTM's over RNN's", "×", own, bound=1, reason=reason
        )
    ]
    sides: dict[str, Side] = {"lstm": "above", "rnn": "below"}
    for phase, side in sides.items():
        values = of(row, phase, group) if group else {}
        name = f"{where}, {phase.upper()}"
        found.append(Question(name, "%", values, side, REMEMBERED, also=True))
    if group:
        name = f"{where}, LSTM less RNN"
        found.append(told(name, "points", less(row, "lstm", "rnn", group)))
    names = (("LSTM", lstm), ("RNN", rnn))
    return found + [told(f"{title}, {one}", "×", own) for one, own in names]


def tagging(row: Row) -> list[Question]:
    """Slide 14: a label for every input, from all that stands around it."""
    values = of(row, "")
    none = NO_BOUND if row.synthetic else ""
    bounds = (None, None) if row.synthetic else (FREQUENT, TAGGED)
    title = "test accuracy"
    return [
        Question(
            f"{title} (each word's most frequent tag: {100 * FREQUENT:.1f} %)",
            "%",
            values,
            bound=bounds[0],
            reason=none,
        ),
        Question(
            f"{title} (asked for: {100 * TAGGED:.0f} %)",
            "%",
            values,
            bound=bounds[1],
            decides=False,
            reason=none,
        ),
        told(
            f"{title}, words that are not in the training split",
            "%",
            of(row, "", f"{TEST}_unseen"),
            also=True,
        ),
    ]


def translating(row: Row) -> list[Question]:
    """Slide 24: one network reads, another writes."""
    return [
        told("translations' words", "BLEU", of(row, "", BLEU)),
        told("translations' characters", "chrF", of(row, "", CHRF), also=True),
    ]


def attending(row: Row, plain: Row | None) -> list[Question]:
    """Slide 25: attention over all that was read, against its last state."""
    own = of(row, "", BLEU)
    theirs = of(plain, "", BLEU) if plain else {}
    return [
        Question(
            "translations with attention less without",
            "BLEU",
            differences(own, theirs),
            difference=True,
            reason=_alone(row, plain),
        ),
        Question(
            "translations with attention",
            "BLEU",
            own,
            bound=None if row.synthetic else ASKED_BLEU,
            decides=False,
            also=True,
            reason=NO_BOUND if row.synthetic else "",
        ),
        told("translations without attention", "BLEU", theirs),
        told("their characters, with attention", "chrF", of(row, "", CHRF)),
        told("decoding", "tokens/s", of(row, "", SPEED), also=True),
    ]


def _alone(row: Row, plain: Row | None) -> str:
    """Why there is no pair of trainings, should there be none."""
    if plain is None:
        return f"workload `{PLAIN}` was not run beside it"
    if not set(row.by_seed("seed")) & set(plain.by_seed("seed")):
        return f"no seed that workload `{PLAIN}` finished, too"
    return "BLEU was not measured of both"


def _farthest(row: Row) -> str:
    """The metric of the test examples that are farthest; `` without any."""
    names = {
        name.split(".", 1)[1]
        for one in (row.details[record] for record in row.cells["record"])
        for name in [*one["units"], *one["missing"], *map(str, row.cells)]
        if re.fullmatch(rf"\w+\.{GROUP}\d+_\d+", name)
    }
    return max(names, key=lambda one: int(one.split("_")[-2]), default="")


CLAIMS = {
    one.workload: one
    for one in (
        Claim(
            "lstm",
            "slides 17 to 19",
            f"an LSTM keeps more of a review's last {LENGTH} words than a"
            " simple recurrent network",
            keeping,
        ),
        Claim(
            "language",
            "slide 15",
            "a language model whose gradient goes further back predicts better",
            language,
        ),
        Claim(
            "memory",
            "slides 16 and 19",
            "the gradient by what was read long ago vanishes in a simple"
            " recurrent network, and an LSTM keeps it",
            remembering,
        ),
        Claim(
            "tagging",
            "slide 14",
            "a recurrent network gives every word its label from what stands"
            " around it",
            tagging,
        ),
        Claim(
            "translation",
            "slide 24",
            "an encoder and a decoder translate a sentence",
            translating,
        ),
        Claim(
            "translation_attention",
            "slide 25",
            "attention over all states of the encoder translates better",
            attending,
            PLAIN,
        ),
    )
}
