"""Open Financial Exchange: statements of OFX 1.x and 2.x."""
