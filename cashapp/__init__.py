"""cashapp: the books, the queue and the edges around them (see docs/architecture.md)."""

__version__ = "0.1.0"
