"""Bank files from payments, one module per format, written from the standards and without a look at our readers.

That independence is the point: a reader that returns what a writer wrote has been proven by two people's understanding of
the same standard. Every writer streams to a text file object and gets each control total right.
"""
