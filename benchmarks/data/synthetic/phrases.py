"""One phrase grammar: English, its parts of speech, sentiment, Japanese.

One derivation yields all four, so that a task on one of them has the same
content as a task on another. Japanese is simple and polite, the verb last,
its particles and endings words of their own as KyTea cuts them. Adjectives
carry the sentiment, negation turns it round, and of a contrast the second
half counts. Names of people are invented and long-tailed: syllables that
both scripts can write.

Only `random()` is asked for numbers, whose stream Python guarantees: a seed
means the same phrases on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple, TypeVar

from benchmarks.data.synthetic import phrase_words as known
from benchmarks.data.synthetic.phrase_words import Part

Words = tuple[str, ...]
T = TypeVar("T")


class Phrase(NamedTuple):
    """A sentence in both languages."""

    english: Words  # names with a capital
    tags: Words  # universal parts of speech, one for each English word
    sentiment: int  # 1 for, -1 against, 0 neither
    japanese: Words


WATER = Phrase(
    ("this", "is", "water", "."),
    ("PRON", "AUX", "NOUN", "PUNCT"),
    0,
    ("これ", "は", "水", "で", "す", "。"),
)


NOTHING = Part("", "", "")


@dataclass(frozen=True)
class Grammar:
    """What a random stream derives; the people it may speak of."""

    random: Random
    people: Sequence[Part]

    def phrase(self) -> Phrase:
        """One sentence, with its end sign."""
        chance = self.random.random()
        kinds = (
            (0.12, self._is),
            (0.34, self._judged),
            (0.44, self._contrast),
            (0.72, self._does),
            (0.80, self._asks),
            (0.88, self._where),
            (0.96, self._likes),
            (1.00, self._orders),
        )
        return next(kind for upto, kind in kinds if chance < upto)()

    def _is(self) -> Phrase:
        """This is a book: これ は 本 で す."""
        this, noun = self._pick(known.THESE), self._pick(known.NOUNS)
        article = noun.article
        if self._often(0.3):
            end = Part("is not", "AUX PART", "で は あ り ま せ ん")
        else:
            end = Part("is", "AUX", "で す")
        return _sentence(
            f"{this.english} {end.english} {article} {noun.english} .",
            f"{this.tags} {end.tags} {'DET' * bool(article)} NOUN PUNCT",
            f"{this.japanese} は {noun.japanese} {end.japanese} 。",
        )

    def _judged(self) -> Phrase:
        """The book was very good: その 本 は とても 良 か っ た で す."""
        return _closed(*self._judgement())

    def _contrast(self) -> Phrase:
        """One thing, but the other: 〜 で す が 、 〜 で す."""
        first, _ = self._judgement(short=True)
        second, sentiment = self._judgement(short=True)
        both = Part(
            f"{first.english} , but {second.english}",
            f"{first.tags} PUNCT CCONJ {second.tags}",
            f"{first.japanese} が 、 {second.japanese}",
        )
        return _closed(both, sentiment)

    def _judgement(self, short: bool = False) -> tuple[Part, int]:
        """A thing is, was, is not as an adjective says; its sentiment."""
        noun = self._pick(known.NOUNS)
        side = 1 if self._often(0.5) else -1
        word = self._pick(known.GOOD if side > 0 else known.BAD)
        of = self._pick(known.DETERMINERS)
        how = NOTHING
        form = self._pick(("is", "is", "was") if short else known.FORMS)
        if not short and "not" not in form and self._often(0.4):
            how = self._pick(known.DEGREES)
        copula = Part(*known.COPULAS[form])
        ending = word.ending(form)
        part = Part(
            f"{of.english} {noun.english} {copula.english} {how.english}"
            f" {word.english}",
            f"{of.tags} NOUN {copula.tags} {how.tags} ADJ",
            f"{of.japanese} {noun.japanese} は {how.japanese} {ending}",
        )
        return part, -side if "not" in form else side

    def _does(self) -> Phrase:
        """Tom reads a book at school: トム は 学校 で 本 を 読 み ま す."""
        who, verb = self._who(), self._pick(known.VERBS)
        what, place = self._what(verb), self._place()
        form = self._pick(("does", "did", "does not"))
        when = self._pick(known.TIMES if form != "did" else known.PAST)
        ending = {"does": "ま す", "did": "ま し た"}.get(form, "ま せ ん")
        third = who.third
        said, tags = verb.english[2 if form == "did" else third], "VERB"
        if form == "does not":
            said = f"{'does' if third else 'do'} not {verb.english[0]}"
            tags = "AUX PART VERB"
        return _sentence(
            f"{who.part.english} {said} {what.english} {place.english}"
            f" {when.english} .",
            f"{who.part.tags} {tags} {what.tags} {place.tags} {when.tags}"
            f" PUNCT",
            f"{who.part.japanese} は {when.japanese} {place.japanese}"
            f" {what.japanese} {verb.japanese} {ending} 。",
        )

    def _asks(self) -> Phrase:
        """Do you drink tea? あなた は お茶 を 飲 み ま す か."""
        verb = self._pick(known.VERBS)
        what = self._what(verb)
        return _sentence(
            f"do you {verb.english[0]} {what.english} ?",
            f"AUX PRON VERB {what.tags} PUNCT",
            f"あなた は {what.japanese} {verb.japanese} ま す か 。",
        )

    def _where(self) -> Phrase:
        """Where is the key? その 鍵 は どこ に あ り ま す か."""
        of, noun = self._pick(known.DETERMINERS), self._pick(known.NOUNS)
        return _sentence(
            f"where is {of.english} {noun.english} ?",
            f"ADV AUX {of.tags} NOUN PUNCT",
            f"{of.japanese} {noun.japanese} は どこ に あ り ま す か 。",
        )

    def _likes(self) -> Phrase:
        """Tom likes music: トム は 音楽 が 好き で す."""
        who = self._who()
        third = who.third
        likes = self._often(0.6)
        said = ("like" if likes else "hate") + "s" * third
        end = "好き" if likes else "嫌い"
        what = self._pick(known.LIKED)
        return _sentence(
            f"{who.part.english} {said} {what.english} .",
            f"{who.part.tags} VERB {what.tags} PUNCT",
            f"{who.part.japanese} は {what.japanese} が {end} で す 。",
            1 if likes else -1,
        )

    def _orders(self) -> Phrase:
        """Please open the door: ドア を 開け て くださ い."""
        said = self._pick(known.ORDERS)
        please = Part("please", "INTJ", "どうか")
        if self._often(0.5):
            please = NOTHING
        return _closed(
            Part(
                f"{please.english} {said.english}",
                f"{please.tags} {said.tags}",
                f"{please.japanese} {said.japanese}",
            ),
            0,
        )

    def _who(self) -> known.Who:
        if self._often(0.4):
            chance = self.random.random()
            rare = int(chance * chance * len(self.people))
            return known.Who(self.people[rare], True)
        return self._pick(known.WHO)

    def _what(self, verb: known.Verb) -> Part:
        """An object with its particle; sometimes so many of them."""
        noun = self._pick(known.OBJECTS[verb.object])
        if verb.counted and self._often(0.3):
            number = self._pick(known.NUMBERS)
            return Part(
                f"{number.english} {noun.plural}",
                "NUM NOUN",
                f"{noun.japanese} を {number.japanese}",
            )
        if not noun.article:
            return Part(noun.english, "NOUN", f"{noun.japanese} を")
        of = self._pick((Part(noun.article, "DET", ""), *known.DETERMINERS))
        return Part(
            f"{of.english} {noun.english}",
            f"{of.tags} NOUN",
            f"{of.japanese} {noun.japanese} を",
        )

    def _place(self) -> Part:
        return self._pick(known.PLACES) if self._often(0.3) else NOTHING

    def _often(self, share: float) -> bool:
        return self.random.random() < share

    def _pick(self, choices: Sequence[T]) -> T:
        return choices[int(self.random.random() * len(choices))]


def phrases(seed: int, count: int) -> list[Phrase]:
    """So many phrases; the first is `this is water .`."""
    random = Random(seed)
    grammar = Grammar(random, _people(random))
    return [WATER, *(grammar.phrase() for _ in range(count - 1))]


def _people(random: Random) -> list[Part]:
    """Invented names, the later the rarer."""
    found: dict[str, Part] = {}
    while len(found) < known.PEOPLE:
        parts = [
            known.SYLLABLES[int(random.random() * len(known.SYLLABLES))]
            for _ in range(2 + int(2 * random.random()))
        ]
        name = "".join(latin for latin, _ in parts).capitalize()
        kana = "".join(kana for _, kana in parts)
        found[name] = Part(name, "PROPN", kana)
    return list(found.values())


def _closed(part: Part, sentiment: int) -> Phrase:
    return _sentence(
        f"{part.english} .",
        f"{part.tags} PUNCT",
        f"{part.japanese} 。",
        sentiment,
    )


def _sentence(
    english: str, tags: str, japanese: str, sentiment: int = 0
) -> Phrase:
    return Phrase(
        tuple(english.split()),
        tuple(tags.split()),
        sentiment,
        tuple(japanese.split()),
    )
