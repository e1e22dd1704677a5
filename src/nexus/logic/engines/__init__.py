"""Engines that derive answers with certificates; what they derive is checked elsewhere."""
