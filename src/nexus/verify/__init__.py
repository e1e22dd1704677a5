"""Checkers of proofs and plans: small, torch-free, and sharing no code with any solver."""
