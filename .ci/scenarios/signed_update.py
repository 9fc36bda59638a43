"""The security extension: SignedUpdateFirmware."""

import file_server
from authority import P384, Certificate
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from ocpp.v16 import call

from .boot import booted_again
from .certificates import MANUFACTURER, install
from .files import FIRMWARE, ago
from .security import REQUESTS, told
from .steps import demand


PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)


async def ask_for_update(central, request_id, url, signer, signature, retrieve_date=None, **fields):
    firmware = {
        "location": f"{url}/firmware.bin", "retrieve_date_time": retrieve_date or ago(60),
        "signing_certificate": signer.pem, "signature": signature,
    }  # fmt: skip
    await central.request(call.SignedUpdateFirmware(request_id, firmware), **fields)


async def update_signed(central, signer, content, signature, *statuses, status="Accepted"):
    """SignedUpdateFirmware of this content, and each status of it with the id of the request. The id."""
    request_id = next(REQUESTS)
    with file_server.http({"/firmware.bin": content}) as url:
        await ask_for_update(central, request_id, url, signer, signature, status=status)
        for each in statuses:
            await signed_status(central, each, request_id)
    return request_id


async def signed_status(central, status, request_id):
    found = await central.expect("SignedFirmwareStatusNotification")
    demand(found == {"status": status, "requestId": request_id}, f"{status} of {request_id} is next: {found}")


def bad_signers(maker, stranger, authority):
    """Who may not sign the firmware of this maker."""
    return {
        "of an unknown root": Certificate("signer", stranger),
        "of the root of the central system": Certificate("signer", authority),
        "of one between": Certificate("signer", Certificate("between", maker, is_ca=True)),
        "of the past": Certificate("signer", maker, days=(-3, -1)),
        "of a weak key": Certificate("signer", maker, kind=1024),
    }


async def signed_update(central, evse):
    """Only what the manufacturer has signed is installed: not a byte more, not by another, nor what nobody has signed."""
    root, stranger = Certificate("maker", kind=P384, is_ca=True), Certificate("maker", kind=P384, is_ca=True)
    await install(central, root, MANUFACTURER)
    signer, elliptic = Certificate("signer", root, kind=2048), Certificate("signer", root)
    for what, bad in bad_signers(root, stranger, central.authority).items():
        central.note(what)
        signature = bad.sign(FIRMWARE, padding.PKCS1v15() if what == "of a weak key" else None)
        await update_signed(central, bad, FIRMWARE, signature, status="InvalidCertificate")
        await told(central, "InvalidFirmwareSigningCertificate")
    central.missing("SignedFirmwareStatusNotification")

    downloaded = ["Downloading", "Downloaded"]
    for what, content, signature in (
        ("of another firmware", FIRMWARE + b"!", signer.sign(FIRMWARE, PSS)),
        ("of another signer", FIRMWARE, elliptic.sign(FIRMWARE)),
    ):
        central.note(what)
        await update_signed(central, signer, content, signature, *downloaded, "InvalidSignature")
        await told(central, "InvalidFirmwareSignature")
    plain = {"location": "http://127.0.0.1/firmware.bin", "retrieveDate": ago(60)}
    await central.refused("UpdateFirmware", plain, {"NotSupported"})

    for signer, signature in (
        (signer, signer.sign(FIRMWARE, PSS)),
        (signer, signer.sign(FIRMWARE, padding.PKCS1v15())),
        (elliptic, elliptic.sign(FIRMWARE)),
    ):
        id = await update_signed(central, signer, FIRMWARE, signature, *downloaded, "SignatureVerified", "Installing")
        await booted_again(central)
        await signed_status(central, "Installed", id)
        await told(central, "FirmwareUpdated")
        await central.status(1, "Available")


async def revoked_signer(central, evse):
    """Who may not sign any more is known by a list of the root that has signed it, and by no other's."""
    root, stranger = Certificate("owner", is_ca=True), Certificate("owner", is_ca=True)
    await install(central, root, MANUFACTURER)
    signer, other = Certificate("signer", root), Certificate("other", root)
    lists = "certificates/revoked.pem"

    async def trusted(signer):
        """Its firmware is loaded, and would be installed if it were the right one."""
        statuses = ["Downloading", "Downloaded", "InvalidSignature"]
        await update_signed(central, signer, FIRMWARE, signer.sign(b"another"), *statuses)
        await told(central, "InvalidFirmwareSignature")

    await evse("put_file", file=lists, text=root.revoke(other) + stranger.revoke(signer))
    await trusted(signer)
    await evse("put_file", file=lists, text=stranger.revoke() + root.revoke(other, signer))
    for revoked in (signer, other):
        await update_signed(central, revoked, FIRMWARE, revoked.sign(FIRMWARE), status="RevokedCertificate")
    for damaged in (root.revoke().replace("\nM", "\nN", 1), "no list"):
        await evse("put_file", file=lists, text=damaged)
        await update_signed(central, signer, FIRMWARE, signer.sign(FIRMWARE), status="Rejected")  # nobody knows
    central.missing("SignedFirmwareStatusNotification")
    await evse("put_file", file=lists, text=root.revoke())
    await trusted(signer)
