"""Rules that are learned by gradient: which clauses there can be, and a soft program of them."""
