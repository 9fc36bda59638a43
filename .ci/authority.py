"""A small CA: roots, certificates of servers, and what a charge point asks for. Made and read by PyPI's `cryptography`."""

import base64
import tempfile
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.ocsp import OCSPRequestBuilder

HOST = "127.0.0.1"
P256, P384 = ec.SECP256R1, ec.SECP384R1


def new_key(kind=P256):
    """An elliptic curve, or so many bits of RSA."""
    return rsa.generate_private_key(65537, kind) if isinstance(kind, int) else ec.generate_private_key(kind())


def name_of(common_name, organization="ACME"):
    return x509.Name([
        x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization),
        x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
    ])  # fmt: skip


class Certificate:
    """With its key, where it is ours. `days` counts from now: where it begins, and where it ends."""

    def __init__(
        self, name, issuer=None, kind=P256, is_ca=False, days=(-1, 300), serial=None, public_key=None, names=()
    ):
        self.key = None if public_key else new_key(kind)
        name = name_of(name) if isinstance(name, str) else name
        now = datetime.now(timezone.utc)
        builder = x509.CertificateBuilder(
            subject_name=name, issuer_name=issuer.x509.subject if issuer else name,
            public_key=public_key or self.key.public_key(), serial_number=serial or x509.random_serial_number(),
            not_valid_before=now + timedelta(days=days[0]), not_valid_after=now + timedelta(days=days[1]),
        ).add_extension(x509.BasicConstraints(is_ca, None), critical=True)  # fmt: skip
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        self.issuer = issuer or self
        self.x509 = builder.sign(self.issuer.key, hashes.SHA256())
        self.pem = self.x509.public_bytes(Encoding.PEM).decode()

    def id(self):
        """As OCSP has it, in the words of OCPP."""
        request = OCSPRequestBuilder().add_certificate(self.x509, self.issuer.x509, hashes.SHA256()).build()
        return {
            "hash_algorithm": "SHA256",
            "issuer_name_hash": request.issuer_name_hash.hex(),
            "issuer_key_hash": request.issuer_key_hash.hex(),
            "serial_number": f"{request.serial_number:x}",
        }

    def sign(self, content, padding=None):
        """In base64, with SHA-256; RSA wants to know how."""
        how = (padding, hashes.SHA256()) if padding else (ec.ECDSA(hashes.SHA256()),)
        return base64.b64encode(self.key.sign(content, *how)).decode()

    def revoke(self, *certificates):
        """The list of those that it has taken back, in PEM."""
        now = datetime.now(timezone.utc)
        builder = x509.CertificateRevocationListBuilder(self.x509.subject, now, now + timedelta(days=1))
        for each in certificates:
            revoked = x509.RevokedCertificateBuilder().serial_number(each.x509.serial_number).revocation_date(now)
            builder = builder.add_revoked_certificate(revoked.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def issue_to(self, tls, common_name=HOST, kind=P256, names=(x509.IPAddress(ip_address(HOST)),)):
        """From now on a server shows a certificate that this CA has signed. One of RSA is shown beside that of a curve."""
        server = Certificate(common_name, self, kind, names=names)
        with tempfile.NamedTemporaryFile() as file:
            key = server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            Path(file.name).write_bytes(key + server.pem.encode())
            tls.load_cert_chain(file.name)

    def grant(self, request, **fields):
        """What a charge point asks for: a certificate of the key and subject in its request, or as `fields` say."""
        fields = {"name": request.subject, "public_key": request.public_key()} | fields
        return Certificate(issuer=self, **fields)
