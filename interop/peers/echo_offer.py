"""What a client of the conformance suite shall offer, and its URL."""

import os
import sys

url = sys.argv[1]
subprotocols = [name for name in os.environ.get("WS_SUBPROTOCOLS", "").split(",") if name]
deflate = os.environ.get("WS_DEFLATE") == "1"
# In seconds. Without a wish of the suite it is longer than an exchange.
timeout = float(os.environ.get("WS_TIMEOUT", "10"))
