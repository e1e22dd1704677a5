"""Where pictures come from: the world's own renderer, or a local image model told the captions."""
