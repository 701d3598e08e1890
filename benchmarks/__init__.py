"""A synthetic bank and a synthetic world: files with known truth, to measure the program against. No part of the product."""
