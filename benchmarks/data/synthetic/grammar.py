"""A synchronous grammar: English, its tags and sentiment, and its Japanese.

A line of RULES is `weight SYMBOL: English | Japanese | mode`. A word in
capitals is a slot, filled once for both languages: by a rule of that symbol
or by a word of the lexicon, `.form` choosing the form. A digit tells two
slots of one symbol apart. English words carry their part of speech.

The sentiment of a derivation is the sum over its slots; mode `negated`
inverts it, mode `last` takes the last slot's ("that was bad, but this is
good").

Only `random()` is drawn from, whose stream Python guarantees: a seed gives
the same sentences on every machine.
"""

from collections import defaultdict
from random import Random
from typing import NamedTuple

RULES = """
1 WATER: this/PRON is/AUX water/NOUN ./PUNCT | これ は 水 で す 。
5 S: JUDGED ./PUNCT | JUDGED 。
2 S: JUDGED ,/PUNCT but/CCONJ JUDGED2 ./PUNCT | JUDGED が 、 JUDGED2 。 | last
3 S: HE V.s THING ./PUNCT | HE は THING を V ま す 。
3 S: WHO V.ed THING WHERE ./PUNCT | WHO は WHERE THING を V ま し た 。
2 S: WHO did/AUX not/PART V THING ./PUNCT | WHO は THING を V ま せ ん 。
2 S: do/AUX you/PRON V THING ?/PUNCT | あなた は THING を V ま す か 。
2 S: V THING ./PUNCT | THING を V な さ い 。
1 S: please/INTJ V THING ./PUNCT | どうか THING を V な さ い 。
1 S: THIS is/AUX a/DET N ./PUNCT | THIS は N で す 。
1 S: where/ADV is/AUX ONE ?/PUNCT | ONE は どこ に あ り ま す か 。
4 JUDGED: ONE is/AUX A | ONE は A で す
4 JUDGED: ONE was/AUX HOW A | ONE は HOW A.past で す
2 JUDGED: ONE is/AUX not/PART A | ONE は A.not で す | negated
1 JUDGED: ONE is/AUX never/ADV A | ONE は 決し て A.not で す | negated
5 THING: ONE | ONE
1 THING: NUMBER N.s | NUMBER N
2 ONE: OF N | OF N
1 ONE: OF KIND N | OF KIND N
2 OF: the/DET | その
1 OF: my/PRON | 私 の
1 OF: this/DET | この
1 OF: NAME 's/PART | NAME の
1 THIS: this/PRON | これ
1 THIS: that/PRON | それ
3 HE: NAME | NAME
1 HE: he/PRON | 彼
1 HE: the/DET JOB | JOB
4 WHO: HE | HE
1 WHO: they/PRON | 彼 ら
1 WHO: HE and/CCONJ HE2 | HE と HE2
2 WHERE: |
1 WHERE: at/ADP PLACE | PLACE で
1 WHERE: in/ADP the/DET PLACE | PLACE で
"""
# English=Japanese, `_` between its words. Many nouns are verbs, too, and no
# noun starts with a vowel: its article is `a`
LEXICON = {
    "N": "picture=絵 book=本 water=水 plant=植物 play=劇 paint=絵の具 dream=夢"
    " plan=計画 name=名前 cook=料理人 film=映画 song=歌 letter=手紙 key=鍵"
    " garden=庭 clock=時計 hat=帽子 chair=椅子 cake=ケーキ door=ドア"
    " bag=鞄 camera=カメラ desk=机",
    "V": "book=予約_し picture=描_き water=濡らし plant=植え play=演じ"
    " paint=塗_り see=見 buy=買_い plan=計画_し name=呼_び cook=料理_し"
    " dream=夢見 sell=売_り like=好_み find=見つけ forget=忘れ open=開け",
    "A": "good=良_い beautiful=美し_い funny=面白_い wonderful=素晴らし_い"
    " nice=素敵_な splendid=見事_な clean=きれい_な useful=便利_な",
    "BAD": "bad=悪_い ugly=醜_い boring=つまらな_い terrible=ひど_い"
    " strange=変_な useless=無駄_な dangerous=危険_な dull=退屈_な",
    "HOW": "very=とても really=本当_に quite=かなり so=これ_ほど",
    "KIND": "new=新し_い old=古_い big=大き_い small=小さ_い red=赤_い",
    "NUMBER": "two=二_つ_の three=三_つ_の five=五_つ_の 4=四_つ_の",
    "JOB": "teacher=先生 doctor=医者 student=学生 cook=料理人",
    "PLACE": "school=学校 home=家 park=公園 city=町 station=駅 garden=庭",
}
TAGS = {"V": "VERB", "HOW": "ADV", "NUMBER": "NUM", "NAME": "PROPN"}
TAGS |= dict.fromkeys(("A", "BAD", "KIND"), "ADJ")  # all others are nouns
PAST = {"see": "saw", "buy": "bought", "sell": "sold", "find": "found"}
PAST |= {"forget": "forgot", "plan": "planned"}
PAST_OF = {"い": "か っ た", "な": "だ っ た"}  # adjectives by their ending
NOT_OF = {"い": "く な い", "な": "で は な い"}
_LATIN = (
    "ka ki ku ke ko sa su se so ta te to na ni nu ne no ma mi mu me mo"
    " ra ri ru re ro ba bi bu be bo"
)
_KANA = "カキクケコサスセソタテトナニヌネノマミムメモラリルレロバビブベボ"


