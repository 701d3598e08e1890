"""XML in pieces, without a tree of the whole file."""
