"""The command line: one module for each command or group of commands, imported when it is called.

Results go to stdout, everything else to stderr. Nothing here draws with Textual.
"""
