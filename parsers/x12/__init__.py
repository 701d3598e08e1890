"""ANSI ASC X12 interchanges: remittance advice and lockbox."""
