"""Entries of the Automated Clearing House as Nacha's rules lay them out."""
