"""A second, independent reckoning of what the examples must lead to. Imports nothing of Tenure."""
