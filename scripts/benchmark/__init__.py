"""Measures Penstock beside simpler things that do the same (docs/benchmarks.md)."""
