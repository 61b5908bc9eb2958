"""A synchronous grammar: English with its parts of speech, and its Japanese.

A line of RULES is `SYMBOL: English | Japanese`. A word in capitals is a slot:
a symbol, derived once for both languages; a digit distinguishes two slots of
the same symbol. English words carry their universal part of speech. Of the
rules of a symbol, and of the words of a form, the first are the most frequent.

As in a treebank, some words are ambiguous even in their context: `painted` in
"the door was painted" is a verb or an adjective.

Only `random()` is drawn from, whose stream Python guarantees: a seed gives
the same sentences on every machine.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from random import Random
from typing import Any, NamedTuple

RULES = """
SLIDE: this/PRON is/AUX water/NOUN ./PUNCT | これ は 水 で す 。
S: JUDGED ./PUNCT | JUDGED 。
S: ONE was/AUX DONE WHERE ./PUNCT | WHERE ONE を DONE ま し た 。
S: WHO started/VERB VING ./PUNCT | WHO は VING 始め ま し た 。
S: JUDGED ,/PUNCT but/CCONJ JUDGED2 ./PUNCT | JUDGED が 、 JUDGED2 。
S: WHO VED THING WHERE ./PUNCT | WHO は WHERE THING を VED ま し た 。
S: HE VS THING ./PUNCT | HE は THING を VS ま す 。
S: WHO did/AUX not/PART V THING ./PUNCT | WHO は THING を V ま せ ん 。
S: do/AUX you/PRON V THING ?/PUNCT | あなた は THING を V ま す か 。
S: V THING ./PUNCT | THING を V な さ い 。
S: THIS is/AUX a/DET N ./PUNCT | THIS は N で す 。
S: where/ADV is/AUX ONE ?/PUNCT | ONE は どこ に あ り ま す か 。
JUDGED: ONE is/AUX A | ONE は A い で す
JUDGED: ONE was/AUX HOW A | ONE は HOW A か っ た で す
JUDGED: ONE is/AUX not/PART A | ONE は A く な い で す
JUDGED: ONE is/AUX never/ADV A | ONE は 決し て A く な い で す
THING: ONE | ONE
THING: NUMBER NS | NUMBER NS
ONE: OF N | OF N
ONE: OF ODD N | OF ODD の N
ONE: OF KIND N | OF KIND い N
OF: the/DET | その
OF: my/PRON | 私 の
OF: this/DET | この
OF: NAME 's/PART | NAME の
THIS: this/PRON | これ
THIS: that/PRON | それ
HE: NAME | NAME
HE: the/DET JOB | JOB
HE: he/PRON | 彼
WHO: HE | HE
WHO: they/PRON | 彼 ら
WHO: HE and/CCONJ HE2 | HE と HE2
WHERE: |
WHERE: at/ADP PLACE | PLACE で
WHERE: in/ADP the/DET PLACE | PLACE で
"""
# Forms, `SYMBOL=ending/TAG`, of words `English=Japanese` (`_` for a blank).
# Many nouns are verbs, too, and none starts with a vowel: its article is `a`
LEXICON = {
    "N=/NOUN NS=s/NOUN": "book=本 water=水 plant=植物 play=劇 paint=絵の具"
    " dream=夢 show=番組 cook=料理人 film=映画 song=歌 letter=手紙 key=鍵"
    " garden=庭 clock=時計 hat=帽子 chair=椅子 cake=ケーキ door=ドア bag=鞄"
    " camera=カメラ desk=机",
    "V=/VERB VS=s/VERB VED=ed/VERB DONE=ed/VERB DONE=ed/ADJ VING=ing/VERB"
    " VING=ing/NOUN": "paint=塗_り open=開け book=予約_し water=濡らし"
    " plant=植え clean=掃除_し play=演じ show=見せ cook=料理_し dream=夢見"
    " learn=学_び",
    # Good and bad ones in turn
    "A=/ADJ": "good=良 bad=悪 beautiful=美し ugly=醜 funny=面白"
    " boring=つまらな wonderful=素晴らし terrible=ひど tasty=おいし dirty=汚"
    " pleasant=楽し dangerous=危な right=正し wrong=おかし lovely=可愛"
    " sad=悲し",
    "KIND=/ADJ": "new=新し old=古 big=大き small=小さ red=赤",
    "HOW=/ADV": "very=とても really=本当_に quite=かなり so=すご_く",
    "NUMBER=/NUM": "two=二_つ_の three=三_つ_の five=五_つ_の 4=四_つ_の",
    "JOB=/NOUN": "teacher=先生 doctor=医者 student=学生 cook=料理人",
    "PLACE=/NOUN": "school=学校 home=家 town=町 station=駅 garden=庭",
}
_ADJECTIVES = [entry.split("=")[0] for entry in LEXICON["A=/ADJ"].split()]
_GOOD, _BAD = set(_ADJECTIVES[::2]), set(_ADJECTIVES[1::2])
_LATIN = (
    "ka ki ku ke ko sa su se so ta te to na ni nu ne no ma mi mu me mo"
    " ra ri ru re ro ba bi bu be bo"
)
_KANA = "カキクケコサスセソタテトナニヌネノマミムメモラリルレロバビブベボ"
_SYLLABLES = list(zip(_LATIN.split(), _KANA, strict=True))

Rule = tuple[list[str], list[str]]  # English, as `word/TAG`, and Japanese


class Sentence(NamedTuple):
    """A sentence in both languages."""

    english: list[str]  # names with a capital
    tags: list[str]  # universal parts of speech, one for each English word
    japanese: list[str]


def sentences(seed: int, count: int, names: int = 3_000) -> list[Sentence]:
    """Sentences drawn by a seed; the first is `this is water .`.

    names: so many words are invented, for people and for odd things.
    """
    grammar = _Grammar(seed, names)
    symbols = ["SLIDE"] + ["S"] * (count - 1)
    drawn = []
    for english, japanese in map(grammar.derived, symbols):
        words, tags = zip(*(word.split("/") for word in english), strict=True)
        drawn.append(Sentence(list(words), list(tags), japanese))
    return drawn


def sentiment(words: Sequence[str]) -> int:
    """1, -1 or 0 for the English of a good, bad or neutral judgment.

    Negation inverts it; of a contrast, what follows `but` counts.
    """
    clause = set(words[words.index("but") :] if "but" in words else words)
    sign = bool(clause & _GOOD) - bool(clause & _BAD)
    return -sign if clause & {"not", "never"} else sign


class _Grammar:
    """Draws derivations of a symbol."""

    def __init__(self, seed: int, names: int) -> None:
        self._random = Random(seed)
        self._rules: dict[str, list[Rule]] = defaultdict(list)
        for line in RULES.strip().splitlines():
            symbol, _, sides = line.partition(": ")
            english, _, japanese = sides.partition("|")
            self._rules[symbol].append((english.split(), japanese.split()))
        odd = " ".join(self._invented() for _ in range(names))
        invented = {"ODD=/ADJ ODD=/NOUN": odd, "NAME=/PROPN": odd.title()}
        for forms, entries in (LEXICON | invented).items():
            for entry, form in product(entries.split(), forms.split()):
                word, _, japanese = entry.partition("=")
                symbol, _, ending = form.partition("=")
                rule = [word + ending], japanese.split("_")
                self._rules[symbol].append(rule)

    def derived(self, symbol: str) -> Rule:
        """A derivation: words of both languages."""
        english, japanese = self._drawn(self._rules[symbol])
        slots = {
            token: self.derived(token.rstrip("2"))
            for token in english
            if token.rstrip("2") in self._rules
        }

        def filled(side: list[str], language: int) -> list[str]:
            parts = (
                slots[token][language] if token in slots else [token]
                for token in side
            )
            return [word for part in parts for word in part]

        return filled(english, 0), filled(japanese, 1)

    def _drawn(self, choices: Sequence[Any]) -> Any:
        """An element; the first are the most frequent."""
        return choices[int(self._random.random() ** 2 * len(choices))]

    def _invented(self) -> str:
        """A lexicon entry of three or four syllables of both scripts."""
        count = self._drawn((3, 4))
        drawn = [self._drawn(_SYLLABLES) for _ in range(count)]
        latin, kana = ("".join(parts) for parts in zip(*drawn, strict=True))
        return f"{latin}={kana}"
