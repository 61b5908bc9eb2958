"""Measurements of a trained model beside loss and accuracy.

Translations, maps of attention, a sample of text, gradients by distance,
while the worker still has the model. The worker decodes tokens; here they
become words, and are compared with the references.
"""

import json
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data.batches import Split
from benchmarks.data.sets import symbols
from benchmarks.passes import (
    attention_maps,
    bigrams,
    bleu,
    input_gradients,
    score_variance,
)
from benchmarks.passes.process import Progress, ignore
from benchmarks.passes.remote_runner import RemoteRunner
from benchmarks.records.metric import metric
from benchmarks.worker import arrays
from benchmarks.worker.request import request, spec
from impls.gpt import reference as gpt
from impls.interface import Batch, Params
from impls.sequences import END, START, UNKNOWN

Cell = dict[str, Any]
Result = dict[str, Any]
SHOWN = 12  # translations of the test split that a report shows
MAPS = 3  # of these, with a map of attention, beside the sentences'


@dataclass
class PostTraining:
    """Measures the trained model of one cell, or of one of its phases."""

    runner: RemoteRunner
    cell: Cell
    data: dict[str, Any]  # divided
    files: Path
    name: str  # of the phase, or of a workload without any; begins file names
    on_progress: Progress = ignore

    def __post_init__(self) -> None:
        self.decoding = self.cell["workload"]["decoding"]
        self.texts: dict[str, Any] = {}
        self.result: Result = {
            "metrics": {},
            "curves": {},
            "pictures": [],
            "timings": {},
        }

    def measure(self) -> Result:
        """`metrics`, `curves`, `pictures`, `timings` of what is asked for.

        The worker may have another model afterwards.
        """
        started = time.perf_counter()
        workload = self.cell["workload"]
        translates = self.decoding["max_new_tokens"]
        crops = workload["crop_steps"]
        if workload["bptt_steps"] or crops:  # for the speed pass alone
            translates = 0
        samples = self.decoding["sample_tokens"]
        differentiates = workload["measure"]["input_gradients"]
        parts = workload["measure"]["attention_parts"]
        if not (translates or samples or differentiates or crops or parts):
            return self.result
        if crops:
            self.result["metrics"] |= bigrams.metrics(self.data["splits"])
        if translates:
            self.translate()
        if samples:
            self.sample()
        if parts:
            self.take_apart(parts)
        if self.texts:
            self._write()
        if differentiates:
            curve, metrics = input_gradients.distances(
                self.runner, self.cell, self.data
            )
            self.result["curves"]["distance"] = curve
            self.result["metrics"] |= metrics
        self.result["timings"]["afterwards"] = time.perf_counter() - started
        return self.result

    def translate(self) -> None:
        """Decode and score the test split, and decode chosen sentences."""
        test = _first(
            self.data["splits"]["test"], self.decoding["test_examples"]
        )
        vocabulary = self._lines("words_target")
        tokens = self.runner.decode(test, request(self.cell), self.on_progress)
        hypotheses = [sentence(row, vocabulary) for row in tokens]
        part = slice(test.get("start", 0), test.get("stop"))
        sources = self._lines("test_sources")[part][: len(tokens)]
        references = self._lines("test_references")[part][: len(tokens)]
        self._score(sources, hypotheses, references)
        rows = zip(sources, references, hypotheses, strict=True)
        self.texts["translations"] = [
            {"source": source, "reference": reference, "hypothesis": hypothesis}
            for source, reference, hypothesis in list(rows)[:SHOWN]
        ]
        mapped = Split.open(_first(test, MAPS))
        pairs = list(zip(*mapped.inputs[:2], strict=True))
        targets = list(tokens[:MAPS])
        if chosen := self.decoding["sentences"]:
            inputs, answers = self._sentences(chosen)
            self.texts["sentences"] = [
                {"source": text, "hypothesis": sentence(row, vocabulary)}
                for text, row in zip(chosen, answers, strict=True)
            ]
            pairs = [*zip(*inputs, strict=True), *pairs]
            targets = [*answers, *targets]
        if spec(self.cell).attention:
            self._attention(pairs, targets)

    def sample(self) -> None:
        """Sample a text, from the same noise in every framework."""
        length = self.decoding["sample_tokens"]
        vocabulary = self._lines("words_target")
        test = Split.open(self.data["splits"]["test"])
        workload = self.cell["workload"]
        steps = workload["bptt_steps"] or workload["crop_steps"]
        prompt = np.asarray(test.inputs[0][:steps])[None]
        random = np.random.default_rng((self.cell["seed"], length))
        shape = 1, length, workload["spec"]["vocab"]
        noise = random.gumbel(size=shape).astype(np.float32)
        # A model may have more symbols than the text: these are not sampled
        noise[..., len(vocabulary) :] = -np.inf
        ones = np.ones(1, np.float32)
        # A stream has a second input: where it starts
        inputs = (prompt, ones) if workload["bptt_steps"] else (prompt,)
        batch = Batch(inputs, np.zeros(1, np.int32), ones)
        tokens = self.runner.generate(batch, length, noise=noise)[0]
        self.texts["prompt"] = text(prompt[0], vocabulary)
        self.texts["sample"] = text(tokens, vocabulary)

    def take_apart(self, symbols: int) -> None:
        """Parts of the self-attention to the start of a test example."""
        (tokens, *_) = Split.open(self.data["splits"]["test"]).inputs
        row = np.asarray(tokens[:symbols] if tokens.ndim < 2 else tokens[0])
        row = row[None, :symbols]
        params = self._precise()
        sizes: Any = spec(self.cell)
        parts = gpt.parts(sizes, params, row)
        # A report refuses what is not finite: later symbols have the score 0
        parts["scores"] = np.nan_to_num(parts["scores"])
        kept = {
            f"{self.name}.head_{head + 1}.{part}": np.float32(own[0, head])
            for head in range(sizes.heads)
            for part, own in parts.items()
        }
        arrays.save(self.files / "pictures", kept)
        self.result["pictures"] += [f"pictures/{key}.npy" for key in kept]
        self.texts["parts"] = {
            "symbols": written(row[0], self._lines("words_target")),
            "heads": sizes.heads,
        }
        curve, metrics = score_variance.spread(self.cell["seed"])
        self.result["curves"]["key_width"] = curve
        self.result["metrics"] |= metrics

    def _write(self) -> None:
        """Write the texts to the file that a report reads."""
        place = f"texts/{self.name}.json"
        (self.files / "texts").mkdir(exist_ok=True)
        content = json.dumps(self.texts, ensure_ascii=False, indent=1)
        (self.files / place).write_text(content + "\n", "utf-8")
        self.result["pictures"].append(place)

    def _score(
        self, sources: list[str], hypotheses: list[str], references: list[str]
    ) -> None:
        over = f"{len(hypotheses)} sentences of the test split"
        for name, score in (("bleu", bleu.bleu), ("chrf", bleu.chrf)):
            points = score(hypotheses, references)
            self.result["metrics"][f"test_{name}"] = metric(
                points, "points", over=over
            )
        self.result["curves"]["bleu_by_length"] = bleu.by_length(
            sources, hypotheses, references
        )

    def _sentences(
        self, sentences: list[str]
    ) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        """Source tokens (sentence, time) and lengths; their translations."""
        paths = self.data["splits"]["test"]["inputs"]
        shapes = [np.load(path, mmap_mode="r").shape[1:] for path in paths]
        words = [text.lower().split() for text in sentences]
        vocabulary = self._lines("words_source")
        rows = symbols.ended(symbols.encode(words, vocabulary))
        lengths = symbols.lengths(rows)
        # At least as wide as the split, whose attention maps stand beside
        source = symbols.padded(rows, max(*shapes[0], *lengths))
        start = np.zeros((len(sentences), *shapes[2]), np.int32)
        weights = np.ones(len(sentences), np.float32)
        batch = Batch((source, lengths, start), lengths, weights)
        answers = self.runner.generate(
            batch, self.decoding["max_new_tokens"], self.decoding["beam_width"]
        )
        return (source, lengths), answers

    def _attention(
        self,
        pairs: list[tuple[np.ndarray, Any]],
        targets: list[np.ndarray],
    ) -> None:
        """Attention weights of decoded sentences, an array each or a head.

        pairs: tokens of a source (time,), and how many of them count; those
        of the chosen sentences come first.
        """
        model = self.cell["workload"]["model"]
        reference = import_module(f"impls.{model}.reference")
        vocabularies = self._lines("words_source"), self._lines("words_target")
        sizes, precise = spec(self.cell), self._precise()
        chosen, maps = len(self.decoding["sentences"]), {}
        entries: list[dict[str, Any]] = []
        for number, ((source, count), row) in enumerate(
            zip(pairs, targets, strict=True)
        ):
            decoded = row[: token_count(row) + int(END in row)]
            target = np.array([START, *decoded[:-1]], np.int32)
            words = attention_maps.Words(
                written(source[:count], vocabularies[0]),
                written(target, vocabularies[1]),
                written(decoded, vocabularies[1]),
            )
            inputs = source[None], np.array([count]), target[None]
            for each in attention_maps.maps(
                reference, sizes, precise, inputs, words, number < chosen
            ):
                key = f"{self.name}.attention.{len(entries)}"
                maps[key] = np.float32(each.weights)
                entries.append(
                    {
                        "source": each.across,
                        "target": each.down,
                        "of": each.of,
                        "array": f"pictures/{key}.npy",
                    }
                )
        arrays.save(self.files / "pictures", maps)
        self.texts["attention"] = entries
        self.result["pictures"] += [entry["array"] for entry in entries]

    def _precise(self) -> Params:
        """The trained parameters in float64."""
        params = self.runner.params()
        return {name: own.astype(np.float64) for name, own in params.items()}

    def _lines(self, name: str) -> list[str]:
        path = self.data["texts"][name]
        content = np.load(path, allow_pickle=False).tobytes().decode()
        return content.removesuffix("\n").split("\n")


def token_count(row: np.ndarray) -> int:
    """Tokens before the end sign; all where there is none."""
    ends = np.flatnonzero(row == END)
    return int(ends[0]) if ends.size else len(row)


def sentence(row: np.ndarray, vocabulary: list[str]) -> str:
    """Tokens up to the end sign as words, separated by spaces."""
    return " ".join(written(row[: token_count(row)], vocabulary))


def text(row: np.ndarray, vocabulary: list[str]) -> str:
    """Tokens as characters; in the vocabulary a new line is `\\n`."""
    newline = "\\n"
    characters = written(row, vocabulary)
    return "".join("\n" if c == newline else c for c in characters)


def written(row: np.ndarray, vocabulary: list[str]) -> list[str]:
    """The word of each token; a model may have more tokens than the data."""
    unknown = symbols.SIGNS[UNKNOWN]
    return [vocabulary[n] if n < len(vocabulary) else unknown for n in row]


def _first(split: dict[str, Any], count: int | None) -> dict[str, Any]:
    start, size = split.get("start", 0), split["size"]
    size = min(count or size, size)
    return split | {"start": start, "stop": start + size, "size": size}
