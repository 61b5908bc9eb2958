"""The chapter's convolutional network (slide 11) in PyTorch."""

from torch import nn, relu

from impls.images.torch import flatten, maps, pooling


class Model(nn.Module):
    """Image to class logits: two convolutions, two dense layers."""

    def __init__(self, spec):
        super().__init__()
        features = spec.shapes()["hidden.kernel"][0]
        self.pool = spec.pool
        self.pooling = pooling(spec.pooling)
        self.first = nn.Conv2d(spec.channels, spec.filters, spec.kernel)
        self.second = nn.Conv2d(spec.filters, spec.filters2, spec.kernel)
        self.hidden = nn.Linear(features, spec.hidden)
        self.head = nn.Linear(spec.hidden, spec.classes)

    def forward(self, image):
        """(batch, height, width, channel) -> (batch, class)"""
        x = maps(image)  # (batch, channel, height, width)
        x = self.pooling(relu(self.first(x)), self.pool)
        x = self.pooling(relu(self.second(x)), self.pool)
        x = flatten(x)  # (batch, feature)
        x = relu(self.hidden(x))  # (batch, hidden)
        return self.head(x)
