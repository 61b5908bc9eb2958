"""What a model has said, in words: translations, attention, a sample.

Seen from the parent: the worker decodes symbols, here are the words.
"""

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data.batches import Split
from benchmarks.data.sets import words as symbols_of
from benchmarks.passes import bleu
from benchmarks.passes.open_worker import sizes
from benchmarks.passes.process import Progress, Worker
from benchmarks.records.metric import metric
from benchmarks.worker import arrays
from benchmarks.worker.request import plan
from impls.interface import Params
from impls.sequences import END, START, UNKNOWN

Cell = dict[str, Any]
Found = dict[str, Any]
SHOWN = 12  # translations of the test split that a report shows
MAPS = 3  # of those, with a map of attention beside the sentences'


class Teller:
    """One trained model that is asked for words; `found` grows.

    `metrics`, `curves` and `pictures`, as in a result.
    """

    def __init__(
        self,
        worker: Worker,
        cell: Cell,
        data: Mapping[str, Any],
        files: Path,
        name: str,
        on_progress: Progress | None = None,
    ) -> None:
        self.worker = worker
        self.cell = cell
        self.workload = cell["workload"]
        self.data = data
        self.files = files
        self.name = name
        self.on_progress = on_progress
        self.told: dict[str, Any] = {}
        self.found: Found = {"metrics": {}, "curves": {}, "pictures": []}

    def translate(self, params: Params) -> None:
        """Decode the test split and the sentences asked for; judge both."""
        split = self.data["splits"]["test"]
        test = _first(split, self.workload.get("decoded"))
        vocabulary = self._lines("words_target")
        tokens = self._decode(test, plan(self.cell))
        said = [sentence(row, vocabulary) for row in tokens]
        part = slice(test.get("start", 0), test.get("stop"))
        sources = self._lines("test_sources")[part][: len(said)]
        references = self._lines("test_references")[part][: len(said)]
        self._judge(sources, said, references)
        shown = slice(0, SHOWN)
        names = "source", "reference", "hypothesis"
        first = zip(sources[shown], references[shown], said[shown], strict=True)
        self.told["translations"] = [
            dict(zip(names, three, strict=True)) for three in first
        ]
        some = Split.open(_first(test, MAPS))
        pairs = list(zip(*some.inputs[:2], strict=True))
        symbols = list(tokens[:MAPS])
        if wanted := self.workload.get("sentences"):
            own, answers = self._sentences(wanted)
            self.told["sentences"] = [
                {"source": text, "hypothesis": sentence(row, vocabulary)}
                for text, row in zip(wanted, answers, strict=True)
            ]
            pairs = [*zip(*own, strict=True), *pairs]
            symbols = [*answers, *symbols]
        self._attention(params, pairs, symbols)

    def sample(self) -> None:
        """Draw a text, from the same noise in every framework."""
        length, window = self.workload["sample"], self.workload["window"]
        words = self._lines("words_target")
        test = Split.open(self.data["splits"]["test"])
        prompt = np.asarray(test.inputs[0][:window])[None]
        random = np.random.default_rng((self.cell["seed"], length))
        noise = random.gumbel(
            size=(1, length, self.workload["spec"]["vocab"])
        ).astype(np.float32)
        # A model may have more symbols than the text: none of these is drawn
        noise[..., len(words) :] = -np.inf
        folder = self.worker.scratch / "prompt"
        saved = arrays.save(
            folder,
            {
                "inputs": prompt,
                "fresh": np.ones(1, np.float32),
                "targets": np.zeros(1, np.int32),
                "noise": noise,
            },
        )
        split = {
            "inputs": [saved["inputs"], saved["fresh"]],
            "targets": saved["targets"],
        }
        asked = plan(self.cell) | {
            "decode": length,
            "beam": 1,
            "window": None,
            "buckets": [],
            "evaluation_batch": 1,
        }
        tokens = self._decode(split, asked, saved["noise"])[0]
        self.told["prompt"] = text(prompt[0], words)
        self.told["sample"] = text(tokens, words)

    def write(self) -> Found:
        """Leave the file of the report; all that was found."""
        if self.told:
            place = f"texts/{self.name}.json"
            (self.files / "texts").mkdir(exist_ok=True)
            content = json.dumps(self.told, ensure_ascii=False, indent=1)
            (self.files / place).write_text(content + "\n", "utf-8")
            self.found["pictures"].append(place)
        return self.found

    def _judge(
        self, sources: list[str], said: list[str], references: list[str]
    ) -> None:
        over = f"{len(said)} sentences of the test split"
        for name, score in (
            ("bleu", bleu.bleu),
            ("chrf", bleu.chrf),
        ):
            found = metric(score(said, references), "points", over=over)
            self.found["metrics"][f"test_{name}"] = found
        self.found["curves"]["bleu_by_length"] = bleu.by_length(
            sources, said, references
        )

    def _sentences(
        self, wanted: list[str]
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """Sentences as symbols (sentence, time) and lengths; what is said."""
        split = self.data["splits"]["test"]
        shapes = [
            np.load(path, mmap_mode="r", allow_pickle=False).shape[1:]
            for path in split["inputs"]
        ]
        split_up = [one.lower().split() for one in wanted]
        known = self._lines("words_source")
        every = symbols_of.ended(symbols_of.symbols(split_up, known))
        lengths = np.array([len(symbols) for symbols in every], np.int32)
        # As wide as the split's, whose maps stand beside these; or wider
        time = max(*shapes[0], *lengths)
        source = np.zeros((len(wanted), time), np.int32)
        for row, symbols in zip(source, every, strict=True):
            row[: len(symbols)] = symbols
        start = np.zeros((len(wanted), *shapes[2]), np.int32)
        saved = arrays.save(
            self.worker.scratch / "sentences",
            {"source": source, "lengths": lengths, "start": start},
        )
        inputs = [saved[one] for one in ("source", "lengths", "start")]
        asked = plan(self.cell) | {
            "buckets": [],
            "evaluation_batch": len(wanted),
        }
        split = {"inputs": inputs, "targets": saved["lengths"]}
        return [source, lengths], self._decode(split, asked)

    def _attention(
        self,
        params: Params,
        pairs: list[tuple[np.ndarray, Any]],
        symbols: list[np.ndarray],
    ) -> None:
        """Maps of what each word said attends to, one array each.

        pairs: symbols of a source (time,), and how many are valid.
        """
        model = self.workload["model"]
        reference = import_module(f"impls.{model}.reference")
        if not hasattr(reference, "weights"):
            return
        names = self._lines("words_source"), self._lines("words_target")
        spec = sizes(self.cell)
        precise = {k: np.float64(value) for k, value in params.items()}
        maps, told = {}, []
        for number, ((source, length), row) in enumerate(
            zip(pairs, symbols, strict=True)
        ):
            said = row[: spoken(row) + int(END in row)]
            target = np.array([START, *said[:-1]], np.int32)[None]
            found = reference.weights(
                spec, precise, source[None], np.array([length]), target
            )
            key = f"{self.name}.attention.{number}"
            maps[key] = np.float32(found[0, :, :length])
            told.append(
                {
                    "source": written(source[:length], names[0]),
                    "target": written(said, names[1]),
                    "array": f"pictures/{key}.npy",
                }
            )
        arrays.save(self.files / "pictures", maps)
        self.told["attention"] = told
        self.found["pictures"] += [one["array"] for one in told]

    def _decode(
        self, split: dict[str, Any], asked: Found, noise: str | None = None
    ) -> np.ndarray:
        answer = self.worker.ask(
            "decode",
            on_progress=self.on_progress,
            split=split,
            plan=asked,
            folder=str(self.worker.scratch / "decoded"),
            noise=noise,
        )
        return arrays.read(answer)["tokens"]

    def _lines(self, name: str) -> list[str]:
        path = self.data["texts"][name]
        content = np.load(path, allow_pickle=False).tobytes().decode()
        return content.removesuffix("\n").split("\n")


def spoken(row: np.ndarray) -> int:
    """Symbols before the end sign; all where there is none."""
    ends = np.flatnonzero(row == END)
    return int(ends[0]) if ends.size else len(row)


def sentence(row: np.ndarray, words: list[str]) -> str:
    """Symbols up to the end sign as words between blanks."""
    return " ".join(written(row[: spoken(row)], words))


def text(row: np.ndarray, words: list[str]) -> str:
    """Symbols as characters; the vocabulary writes a new line `\\n`."""
    newline = "\\n"
    found = written(row, words)
    return "".join("\n" if one == newline else one for one in found)


def written(row: np.ndarray, words: list[str]) -> list[str]:
    """The word of each symbol; a model may know more symbols than the data."""
    none = symbols_of.SIGNS[UNKNOWN]
    return [words[n] if n < len(words) else none for n in row]


def _first(split: dict[str, Any], count: int | None) -> dict[str, Any]:
    start, size = split.get("start", 0), split["size"]
    size = min(count or size, size)
    return split | {"start": start, "stop": start + size, "size": size}
