"""The filters of slides 7 and 8 in PyTorch."""

from torch import nn

from impls.images.torch import batch_first, maps


class Model(nn.Module):
    """Image to feature maps: the inner products with every filter."""

    def __init__(self, spec):
        super().__init__()
        self.first = nn.Conv2d(spec.channels, spec.filters, spec.kernel)

    def forward(self, image):
        """(batch, height, width, channel) -> (batch, row, column, filter)"""
        x = maps(image)  # (batch, channel, height, width)
        x = self.first(x)  # (batch, filter, row, column)
        return batch_first(x)
