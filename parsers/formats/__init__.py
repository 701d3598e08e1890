"""One module for each format, named by the standard; `parsers.registry` finds them by walking this folder."""
