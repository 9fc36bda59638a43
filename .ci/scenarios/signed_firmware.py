"""SignedUpdateFirmware: who may sign, and what is not signed."""

import base64
import itertools

import file_server
import trustme
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from ocpp.v16 import call

from .boot import booted_again
from .files import FIRMWARE, ago
from .steps import demand

REQUESTS = itertools.count(1)


class Signer:
    """Who signs firmware, with a certificate of an authority."""

    def __init__(self, authority, key_type=trustme.KeyType.ECDSA):
        leaf = authority.issue_cert("firmware.example", key_type=key_type)
        self.certificate = leaf.cert_chain_pems[0].bytes().decode()
        self.key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)

    def sign(self, content):
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(content, ec.ECDSA(hashes.SHA256()))
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)
        return self.key.sign(content, pss, hashes.SHA256())


async def update(central, location, signer, signed=FIRMWARE, status="Accepted", retrieve_date=None):
    """The id of the request."""
    request_id = next(REQUESTS)
    firmware = {
        "location": location,
        "retrieve_date_time": retrieve_date or ago(60),
        "signing_certificate": signer.certificate,
        "signature": base64.b64encode(signer.sign(signed)).decode(),
    }
    await central.request(call.SignedUpdateFirmware(request_id, firmware), status=status)
    return request_id


async def statuses(central, request_id, *wanted, timeout=10):
    """These and no others, in this order."""
    for status in wanted:
        found = await central.expect("SignedFirmwareStatusNotification", timeout=timeout)
        demand(found == {"status": status, "requestId": request_id}, f"{status} of {request_id} is next: {found}")


async def signed_firmware(central, evse):
    """Signed with ECDSA and with RSA-PSS: verified, installed, restarted; the id goes on over the restart."""
    for key_type in (trustme.KeyType.ECDSA, trustme.KeyType.RSA):
        with file_server.http({"/firmware.bin": FIRMWARE}) as url:
            request_id = await update(central, f"{url}/firmware.bin", Signer(central.manufacturer, key_type))
            await installed(central, request_id)


async def installed(central, request_id):
    """From the download to the new firmware."""
    await statuses(central, request_id, "Downloading", "Downloaded", "SignatureVerified", "Installing")
    await central.until(lambda: not central.charge_point, "end of the connection")
    central.booted = False
    await central.expect("BootNotification", timeout=20)
    await statuses(central, request_id, "Installed", timeout=20)
    await central.expect("SecurityEventNotification", type="FirmwareUpdated")
    await central.status(1, "Available")


async def signed_firmware_waits(central, evse):
    """The power fails before the date of the download: certificate, signature and id are still there."""
    with file_server.http({"/firmware.bin": FIRMWARE}) as url:
        signer, date = Signer(central.manufacturer), ago(-4)
        request_id = await update(central, f"{url}/firmware.bin", signer, retrieve_date=date)
        await statuses(central, request_id, "DownloadScheduled")
        await evse("power_cut")
        await central.until(lambda: not central.charge_point, "end of the connection")
        await booted_again(central)
        await installed(central, request_id)


async def unsigned_firmware(central, evse):
    """What a stranger has signed is not loaded, what nobody has is not installed; a plain update is none at all."""
    central.missing("SecurityEventNotification")
    signer, stranger = Signer(central.manufacturer), Signer(trustme.CA())
    between = Signer(central.manufacturer.create_child_ca())  # no root has signed it
    with file_server.http({"/firmware.bin": FIRMWARE}) as url:
        location = f"{url}/firmware.bin"
        plain = {"location": location, "retrieveDate": ago(60)}
        await central.refused("UpdateFirmware", plain, {"NotSupported"})
        for other in (stranger, between):
            await update(central, location, other, status="InvalidCertificate")
            await central.expect("SecurityEventNotification", type="InvalidFirmwareSigningCertificate")
        request_id = await update(central, location, signer, signed=FIRMWARE[:-1])
        await statuses(central, request_id, "Downloading", "Downloaded", "InvalidSignature")
        await central.expect("SecurityEventNotification", type="InvalidFirmwareSignature")
    central.missing("SignedFirmwareStatusNotification")
    demand(central.charge_point, "it runs on")
