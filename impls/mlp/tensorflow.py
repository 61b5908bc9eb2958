"""The deep network of dense layers (slide 4) in TensorFlow."""

from keras import Model as Module
from keras import layers
from keras.ops import relu, reshape, sigmoid

from impls.training.tensorflow import Dropout

ACTIVATIONS = {"relu": relu, "sigmoid": sigmoid}


class Model(Module):
    """Image to class logits through hidden layers with dropout."""

    def __init__(self, spec):
        super().__init__()
        self.activation = ACTIVATIONS[spec.activation]
        self.hidden = [layers.Dense(spec.hidden) for _ in range(spec.depth)]
        self.dropout = [Dropout(spec.dropout) for _ in range(spec.depth)]
        self.head = layers.Dense(spec.classes)

    def call(self, image):
        """(batch, height, width, channel) -> (batch, class)"""
        x = reshape(image, (image.shape[0], -1))  # (batch, feature)
        for hidden, dropout in zip(self.hidden, self.dropout, strict=True):
            x = dropout(self.activation(hidden(x)))  # (batch, hidden)
        return self.head(x)
