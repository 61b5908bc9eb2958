"""The chapter's claims, one per workload, as questions to its phases.

A workload that comes later adds its claim here: what the slide says, and
the numbers that would show it.
"""

import re

from reports.claims import recurrent
from reports.claims.claim import Claim, Question, Values, differences, ratios
from reports.claims.questions import less, of, told
from reports.results.rows import Row

FITTED = "fitted_accuracy"
NORMS = "gradient_norm_ratio"  # the first layer's over the last one's
RANKS, NORMED = "similarity_rank_correlation", ("", "_normed")
SPACING = {"float64": 2.0**-52, "float32": 2.0**-23, "bfloat16": 2.0**-7}
STEP = "training_step_milliseconds"


def _gap(row: Row, phase: str) -> Values:
    """How much better the network knows what it was trained on."""
    return differences(of(row, phase, FITTED), of(row, phase))


def _last(row: Row, word: str) -> str:
    """The last phase whose name begins so; the word where none does."""
    return ([one for one in row.phases if one.startswith(word)] or [word])[-1]


def _chance(row: Row, phase: str) -> float | None:
    """The accuracy of guessing, a margin above: what is no better is none."""
    classes, margin = row.setting(phase, "spec.classes"), row.margin
    if classes is None or margin is None:
        return None
    return 1 / int(classes) + margin


def dropout(row: Row) -> list[Question]:
    """Slide 4: units switched off while training, against over-fitting."""
    without, dropped = _gap(row, "without"), _gap(row, "dropout")
    narrower = differences(without, dropped)
    return [
        Question(
            "gap without dropout less the gap with it", "points", narrower
        ),
        Question(
            "test accuracy with dropout less without it",
            "points",
            less(row, "dropout", "without"),
            decides=False,
        ),
        told("gap, training less test accuracy, without", "points", without),
        told("gap, training less test accuracy, with", "points", dropped),
    ]


def vanishing(row: Row) -> list[Question]:
    """Slide 4: gradients vanish in many layers; ReLU eases that."""
    sigmoid, relu = of(row, "sigmoid", NORMS), of(row, "relu", NORMS)
    title = "gradient norm of the first layer over the last one's"
    return [
        Question(
            f"{title}, ReLU's over sigmoid's",
            "×",
            ratios(relu, sigmoid),
            bound=1.0,
        ),
        Question(f"{title}, sigmoid", "×", sigmoid, "below", 1.0),
        Question(
            "test accuracy with sigmoid",
            "%",
            of(row, "sigmoid"),
            "below",
            _chance(row, "sigmoid"),
        ),
        Question(
            "test accuracy with ReLU",
            "%",
            of(row, "relu"),
            "above",
            _chance(row, "relu"),
        ),
        told(f"{title}, ReLU", "×", relu),
    ]


def pretraining(row: Row) -> list[Question]:
    """Slide 4: autoencoders train a deep network's layers beforehand."""
    return [
        Question(
            "test accuracy, pre-trained less trained directly",
            "points",
            less(row, "pretrained", "directly"),
        ),
        told("test accuracy pre-trained", "%", of(row, "pretrained")),
        told("test accuracy trained directly", "%", of(row, "directly")),
    ]


def pooling(row: Row) -> list[Question]:
    """Slides 6 and 9: the maximum or the mean of a region."""
    return [
        Question(
            "test accuracy with average pooling less with maximum",
            "points",
            less(row, "average", "maximum"),
            "within",
            row.margin,
        ),
        told("test accuracy, average", "%", of(row, "average")),
        told("test accuracy, maximum", "%", of(row, "maximum")),
    ]


def skips(row: Row) -> list[Question]:
    """Slide 9: skips carry the error on as it is, so layers can be many."""
    plain, skipping = _last(row, "plain"), _last(row, "skips")
    target = row.config.get("workload.target")
    return [
        Question(
            "test accuracy with skips less without them",
            "points",
            less(row, skipping, plain),
        ),
        Question(
            "test accuracy with skips",
            "%",
            of(row, skipping),
            "above",
            None if target is None else float(target),
            decides=False,
            also=True,
        ),
        told("test accuracy without skips", "%", of(row, plain)),
    ]


def labels(row: Row) -> list[int]:
    """For how many labels per class there are phases, ascending."""
    found = (re.fullmatch(r"scratch_(\d+)", one) for one in row.phases)
    return sorted(int(one[1]) for one in found if one)


def transfer(row: Row) -> list[Question]:
    """Slide 12: features learnt from much data serve where labels are few."""
    stated = row.setting(row.main, "per_class")
    few = None if stated is None else int(stated)
    found = []
    for count in sorted(labels(row), key=lambda one: (one != few, one)):
        for way in ("frozen", "tuned"):
            values = less(row, f"{way}_{count}", f"scratch_{count}")
            title = f"test accuracy, {way} features less from scratch"
            title += f", {count} labels per class"
            found.append(
                Question(title, "points", values, decides=count == few)
            )
    title = "seconds of a training step, frozen over from scratch"
    saved = ratios(_timed(row, "frozen"), _timed(row, "scratch"))
    found.append(
        Question(title, "×", saved, "below", 1.0, decides=False, also=True)
    )
    return found


def likeness(row: Row) -> list[Question]:
    """Slide 8: the inner product tells how like a patch is to a filter.

    The identity leaves rounding only: some hundred times the precision's.
    Its conclusion is a rank correlation, over all patches and over patches
    of one length, where nothing else differs.
    """
    found: list[Question] = []
    spacing = SPACING.get(row.precision)
    bound = None if spacing is None else 100 * spacing
    for phase in row.phases:
        plain, normed = (of(row, phase, f"{RANKS}{end}") for end in NORMED)
        if not plain:
            continue
        title = f"rank correlation of likeness −‖x − w‖² and x·w, {phase}"
        found += [
            Question(title, "", plain),
            Question(
                f"{title}, of patches of one length",
                "",
                normed,
                also=not found,
            ),
            Question(
                f"error of the identity, {phase}",
                "",
                of(row, phase, "similarity_error"),
                "below",
                bound,
            ),
        ]
    return found


def _timed(row: Row, way: str) -> Values:
    """Milliseconds of a training step of the phase that was timed."""
    for phase in row.phases:
        if phase.startswith(way) and (found := of(row, phase, STEP)):
            return found
    return {}


CLAIMS = {
    one.workload: one
    for one in (
        Claim(
            "vanishing",
            "slide 4",
            "through many sigmoid layers the gradient vanishes, so that the"
            " network does not learn; ReLU eases that",
            vanishing,
        ),
        Claim(
            "pretraining",
            "slide 4",
            "layers trained beforehand as autoencoders let a deep network"
            " learn",
            pretraining,
        ),
        Claim(
            "mlp",
            "slide 4",
            "dropout, units switched off while training, keeps a network"
            " from over-fitting",
            dropout,
        ),
        Claim(
            "filters",
            "slide 8",
            "‖x − w‖² = ‖x‖² − 2 x·w + ‖w‖², so where a patch of an image is"
            " like a filter their inner product is large",
            likeness,
        ),
        Claim(
            "cnn_average",
            "slides 6 and 9",
            "a pooling layer takes the maximum or the mean of a region, and"
            " either serves",
            pooling,
        ),
        Claim(
            "resnet",
            "slide 9",
            "skip connections carry the error on as it is, so that a network"
            " of many layers can be trained",
            skips,
        ),
        Claim(
            "transfer",
            "slide 12",
            "features learnt from much data serve a task with few labels,"
            " frozen or trained on",
            transfer,
        ),
    )
} | recurrent.CLAIMS
