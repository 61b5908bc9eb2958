"""The words of `phrases`: English, their tags, Japanese cut as by KyTea."""

from typing import NamedTuple


class Part(NamedTuple):
    """English words with their tags, Japanese words."""

    english: str
    tags: str
    japanese: str


class Noun(NamedTuple):
    """A thing; no article: it is not counted."""

    english: str
    japanese: str
    article: str = "a"
    plural: str = ""


class Adjective(NamedTuple):
    """い: the adjective bends; な: the copula behind it does."""

    english: str
    japanese: str
    kind: str

    def ending(self, form: str) -> str:
        """The Japanese predicate in one of FORMS."""
        return f"{self.japanese} {_ENDINGS[self.kind][form]}"


class Verb(NamedTuple):
    """Base, third person, past; the Japanese stem before ま す."""

    english: tuple[str, str, str]
    japanese: str
    object: str  # which of OBJECTS it takes
    counted: bool = False


class Who(NamedTuple):
    """A subject; third: the verb has its s."""

    part: Part
    third: bool


FORMS = ("is", "is", "was", "is not", "was not")
COPULAS = {
    "is": ("is", "AUX", ""),
    "was": ("was", "AUX", ""),
    "is not": ("is not", "AUX PART", ""),
    "was not": ("was not", "AUX PART", ""),
}
_ENDINGS = {
    "い": {
        "is": "い で す",
        "was": "か っ た で す",
        "is not": "く な い で す",
        "was not": "く な か っ た で す",
    },
    "な": {
        "is": "で す",
        "was": "で し た",
        "is not": "で は あ り ま せ ん",
        "was not": "で は あ り ま せ ん で し た",
    },
}

THESE = (
    Part("this", "PRON", "これ"),
    Part("that", "PRON", "あれ"),
    Part("it", "PRON", "それ"),
)
DETERMINERS = (
    Part("the", "DET", "その"),
    Part("the", "DET", "その"),
    Part("this", "DET", "この"),
    Part("that", "DET", "あの"),
    Part("my", "PRON", "私 の"),
    Part("your", "PRON", "あなた の"),
    Part("her", "PRON", "彼女 の"),
    Part("our", "PRON", "私 たち の"),
)
DEGREES = (
    Part("very", "ADV", "とても"),
    Part("really", "ADV", "本当 に"),
    Part("quite", "ADV", "かなり"),
)

_BOOK = Noun("book", "本", "a", "books")
_LETTER = Noun("letter", "手紙", "a", "letters")
_NEWSPAPER = Noun("newspaper", "新聞", "a", "newspapers")
_APPLE = Noun("apple", "りんご", "an", "apples")
_EGG = Noun("egg", "卵", "an", "eggs")
_CAKE = Noun("cake", "ケーキ", "a", "cakes")
_CHAIR = Noun("chair", "椅子", "a", "chairs")
_BAG = Noun("bag", "鞄", "a", "bags")
_CLOCK = Noun("clock", "時計", "a", "clocks")
_CAMERA = Noun("camera", "カメラ", "a", "cameras")
_HAT = Noun("hat", "帽子", "a", "hats")
_DESK = Noun("desk", "机", "a", "desks")
_KEY = Noun("key", "鍵", "a", "keys")
_FILM = Noun("film", "映画", "a", "films")
_STORY = Noun("story", "物語", "a", "stories")
_SONG = Noun("song", "歌", "a", "songs")
_PICTURE = Noun("picture", "絵", "a", "pictures")
_GARDEN = Noun("garden", "庭", "a", "gardens")
_WATER = Noun("water", "水", "")
_TEA = Noun("tea", "お茶", "")
_MILK = Noun("milk", "牛乳", "")
_COFFEE = Noun("coffee", "コーヒー", "")
_BREAD = Noun("bread", "パン", "")
_MEAT = Noun("meat", "肉", "")
_MUSIC = Noun("music", "音楽", "")
_HISTORY = Noun("history", "歴史", "")

