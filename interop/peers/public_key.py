"""Prints the SHA-256 hash of the public key of a certificate, as Chromium takes it."""

import base64
import hashlib
import pathlib
import sys

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

certificate = load_pem_x509_certificate(pathlib.Path(sys.argv[1]).read_bytes())
key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
print(base64.b64encode(hashlib.sha256(key).digest()).decode())
