"""Slide 22 as printed: the book's simple recurrent network in Keras."""

import keras

from impls.rnn.spec import Spec


def program(spec: Spec) -> keras.Model:
    """The compiled model of the slide, with the sizes of `spec`."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Embedding(spec.vocab, spec.width),
            layers.SimpleRNN(spec.hidden),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["acc"])
    return model
