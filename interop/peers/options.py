"""The command line of all Python peers."""

import argparse
import importlib.metadata
import platform


def parse(name, *more):
    """Returns the parsed arguments. `more` has further options of a peer."""
    version = f"{name} {importlib.metadata.version(name)} (Python {platform.python_version()})"
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", action="version", version=version)
    parser.add_argument("--message", default="")
    parser.add_argument("--subprotocol", action="append")
    parser.add_argument("--deflate", action="store_true")
    parser.add_argument("--server-window", type=int)
    parser.add_argument("--client-window", type=int)
    parser.add_argument("--no-server-context", action="store_true")
    parser.add_argument("--no-client-context", action="store_true")
    parser.add_argument("--http3", action="store_true")
    parser.add_argument("--refuse", action="store_true")
    parser.add_argument("--same-origin", action="store_true")
    parser.add_argument("--other-origin", action="store_true")
    for option in more:
        parser.add_argument(option)
    parser.add_argument("url", nargs="?")
    return parser.parse_args()
