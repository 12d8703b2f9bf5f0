"""Pipelines, their executions and everything that moves them; knows nothing of pages."""
