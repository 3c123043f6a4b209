"""What a client of the conformance suite shall offer, and its URL."""

import os
import sys

url = sys.argv[1]
subprotocols = [name for name in os.environ.get("WS_SUBPROTOCOLS", "").split(",") if name]
deflate = os.environ.get("WS_DEFLATE") == "1"
