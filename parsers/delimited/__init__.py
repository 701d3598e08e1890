"""Statements in delimited text, by a profile of their columns."""
