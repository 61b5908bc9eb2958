"""Slide 11 as printed: the book's convolutional network in Keras."""

import keras

from impls.cnn.spec import Spec


def program(spec: Spec) -> keras.Model:
    """The compiled model of the slide, with the sizes of `spec`."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((spec.height, spec.width, spec.channels)),
            layers.Conv2D(spec.filters, spec.kernel, activation="relu"),
            layers.MaxPooling2D(spec.pool),
            layers.Conv2D(spec.filters2, spec.kernel, activation="relu"),
            layers.MaxPooling2D(spec.pool),
            layers.Flatten(),
            layers.Dense(spec.hidden, activation="relu"),
            layers.Dense(spec.classes, activation="softmax"),
        ]
    )
    model.compile(
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
