"""The command line of both Python peers."""

import argparse
import importlib.metadata
import platform


def parse():
    version = f"websockets {importlib.metadata.version('websockets')} (Python {platform.python_version()})"
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", action="version", version=version)
    parser.add_argument("--message", default="")
    parser.add_argument("--subprotocol", action="append")
    parser.add_argument("--deflate", action="store_true")
    parser.add_argument("--window-bits", type=int)
    parser.add_argument("--no-context-takeover", action="store_true")
    parser.add_argument("url", nargs="?")
    return parser.parse_args()


def extensions(arguments, factory, client_max_window_bits):
    """permessage-deflate made by `factory`, if it is wanted; the last argument holds where no window is asked for."""
    if not arguments.deflate:
        return None
    deflate = factory(
        server_no_context_takeover=arguments.no_context_takeover,
        client_no_context_takeover=arguments.no_context_takeover,
        server_max_window_bits=arguments.window_bits,
        client_max_window_bits=arguments.window_bits or client_max_window_bits,
    )
    return [deflate]