class Rule(NamedTuple):
    """One way to derive a symbol."""

    english: list[str]  # slots, and words as `word/TAG`
    japanese: list[str]
    mode: str
    weight: int  # its own, and those of the rules before it


class Word(NamedTuple):
    """A word of the lexicon: its forms, each a list of words."""

    english: dict[str, list[str]]  # "", "s" and "ed": ["word/TAG"]
    japanese: dict[str, list[str]]  # "", "past" and "not"
    sentiment: int


class Sentence(NamedTuple):
    """A sentence in both languages."""

    english: list[str]  # names with a capital
    tags: list[str]  # universal parts of speech, one for each English word
    sentiment: int  # positive, negative, or 0
    japanese: list[str]


class Grammar:
    """Derives sentences; names, adjectives: so many are invented."""

    def __init__(self, seed: int, names: int = 3_000, adjectives: int = 64):
        self._random = Random(seed)
        self._rules = _rules()
        self._words = {
            symbol: [_word(symbol, entry) for entry in text.split()]
            for symbol, text in LEXICON.items()
        }
        invented = self._invented(adjectives)
        for number, (latin, kana) in enumerate(invented.items()):
            entry = f"{latin}l={kana}ル_な"
            symbol = ("A", "BAD")[number % 2]
            self._words[symbol].append(_word(symbol, entry))
        self._words["NAME"] = [
            _word("NAME", f"{latin.capitalize()}={kana}")
            for latin, kana in self._invented(names).items()
        ]

    def sentence(self, symbol: str = "S") -> Sentence:
        """A sentence drawn at random."""
        english, japanese, sentiment = self._derived(symbol)
        split = [word.rpartition("/") for word in english]
        words, tags = [word for word, _, _ in split], [tag for *_, tag in split]
        return Sentence(words, tags, sentiment, japanese)

    def _derived(self, symbol: str) -> tuple[list[str], list[str], int]:
        """English, Japanese and sentiment of a symbol."""
        rules = self._rules[symbol]
        chance = self._random.random() * rules[-1].weight
        rule = next(rule for rule in rules if chance < rule.weight)
        filled: dict[str, Word] = {}
        english: list[str] = []
        for token in rule.english:
            slot, _, form = token.partition(".")
            if slot[:1].isupper() and slot not in filled:
                filled[slot] = self._filled(slot.rstrip("2"))
            english += filled[slot].english[form] if slot in filled else [token]
        japanese: list[str] = []
        for token in rule.japanese:
            slot, _, form = token.partition(".")
            japanese += (
                filled[slot].japanese[form] if slot in filled else [token]
            )
        signs = [word.sentiment for word in filled.values()]
        sentiment = signs[-1] if rule.mode == "last" else sum(signs)
        if rule.mode == "negated":
            sentiment = -sentiment
        return english, japanese, sentiment

    def _filled(self, symbol: str) -> Word:
        if symbol in self._rules:
            english, japanese, sentiment = self._derived(symbol)
            return Word({"": english}, {"": japanese}, sentiment)
        if symbol == "A" and self._random.random() < 0.5:
            symbol = "BAD"
        words = self._words[symbol]
        return words[int(self._random.random() ** 2 * len(words))]

    def _invented(self, count: int) -> dict[str, str]:
        """Words of syllables that both scripts can write."""
        syllables = list(zip(_LATIN.split(), _KANA, strict=True))
        words: dict[str, str] = {}
        while len(words) < count:
            length = 2 + int(3 * self._random.random())
            drawn = [
                syllables[int(self._random.random() * len(syllables))]
                for _ in range(length)
            ]
            latin, kana = ("".join(parts) for parts in zip(*drawn, strict=True))
            words[latin] = kana
        return words


def sentences(seed: int, count: int, names: int = 3_000) -> list[Sentence]:
    """Sentences drawn by a seed; the first is `this is water .`."""
    grammar = Grammar(seed, names)
    drawn = [grammar.sentence() for _ in range(count - 1)]
    return [grammar.sentence("WATER"), *drawn]


def _rules() -> dict[str, list[Rule]]:
    """The rules of each symbol."""
    rules: dict[str, list[Rule]] = defaultdict(list)
    for line in RULES.strip().splitlines():
        head, _, body = line.partition(": ")
        weight, symbol = int(head.split()[0]), head.split()[1]
        if rules[symbol]:
            weight += rules[symbol][-1].weight
        english, japanese, mode = f"{body} |".split("|")[:3]
        rules[symbol].append(
            Rule(english.split(), japanese.split(), mode.strip(), weight)
        )
    return dict(rules)


def _word(symbol: str, entry: str) -> Word:
    english, _, japanese = entry.partition("=")
    stem, _, ending = japanese.replace("_", " ").rpartition(" ")
    tag = TAGS.get(symbol, "NOUN")
    past = PAST.get(english, english + "ed").replace("eed", "ed")
    forms = {"": english, "s": f"{english}s", "ed": past}
    of = {"": japanese.replace("_", " ")}
    if tag == "ADJ":
        of = {"": f"{stem} い" if ending == "い" else stem}
        of |= {"past": f"{stem} {PAST_OF[ending]}"}
        of |= {"not": f"{stem} {NOT_OF[ending]}"}
    return Word(
        {form: [f"{text}/{tag}"] for form, text in forms.items()},
        {form: text.split() for form, text in of.items()},
        {"A": 1, "BAD": -1}.get(symbol, 0),
    )
