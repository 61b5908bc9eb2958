"""The deep network of dense layers (slide 4) in PyTorch."""

from itertools import pairwise

from torch import nn, relu, reshape, sigmoid

from impls.training.torch import Dropout

ACTIVATIONS = {"relu": relu, "sigmoid": sigmoid}


class Model(nn.Module):
    """Image to class logits through hidden layers with dropout."""

    def __init__(self, spec):
        super().__init__()
        self.activation = ACTIVATIONS[spec.activation]
        self.hidden = nn.ModuleList(
            nn.Linear(inputs, units) for inputs, units in pairwise(spec.sizes())
        )
        self.dropout = nn.ModuleList(
            Dropout(spec.dropout) for _ in range(spec.depth)
        )
        self.head = nn.Linear(spec.hidden, spec.classes)

    def forward(self, image):
        """(batch, height, width, channel) -> (batch, class)"""
        x = reshape(image, (image.shape[0], -1))  # (batch, feature)
        for hidden, dropout in zip(self.hidden, self.dropout, strict=True):
            x = dropout(self.activation(hidden(x)))  # (batch, hidden)
        return self.head(x)
