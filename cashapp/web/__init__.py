"""The clerks' desk in a browser: pages and an API over the same verbs as the command line."""
