"""Checks of a configuration: values, words, and what a model can do."""

from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

import impls
from benchmarks.config import phases
from benchmarks.config.fields import keys
from benchmarks.config.rules import one_of
from benchmarks.config.schema import Config
from impls.interface import Spec


def single_keys(config: DictConfig) -> Iterator[str]:
    """Problems of single keys: missing, out of range, or no such word."""
    missing = OmegaConf.missing_keys(config)
    for schema_name, part in keys(Config):
        in_phases = "<name>" in schema_name
        for phase in config.workload.phases if in_phases else [""]:
            name = schema_name.replace("<name>", phase)
            if name in missing:
                yield f"{name}: missing. Expected {part.metadata['meaning']}."
            else:
                value = OmegaConf.select(config, name)
                yield from _refused(name, value, part.metadata)


def _refused(
    name: str, value: Any, metadata: Mapping[str, Any]
) -> Iterator[str]:
    choices, rule = metadata.get("choices"), metadata.get("rule")
    if value is None:
        return
    for word in value if isinstance(value, ListConfig) else [value]:
        if choices and word not in choices:
            yield one_of(name, word, choices)
    if rule and not rule.holds(value):
        yield f"{name}={value}: expected {rule.expected}."


def combinations(config: DictConfig) -> Iterator[str]:
    """Problems of keys that depend on each other."""
    framework, device = config.framework, config.device.name
    name = framework.name
    if name == "slide" and config.workload.phases:
        yield (
            f"framework=slide: the book has no program with the phases of"
            f" {config.workload.name}. Expected one of"
            f" {', '.join(impls.FRAMEWORKS)}."
        )
    modes = ["auto", *framework.modes]
    if framework.mode not in modes:
        refused = one_of("framework.mode", framework.mode, modes)
        yield f"framework={name} {refused}"
    precisions = framework.precisions.get(device, [])
    if config.precision not in precisions:
        refused = one_of("precision", config.precision, precisions)
        yield f"framework={name} device={device} {refused}"


def capabilities(workload: dict[str, Any], mode: str) -> Iterator[str]:
    """What a complete workload asks of a model that cannot do it."""
    for name, phase in phases.of(workload).items():
        key = f"workload.phases.{name}" if name else "workload"
        spec = impls.spec(phase["model"])(**phase["spec"])
        problems = [
            *_training(phase),
            *_reading(phase, spec),
            *_decoding(phase, spec),
        ]
        yield from (f"{key}.{problem}" for problem in problems)
        # A phase in a framework of its own runs in that one's usual mode
        own_mode = phase.get("framework") is not None
        if mode == "loop" and not own_mode and not spec.unrolled:
            where = f" of phase {name}" if name else ""
            yield (
                f"framework.mode=loop: {phase['model']}{where} has no unrolled"
                f" form. Expected another mode, or a workload whose models all"
                f" have one, such as tagging or language."
            )


def _training(phase: dict[str, Any]) -> Iterator[str]:
    """Problems of how parameters are updated."""
    optimizer, schedule = phase["optimizer"], phase["schedule"]
    decay, smoothing = optimizer["weight_decay"], phase["label_smoothing"]
    if decay and optimizer["name"] != "adamw":
        yield (
            f"optimizer.weight_decay={decay}: {optimizer['name']} does not"
            f" decay weights. Expected 0, or optimizer.name=adamw."
        )
    if smoothing and phase["objective"] != "cross_entropy":
        yield (
            f"label_smoothing={smoothing}: {phase['objective']} has no labels"
            f" to smooth. Expected 0, or objective=cross_entropy."
        )
    if schedule["final_share"] and schedule["name"] == "constant":
        yield (
            f"schedule.final_share={schedule['final_share']}: a constant"
            f" learning rate does not decay. Expected 0, or schedule.name"
            f" linear or cosine."
        )


def _reading(phase: dict[str, Any], spec: Spec) -> Iterator[str]:
    """Problems of how examples are cut, read and measured."""
    model, steps = phase["model"], phase["bptt_steps"]
    stream, buckets = bool(spec.state()), phase["data"]["buckets"]
    if stream and not steps:
        yield (
            f"bptt_steps=null: {model} reads a stream. Expected the time steps"
            f" between two updates."
        )
    if steps and not stream:
        yield (
            f"bptt_steps={steps}: {model} carries no state from one batch to"
            f" the next. Expected null."
        )
    crops = phase["crop_steps"]
    if crops and (stream or steps or not spec.reads_tokens):
        yield (
            f"crop_steps={crops}: {model} reads no crops of a text. Expected"
            f" null."
        )
    if crops and buckets:
        yield f"data.buckets={buckets}: crops have one length. Expected []."
    if phase["data"]["crops"] and not crops:
        yield (
            f"data.crops={phase['data']['crops']}: no crops are drawn. Expected"
            f" null, or crop_steps."
        )
    if steps and buckets:
        yield (
            f"data.buckets={buckets}: a stream has windows of one length."
            f" Expected []."
        )
    examples = phase["measure"]["input_gradients"]
    binary = phase["objective"] == "binary_cross_entropy"
    if examples and not (binary and spec.reads_tokens):
        yield (
            f"measure.input_gradients={examples}: expected 0, or a model that"
            f" reads tokens and has one logit."
        )
    parts = phase["measure"]["attention_parts"]
    if parts and not (spec.attention and spec.reads_tokens):
        yield (
            f"measure.attention_parts={parts}: {model} does not attend to the"
            f" symbols that it reads. Expected 0, or a model that does, such as"
            f" gpt."
        )
    if phase["measure"]["feature_maps"] and not spec.feature_maps:
        yield (
            f"measure.feature_maps: {model} has no feature maps for output."
            f" Expected 0, or a model that has."
        )


def _decoding(phase: dict[str, Any], spec: Spec) -> Iterator[str]:
    """Problems of what is to be generated."""
    model = phase["model"]
    text = bool(spec.state() or phase["crop_steps"])  # that it continues
    decoding = phase["decoding"]
    tokens, sample = decoding["max_new_tokens"], decoding["sample_tokens"]
    for name in ("max_new_tokens", "sample_tokens"):
        if decoding[name] and not spec.decodes:
            yield (
                f"decoding.{name}={decoding[name]}: {model} does not decode."
                f" Expected 0."
            )
    longest = spec.longest()
    if longest is not None and tokens > longest:
        yield (
            f"decoding.max_new_tokens={tokens}: {model} has places for"
            f" {longest} symbols. Expected at most as many, or"
            f" spec.max_new_tokens={tokens}."
        )
    if sample and spec.decodes and not text:
        yield (
            f"decoding.sample_tokens={sample}: {model} answers an input and"
            f" does not continue a text. Expected 0, or a model that does,"
            f" such as language."
        )
    if decoding["sentences"] and not tokens:
        yield (
            "decoding.sentences: nothing is decoded. Expected"
            " decoding.max_new_tokens above 0, or no sentence."
        )
    if decoding["sentences"] and tokens and text:
        yield (
            f"decoding.sentences: {model} continues a text and does not"
            f" translate. Expected []."
        )
