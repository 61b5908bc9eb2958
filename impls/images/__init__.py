"""How each library holds and pools feature maps: a rung below cnn."""
