"""The small model in PyTorch."""

from torch import nn, relu

from impls.images.torch import flatten, maps
from impls.training.torch import BatchNorm, Dropout


class Model(nn.Module):
    """Image to class logits."""

    def __init__(self, spec):
        super().__init__()
        sizes, features = spec.shapes(), spec.shapes()["hidden.0.kernel"][0]
        norm = spec.epsilon, spec.momentum
        self.first = nn.Conv2d(spec.channels, spec.filters, spec.kernel)
        self.norm = BatchNorm(*sizes["norm.mean"], *norm)
        self.hidden = nn.ModuleList(
            nn.Linear(inputs, spec.hidden) for inputs in (features, spec.hidden)
        )
        self.dropout = nn.ModuleList(Dropout(spec.rate) for _ in range(2))
        self.last = BatchNorm(*sizes["last.mean"], *norm)
        self.head = nn.Linear(spec.hidden, spec.classes)

    def forward(self, image):
        """(batch, height, width, channel) -> (batch, class)"""
        x = flatten(relu(self.norm(self.first(maps(image)))))
        for hidden, dropout in zip(self.hidden, self.dropout, strict=True):
            x = dropout(relu(hidden(x)))
        return self.head(self.last(x))


class Probe(nn.Module):
    """Numbers to units of which some are dropped, twice."""

    def __init__(self, spec):
        super().__init__()
        self.hidden = nn.Linear(1, spec.units)
        self.first, self.second = Dropout(spec.rate), Dropout(spec.rate)

    def forward(self, x):
        """(batch, 1) -> (batch, units)"""
        return self.second(self.first(self.hidden(x)))
