"""The command line: parse, call, print; nothing else. Heavy modules are imported where they are used."""

from carecircles.cli.main import main as main
