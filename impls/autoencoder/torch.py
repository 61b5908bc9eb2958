"""The stacked auto-encoder (slide 4) in PyTorch."""

from itertools import pairwise

from torch import nn, reshape, sigmoid


class Model(nn.Module):
    """Image to its reconstruction, through codes and back."""

    def __init__(self, spec):
        super().__init__()
        self.hidden = nn.ModuleList(
            nn.Linear(inputs, units) for inputs, units in pairwise(spec.sizes())
        )
        self.decoder = nn.ModuleList(
            nn.Linear(units, inputs) for inputs, units in pairwise(spec.sizes())
        )

    def forward(self, image):
        """(batch, height, width, channel) -> (batch, height, width, channel)"""
        x = reshape(image, (image.shape[0], -1))  # (batch, feature)
        for hidden in self.hidden:
            x = sigmoid(hidden(x))  # (batch, hidden)
        for decoder in reversed(self.decoder[1:]):
            x = sigmoid(decoder(x))
        x = sigmoid(self.decoder[0](x))  # (batch, feature)
        return reshape(x, image.shape)
