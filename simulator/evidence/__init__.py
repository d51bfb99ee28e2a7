"""Evidence: parameters, tables, trusts and their sources. See README.md in this folder."""