_THINGS = (_APPLE, _EGG, _CAKE, _CHAIR, _BAG, _CLOCK, _CAMERA, _HAT, _DESK)
NOUNS = (
    *(_BOOK, _LETTER, _NEWSPAPER, *_THINGS, _KEY, _FILM, _STORY, _SONG),
    *(_PICTURE, _GARDEN, _WATER, _TEA, _MILK, _COFFEE, _BREAD, _MEAT),
)
OBJECTS = {
    "drink": (_WATER, _TEA, _MILK, _COFFEE),
    "eat": (_APPLE, _EGG, _CAKE, _BREAD, _MEAT),
    "read": (_BOOK, _LETTER, _NEWSPAPER, _STORY),
    "write": (_BOOK, _LETTER, _STORY),
    "thing": _THINGS,
    "see": (_FILM, _PICTURE, _GARDEN),
    "study": (_HISTORY, _MUSIC),
}
VERBS = (
    Verb(("drink", "drinks", "drank"), "飲 み", "drink"),
    Verb(("eat", "eats", "ate"), "食べ", "eat"),
    Verb(("read", "reads", "read"), "読 み", "read"),
    Verb(("write", "writes", "wrote"), "書 き", "write"),
    Verb(("buy", "buys", "bought"), "買 い", "thing", True),
    Verb(("sell", "sells", "sold"), "売 り", "thing", True),
    Verb(("use", "uses", "used"), "使 い", "thing"),
    Verb(("see", "sees", "saw"), "見", "see"),
    Verb(("study", "studies", "studied"), "勉強 し", "study"),
)
NUMBERS = (
    Part("two", "NUM", "二 つ"),
    Part("three", "NUM", "三 つ"),
    Part("five", "NUM", "五 つ"),
    Part("2", "NUM", "二 つ"),
    Part("4", "NUM", "四 つ"),
    Part("6", "NUM", "六 つ"),
)
LIKED = (
    Part("music", "NOUN", "音楽"),
    Part("books", "NOUN", "本"),
    Part("tea", "NOUN", "お茶"),
    Part("water", "NOUN", "水"),
    Part("apples", "NOUN", "りんご"),
    Part("cats", "NOUN", "猫"),
    Part("dogs", "NOUN", "犬"),
    Part("history", "NOUN", "歴史"),
    Part("old films", "ADJ NOUN", "古 い 映画"),
    Part("to swim", "PART VERB", "泳 ぐ こと"),
    Part("to read", "PART VERB", "読 む こと"),
    Part("to drink tea", "PART VERB NOUN", "お茶 を 飲 む こと"),
)
# In these, words are verbs or adjectives that are nouns elsewhere
ORDERS = (
    Part("open the door", "VERB DET NOUN", "ドア を 開け て くださ い"),
    Part("close the window", "VERB DET NOUN", "窓 を 閉め て くださ い"),
    Part(
        "water the garden",
        "VERB DET NOUN",
        "庭 に 水 を や っ て くださ い",
    ),
    Part("book a table", "VERB DET NOUN", "席 を 予約 し て くださ い"),
    Part("picture a garden", "VERB DET NOUN", "庭 を 想像 し て くださ い"),
    Part("wait here", "VERB ADV", "ここ で 待 っ て くださ い"),
    Part("come to the park", "VERB ADP DET NOUN", "公園 に 来 て くださ い"),
    Part(
        "drink water and eat bread",
        "VERB NOUN CCONJ VERB NOUN",
        "水 を 飲 ん で パン を 食べ て くださ い",
    ),
)

WHO = (
    Who(Part("i", "PRON", "私"), False),
    Who(Part("you", "PRON", "あなた"), False),
    Who(Part("we", "PRON", "私 たち"), False),
    Who(Part("they", "PRON", "彼 ら"), False),
    Who(Part("he", "PRON", "彼"), True),
    Who(Part("she", "PRON", "彼女"), True),
    Who(Part("the teacher", "DET NOUN", "先生"), True),
    Who(Part("my brother", "PRON NOUN", "私 の 兄"), True),
    Who(Part("her father", "PRON NOUN", "彼女 の 父"), True),
)
PLACES = (
    Part("at school", "ADP NOUN", "学校 で"),
    Part("at home", "ADP NOUN", "家 で"),
    Part("in the park", "ADP DET NOUN", "公園 で"),
    Part("in the city", "ADP DET NOUN", "町 で"),
    Part("at the station", "ADP DET NOUN", "駅 で"),
)
TIMES = (
    Part("", "", ""),
    Part("", "", ""),
    Part("today", "NOUN", "今日"),
    Part("every day", "DET NOUN", "毎日"),
    Part("often", "ADV", "よく"),
    Part("in the morning", "ADP DET NOUN", "朝 に"),
)
PAST = (
    Part("", "", ""),
    Part("yesterday", "NOUN", "昨日"),
    Part("last week", "ADJ NOUN", "先週"),
    Part("this morning", "DET NOUN", "今朝"),
)

GOOD = (
    Adjective("good", "良", "い"),
    Adjective("funny", "面白", "い"),
    Adjective("beautiful", "美し", "い"),
    Adjective("new", "新し", "い"),
    Adjective("wonderful", "素晴らし", "い"),
    Adjective("cheap", "安", "い"),
    Adjective("nice", "素敵", "な"),
    Adjective("splendid", "見事", "な"),
    Adjective("clean", "きれい", "な"),
    Adjective("useful", "便利", "な"),
)
BAD = (
    Adjective("bad", "悪", "い"),
    Adjective("terrible", "ひど", "い"),
    Adjective("ugly", "醜", "い"),
    Adjective("dirty", "汚", "い"),
    Adjective("boring", "つまらな", "い"),
    Adjective("expensive", "高", "い"),
    Adjective("dangerous", "危険", "な"),
    Adjective("useless", "無駄", "な"),
    Adjective("strange", "変", "な"),
    Adjective("inconvenient", "不便", "な"),
)

PEOPLE = 3_000  # names
_LATIN = (
    "ka ki ku ke ko sa su se so ta te to na ni nu ne no ma mi mu me mo"
    " ra ri ru re ro ba bi bu be bo"
)
_KANA = (
    "カ キ ク ケ コ サ ス セ ソ タ テ ト ナ ニ ヌ ネ ノ マ ミ ム メ モ"
    " ラ リ ル レ ロ バ ビ ブ ベ ボ"
)
SYLLABLES = tuple(zip(_LATIN.split(), _KANA.split(), strict=True))
