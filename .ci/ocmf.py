"""Signed meter values (OCA application note 1.0) in the Open Charge Metering Format: what a value tells, and the proof that
its meter has signed it.
"""

import base64
import json
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

FIELDS = {"signedMeterData", "signingMethod", "encodingMethod", "publicKey"}


class Unproven(Exception):
    """It is no signed value, or not one of this meter."""


@dataclass(frozen=True)
class SignedValue:
    context: str
    data: str  # as it came
    public_key: str  # the field, which may be empty
    payload: dict  # of the OCMF

    @property
    def readings(self):
        """[TX, RV] of each."""
        return [[reading["TX"], reading["RV"]] for reading in self.payload["RD"]]

    @property
    def time(self):
        return self.payload["RD"][0]["TM"].removesuffix(" S").replace(",", ".")

    @property
    def page(self):
        return int(self.payload["PG"].removeprefix("T"))


def all_of(payload):
    """Each sampledValue with signed data of a MeterValues or StopTransaction."""
    for values in payload.get("meterValue", payload.get("transactionData", ())):
        yield from (sampled for sampled in values["sampledValue"] if sampled.get("format") == "SignedData")


def proven(sampled, meter_key):
    """The signed value that a sampledValue holds. `meter_key` is what the configuration key of the meter tells."""
    try:
        fields = json.loads(sampled["value"])
        demand(fields.keys() == FIELDS and all(isinstance(field, str) for field in fields.values()), f"fields: {fields}")
        demand(fields["publicKey"] in ("", meter_key), f"the public key of another meter: {fields}")
        demand((fields["signingMethod"], fields["encodingMethod"]) == ("", "OCMF"), f"methods: {fields}")
        header, rest = base64.b64decode(fields["signedMeterData"], validate=True).decode().split("|", 1)
        payload, signature = rest.rsplit("|", 1)
        signature = json.loads(signature)
        demand((header, signature["SA"]) == ("OCMF", "ECDSA-secp256r1-SHA256"), f"formats: {header}, {signature}")
        read_key(meter_key).verify(bytes.fromhex(signature["SD"]), payload.encode(), ECDSA(SHA256()))
        return SignedValue(sampled["context"], fields["signedMeterData"], fields["publicKey"], json.loads(payload))
    except InvalidSignature:
        raise Unproven(f"the signature is not of its meter: {sampled}") from None
    except (ValueError, KeyError) as error:
        raise Unproven(f"{error!r}: {sampled}") from None


def read_key(field):
    """The key in a field publicKey or a configuration key MeterPublicKey (note 3.2.2)."""
    marker, encoding, content, printed = base64.b64decode(field, validate=True).decode().split(":")
    demand((marker, encoding, content) == ("oca", "base16", "asn1"), f"public key: {field}")
    key = load_der_public_key(bytes.fromhex(printed))
    demand(isinstance(key.curve, SECP256R1), f"curve: {key.curve}")
    return key


def demand(holds, text):
    if not holds:
        raise Unproven(text)
