"""Symbols: the query language and the engines that evaluate it; torch-free."""
