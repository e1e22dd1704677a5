"""One self-contained page about a run: it opens anywhere, offline, and says what is missing."""
