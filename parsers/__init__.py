"""Bank files in, records out: no database, no clock, no network, no knowledge of customers.

A format is one module in `parsers.formats`. `parsers.documents.read` recognises a file, runs its reader and drains the
records into frames; `parsers.registry` says which formats there are.
"""
