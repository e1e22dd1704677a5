"""The tensor vocabulary: layers, losses on batches of vectors, tensor records; no domain words."""
