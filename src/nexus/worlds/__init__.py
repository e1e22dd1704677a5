"""Examples: the worlds all training data comes from, their words, manifests and exports."""
