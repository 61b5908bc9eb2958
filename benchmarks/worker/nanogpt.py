"""nanoGPT's network and training loop: what GPT's figures are held to.

Written for this comparison after nanoGPT (github.com/karpathy/nanoGPT): its
structure, its AdamW, which is not fused on a CPU, its batches of crops that
are stacked one by one. The session of `benchmarks.worker --session`.
"""

import math
import os
import time
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.data.batches import Split
from benchmarks.worker import learning_rate
from benchmarks.worker.request import Request
from benchmarks.worker.timing import Report, progress


def start(framework: str, library: str, report: Report) -> "Session":
    """The session; the framework is PyTorch whatever the cell's is."""
    return Session(report)


class Session:
    """Trains nanoGPT's network on the crops of a cell."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def hello(self) -> dict[str, Any]:
        return {"pid": os.getpid()}

    def throughput(
        self, spec: dict[str, Any], setting: dict[str, Any], **given: Any
    ) -> float:
        """Crops per second: the median over blocks."""
        loop = Loop(spec, setting, Request(**given["request"]))
        text = np.asarray(Split.open(given["train"]).inputs[0])
        request = loop.request

        def crops_per_second(steps: int) -> float:
            started = time.perf_counter()
            for _ in range(steps):
                loop.step(*drawn(text, request.batch_size, loop.time))
            seconds = time.perf_counter() - started
            return steps * request.batch_size / seconds

        crops_per_second(request.warmup_steps)
        warm = crops_per_second(request.warmup_steps)
        seconds = request.block_seconds / request.batch_size
        steps = max(1, round(seconds * warm))
        return median(crops_per_second(steps) for _ in range(request.blocks))

    def losses(
        self, spec: dict[str, Any], setting: dict[str, Any], **given: Any
    ) -> dict[str, Any]:
        """Nats per symbol of the test split, after the whole training.

        On the crops that the cell's own training draws, in their order.
        `whole`: over the whole split, as the cell evaluates. `estimates`: as
        nanoGPT reports it, from 20 batches of crops, 100 times.
        """
        request = Request(**given["request"])
        loop = Loop(spec, setting, request)
        train, test = (Split.open(given[name]) for name in ("train", "test"))
        steps = request.steps(train)
        for epoch in range(request.epochs):
            batches = request.batches(train, request.batch_size, epoch)
            for number, batch in enumerate(batches, 1):
                loop.follow(request.epochs * steps)
                loop.step(*tensors(batch))
                if number % 50 == 0:
                    now = progress(request, epoch + 1, number, steps)
                    self.report(now)
        loop.network.eval()
        with torch.no_grad():
            return {
                "whole": loop.whole(test),
                "estimates": [loop.estimate(test) for _ in range(100)],
            }


class Loop:
    """The network, its optimizer, and the updates made so far."""

    def __init__(
        self, spec: dict[str, Any], setting: dict[str, Any], request: Request
    ) -> None:
        torch.manual_seed(setting["seed"])
        self.request, self.setting, self.updates = request, setting, 0
        self.time = spec["time"]
        self.network = Network(**spec)
        tensors = [p for p in self.network.parameters() if p.requires_grad]
        decay = setting["weight_decay"]
        groups: list[dict[str, Any]] = [
            {"params": [p for p in tensors if p.dim() >= 2]},
            {"params": [p for p in tensors if p.dim() < 2], "weight_decay": 0},
        ]
        betas = setting["beta1"], setting["beta2"]
        rate = setting["learning_rate"]
        self.optimizer = torch.optim.AdamW(
            groups, lr=rate, betas=betas, weight_decay=decay
        )

    def follow(self, updates: int) -> None:
        """Set the learning rate of the next update of so many."""
        request = self.request
        share = learning_rate.share(
            request.schedule,
            self.updates,
            updates,
            request.schedule_warmup,
            request.final_share,
        )
        for group in self.optimizer.param_groups:
            group["lr"] = self.setting["learning_rate"] * share
        self.updates += 1

    def losses(
        self, tokens: torch.Tensor, targets: torch.Tensor, reduction: str
    ) -> torch.Tensor:
        """Cross-entropy of all symbols."""
        logits = self.network(tokens)
        return functional.cross_entropy(
            logits.view(-1, logits.size(-1)),
            targets.view(-1),
            reduction=reduction,
        )

    def whole(self, split: Split) -> float:
        """The mean loss over all symbols of a split, in windows."""
        total = weight = 0.0
        size = self.request.eval_batch_size
        for batch in self.request.batches(split, size, None):
            losses = self.losses(*tensors(batch), "none").double().numpy()
            total += float(losses @ batch.weights.reshape(-1))
            weight += float(batch.weights.sum())
        return total / weight

    def estimate(self, split: Split) -> float:
        """The mean loss of 20 batches of crops: nanoGPT's `estimate_loss`."""
        text = np.asarray(split.inputs[0])
        crops = (text, self.request.batch_size, self.time)
        losses = [self.losses(*drawn(*crops), "mean") for _ in range(20)]
        return float(np.mean(losses))

    def step(self, tokens: torch.Tensor, targets: torch.Tensor) -> None:
        """One update."""
        self.losses(tokens, targets, "mean").backward()
        parameters = self.network.parameters()
        nn.utils.clip_grad_norm_(parameters, self.setting["max_grad_norm"])
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)


