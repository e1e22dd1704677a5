"""One outcome for every question: an answer with its grounds, or an honest abstention."""
