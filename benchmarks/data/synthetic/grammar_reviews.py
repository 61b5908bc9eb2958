"""Reviews from a phrase grammar with sentiment: stand in for IMDB.

How a review comes about. It is for or against its film, as often one as the
other, and each of its 5 to 14 sentences keeps to that with probability
LOYALTY, else it says the contrary. A sentence states it plainly ("the acting
was utterly superb"), by negation ("the plot was hardly dull"), by contrast,
where one half is taken back by the other ("although the music was dreary, the
script was witty"), or states nothing: who plays whom, where it was seen.
Adjectives are common English ones and invented ones that belong to one side,
the later in its list the rarer, so that much is to be learnt from few
occurrences; people, places and titles are invented and long-tailed,
so that many words lie outside the 10,000 kept.

What makes it hard: sentences disagree, negation and contrast turn words
round, and only the last 50 words are seen. After two epochs the network of
slide 22 gets about 0.85 of the test reviews right, that of slide 23 0.90, a
sum over words 0.84.

Only `random()` is asked for numbers, whose stream Python guarantees: a seed
means the same reviews on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.data.dataset import Arrays, Synthetic
from benchmarks.data.sets import text

SIZE = 25_000  # reviews in each split
LOYALTY = 0.8

_ASPECTS = text.words(
    "acting plot script music dialogue pacing cast ending photography story "
    "editing humour score lighting romance scenery direction soundtrack "
    "opening villain heroine costume finale premise"
)
_GOOD = text.words(
    "good great superb witty moving fresh lovely brilliant charming gripping "
    "clever tender elegant honest funny warm vivid thrilling perfect subtle "
    "touching stunning delightful memorable fine"
)
_BAD = text.words(
    "bad awful dull dreary stale clumsy terrible boring tedious silly cheap "
    "wooden shallow noisy lazy bland painful sloppy dismal pointless crude "
    "tired dreadful forgettable poor"
)
_DEGREES = text.words(
    "very really utterly quite so rather truly simply somewhat terribly "
    "awfully pretty"
)
_NEGATIONS = (
    "not",
    "never",
    "hardly",
    "anything but",
    "far from",
    "by no means",
    "in no way",
    "not at all",
)
_ROLES = text.words(
    "detective teacher pirate widow soldier doctor dancer thief farmer priest "
    "singer lawyer clown king nurse pilot student ghost butler poet"
)

_ONSETS = text.words("b c d f g h k l m n p r s t v w z br st tr")

_PLAIN = (
    "the {aspect} was {degree} {word}",
    "what {word} {aspect} this is",
    "i found the {aspect} {degree} {word}",
    "{person} gives us {word} {aspect}",
    "it has {degree} {word} {aspect}",
    "{degree} {word} {aspect} all through",
    "the {aspect} by {person} is {word}",
    "{word} {aspect} and {word2} {aspect2}",
)
_NEGATED = (
    "the {aspect} was {negation} {against}",
    "the {aspect} is {negation} {degree} {against}",
    "{person} was {negation} {against} in it",
    "i would call the {aspect} {negation} {against}",
)
_CONTRASTED = (
    "although the {aspect} was {against}, the {aspect2} was {word}",
    "the {aspect} was {degree} {against} but the {aspect2} was {word}",
    "despite {against} {aspect} the film is {word}",
    "the {aspect} is {word} even if the {aspect2} is {against}",
    "critics called it {against}; it is {word}",
)
_NEUTRAL = (
    "{person} plays a {role} from {place}",
    "i saw it in {place}",
    "{person} and {person2} meet a {role} in {place}",
    "it is set in {place} where a {role} looks for {person}",
    "{title} was made by {person} of {place}",
    "the {role} of {title} goes to {place} with the {aspect}",
    "my friend {person} lent me {title}",
)
# Up to which part of all sentences are of a kind
_SENTENCES = (
    (0.55, _PLAIN),
    (0.62, _NEGATED),
    (0.7, _CONTRASTED),
    (1.0, _NEUTRAL),
)


@dataclass(frozen=True)
class Lexicon:
    """The words of a seed; rarer ones stand later."""

    words: tuple[Sequence[str], Sequence[str]]  # against, for
    people: Sequence[str]
    places: Sequence[str]
    titles: Sequence[str]


def generate(seed: int, size: int = SIZE) -> Arrays:
    """Inputs (review, 50) int32 word numbers, targets (review,) int32."""
    random = Random(seed)
    lexicon = _lexicon(random)
    train, test = (
        [
            (review(random, lexicon, label), label)
            for label in (0, 1)
            for _ in range(size // 2)
        ]
        for _ in range(2)
    )
    return text.arrays(train, test)


def review(random: Random, lexicon: Lexicon, label: int) -> str:
    """One review; label: 1 for, 0 against."""
    sentences = []
    for _ in range(5 + int(10 * random.random())):
        loyal = random.random() < LOYALTY
        sentences.append(
            _sentence(random, lexicon, label if loyal else 1 - label)
        )
        if random.random() < 0.1:
            sentences.append("<br /><br />")
    return " ".join(sentences)


def _sentence(random: Random, lexicon: Lexicon, side: int) -> str:
    chance = random.random()
    patterns = next(some for upto, some in _SENTENCES if chance < upto)
    said = _pick(random, patterns).format(
        aspect=_pick(random, _ASPECTS),
        aspect2=_pick(random, _ASPECTS),
        degree=_pick(random, _DEGREES),
        negation=_pick(random, _NEGATIONS),
        role=_pick(random, _ROLES),
        word=_rare(random, lexicon.words[side]),
        word2=_rare(random, lexicon.words[side]),
        against=_rare(random, lexicon.words[1 - side]),
        person=_rare(random, lexicon.people),
        person2=_rare(random, lexicon.people),
        place=_rare(random, lexicon.places),
        title=_rare(random, lexicon.titles),
    )
    return said[0].upper() + said[1:] + _pick(random, (".", ".", "!", ","))


def _lexicon(random: Random) -> Lexicon:
    frames = [frame for _, some in _SENTENCES for frame in some]
    taken = set(_GOOD + _BAD + _ASPECTS + _ROLES)
    taken.update(text.words(" ".join([*frames, *_DEGREES, *_NEGATIONS])))

    def invented(count: int, ending: str) -> list[str]:
        words: list[str] = []
        while len(words) < count:
            parts = 2 + int(2 * random.random())
            word = "".join(_syllable(random) for _ in range(parts)) + ending
            if word not in taken:
                taken.add(word)
                words.append(word)
        return words

    return Lexicon(
        words=(_BAD + invented(100, ""), _GOOD + invented(100, "")),
        people=invented(12_000, ""),
        places=invented(6_000, "ia"),
        titles=invented(6_000, "ax"),
    )


def _syllable(random: Random) -> str:
    return (
        _pick(random, _ONSETS)
        + _pick(random, "aeiou")
        + _pick(random, ("", "", "n", "r", "l"))
    )


def _pick(random: Random, choices: Sequence[str]) -> str:
    return choices[int(random.random() * len(choices))]


def _rare(random: Random, choices: Sequence[str]) -> str:
    """Early ones often, late ones seldom."""
    chance = random.random()
    return choices[int(chance * chance * chance * len(choices))]


SET = Synthetic("grammar_reviews", version=1, seed=20_260, generate=generate)