class Network(nn.Module):
    """Embeddings, units and the embedding's transpose as head."""

    def __init__(
        self, vocab: int, time: int, width: int, heads: int, layers: int
    ) -> None:
        super().__init__()
        self.token = nn.Embedding(vocab, width)
        self.position = nn.Embedding(time, width)
        self.units = nn.ModuleList(Unit(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width, bias=False)
        self.head = nn.Linear(width, vocab, bias=False)
        self.token.weight = self.head.weight
        for name, parameter in self.named_parameters():
            if parameter.dim() >= 2:
                ends = name.endswith(("project.weight", "outer.weight"))
                deviation = 0.02 / math.sqrt(2 * layers) if ends else 0.02
                nn.init.normal_(parameter, 0.0, deviation)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(batch, time) -> (batch, time, vocab)"""
        places = torch.arange(tokens.shape[1])
        x = self.token(tokens) + self.position(places)
        for unit in self.units:
            x = unit(x)
        logits: torch.Tensor = self.head(self.norm(x))
        return logits


class Unit(nn.Module):
    """Causal self-attention and a feed-forward part, each after a norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_1 = nn.LayerNorm(width, bias=False)
        self.attend = nn.Linear(width, 3 * width, bias=False)
        self.project = nn.Linear(width, width, bias=False)
        self.norm_2 = nn.LayerNorm(width, bias=False)
        self.inner = nn.Linear(width, 4 * width, bias=False)
        self.outer = nn.Linear(4 * width, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, width) -> (batch, time, width)"""
        batch, time, width = x.shape
        shape = batch, time, self.heads, width // self.heads
        q, k, v = self.attend(self.norm_1(x)).split(width, 2)
        q, k, v = (y.view(shape).transpose(1, 2) for y in (q, k, v))
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        y = y.transpose(1, 2).contiguous().view(batch, time, width)
        x = x + self.project(y)
        return x + self.outer(functional.gelu(self.inner(self.norm_2(x))))


def drawn(
    text: np.ndarray, count: int, time: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Crops at random places, stacked one by one."""
    places = torch.randint(len(text) - time, (count,))
    crops = [
        torch.stack(
            [
                torch.from_numpy(text[p + ahead : p + ahead + time].astype(int))
                for p in places
            ]
        )
        for ahead in (0, 1)
    ]
    return crops[0], crops[1]


def tensors(batch: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """The tokens and targets of a batch."""
    tokens, targets = batch.inputs[0], batch.targets
    return torch.from_numpy(tokens).long(), torch.from_numpy(targets).long()
