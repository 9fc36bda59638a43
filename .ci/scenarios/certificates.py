"""The security extension: certificates come, go, are asked for and used."""

import asyncio
import ssl

from authority import P384, Certificate, name_of
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from ocpp.v16 import call

from .boot import power_cut
from .security import profile_is, reconnected, told
from .steps import change, demand

CENTRAL, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
OPERATOR = "Zürich Stromtankstellen & Söhne"


async def roots(central, kind, *wanted):
    """These are installed, and no others; each has the id that `cryptography` gives it."""
    answer = await central.request(call.GetInstalledCertificateIds(kind))
    demand(answer.status == ("Accepted" if wanted else "NotFound"), f"{len(wanted)} of {kind}: {answer}")
    found, wanted = answer.certificate_hash_data or [], [each.id() for each in wanted]
    demand(found == wanted, f"{kind} are {wanted}: {found}")


async def install(central, certificate, kind=CENTRAL, status="Accepted"):
    text = certificate if isinstance(certificate, str) else certificate.pem
    await central.request(call.InstallCertificate(kind, text), status=status)


async def delete(central, certificate, status):
    await central.request(call.DeleteCertificate(certificate.id()), status=status)


async def connected_anew(central, evse):
    first = central.charge_point
    await evse("disconnect")
    await central.until(lambda: not central.charge_point, "end of the connection")
    await evse("connect")
    await reconnected(central, first)


async def lost_power(central, evse):
    boot = await power_cut(central, evse)
    await told(central, "StartupOfTheDevice")
    return boot


async def tried_in_vain(central, evse):
    """On two handshakes comes no connection: the second is only tried when the first has failed."""
    await evse("disconnect")
    await central.until(lambda: not central.charge_point, "end of the connection")
    enough = central.handshakes + 2
    while central.handshakes < enough:
        await evse("connect")
        await asyncio.sleep(0.1)
    demand(not central.charge_point, "no connection")


async def reached(central, evse):
    while not central.charge_point:
        await evse("connect")
        await asyncio.sleep(0.1)


async def first_roots(central, evse):
    """The root of the factory is there, and cannot go while the connection stands on it."""
    await roots(central, CENTRAL, central.authority)
    await roots(central, MANUFACTURER)
    await delete(central, central.authority, "Failed")
    await roots(central, CENTRAL, central.authority)


async def new_roots(central, evse):
    """Roots of all kinds come, outlive the loss of power, and go. What is no root is refused and told."""
    one, other = Certificate("one", kind=2048, is_ca=True, serial=1), Certificate("other", kind=P384, is_ca=True)
    maker = Certificate("maker", is_ca=True, serial=2**158 - 1)
    below = Certificate("below", one, is_ca=True)
    for certificate in (one, other, below, one):  # what is there already is no second one
        await install(central, certificate)
    await install(central, maker, MANUFACTURER)
    await roots(central, CENTRAL, central.authority, one, other, below)
    await roots(central, MANUFACTURER, maker)

    stranger = Certificate("stranger", is_ca=True)
    bad = {
        "of no CA": Certificate("plain"),
        "of no CA, signed by one": Certificate("plain", one),
        "of the past": Certificate("old", is_ca=True, days=(-3, -1)),
        "of the future": Certificate("new", is_ca=True, days=(1, 3)),
        "of a weak key": Certificate("weak", kind=1024, is_ca=True),
        "of a weak key, signed by a good one": Certificate("weak", one, kind=1024, is_ca=True),
        "of an unknown issuer": Certificate("below", stranger, is_ca=True),
        "of a wrong issuer": Certificate("below", Certificate("one", is_ca=True), is_ca=True),
        "damaged": central.authority.pem.replace("MII", "MIJ", 1),
        "two": one.pem + other.pem,
        "nothing": "no certificate",
    }
    for what, certificate in bad.items():
        central.note(what)
        await install(central, certificate, status="Rejected")
        await told(central, "InvalidCentralSystemCertificate")
    await roots(central, CENTRAL, central.authority, one, other, below)

    await lost_power(central, evse)
    await roots(central, CENTRAL, central.authority, one, other, below)
    await roots(central, MANUFACTURER, maker)
    await delete(central, stranger, "NotFound")
    for certificate in (other, below, maker, one):
        await delete(central, certificate, "Accepted")
        await delete(central, certificate, "NotFound")
    await roots(central, CENTRAL, central.authority)
    await roots(central, MANUFACTURER)


async def newest_root(central, evse):
    """The server is trusted by the newest root or by the one before; its name may be the CN; nobody else is trusted."""
    newer, stranger = Certificate("newer", is_ca=True), Certificate("stranger", is_ca=True)
    await install(central, newer)
    await connected_anew(central, evse)  # by the one before
    newer.issue_to(central.tls, names=())
    await connected_anew(central, evse)
    await delete(central, newer, "Failed")  # it is in use

    for authority, fields in ((stranger, {}), (newer, {"common_name": "elsewhere", "names": ()})):
        authority.issue_to(central.tls, **fields)
        await tried_in_vain(central, evse)
        central.authority.issue_to(central.tls)
        await reached(central, evse)
        await told(central, "InvalidCentralSystemCertificate")
    await delete(central, central.authority, "Failed")
    await delete(central, newer, "Accepted")


async def request_for(central):
    """SignCertificate: a request that is signed by its key, for the operator and the serial number."""
    request = x509.load_pem_x509_csr((await central.expect("SignCertificate"))["csr"].encode())
    demand(request.is_signature_valid, "signed by its key")
    demand(request.subject == name_of("0001", OPERATOR), f"of the operator: {request.subject}")
    return request


async def asked_request(central):
    await central.request(call.ExtendedTriggerMessage("SignChargePointCertificate"), status="Accepted")
    return await request_for(central)


async def sign(central, *chain, status="Accepted"):
    text = "".join(each.pem for each in chain)
    await central.request(call.CertificateSigned(text), status=status)


async def certificate_asked_for(central, authority):
    """What must not be taken for an answer to a request, and the answer with the CA that has signed it."""
    first = await asked_request(central)
    request = await asked_request(central)
    below = Certificate("below", authority, is_ca=True)
    granted = below.grant(request)
    bad = {
        "of the pair before": [authority.grant(first)],
        "of another key": [authority.grant(request, public_key=authority.key.public_key())],
        "of another charge point": [authority.grant(request, name=name_of("0002", OPERATOR))],
        "of another operator": [authority.grant(request, name=name_of("0001", "ACME"))],
        "of the past": [authority.grant(request, days=(-3, -1))],
        "of an unknown CA": [Certificate(authority.x509.subject, is_ca=True).grant(request)],
        "of no CA": [(leaf := Certificate("plain", authority)).grant(request), leaf],
        "without the one between": [granted],
    }
    for what, chain in bad.items():
        central.note(what)
        await sign(central, *chain, status="Rejected")
        await told(central, "InvalidChargePointCertificate")
    return granted, below


async def own_certificate(central, evse):
    """The operator's name, a request for a certificate, what must not be taken for an answer to it, and the answer."""
    await change(central, "CpoName", OPERATOR)
    await change(central, "SecurityProfile", "3", "Rejected")  # there is no certificate
    granted, below = await certificate_asked_for(central, central.authority)
    await change(central, "SecurityProfile", "3", "Rejected")
    await lost_power(central, evse)  # the key outlives it
    await sign(central, granted, below)
    await sign(central, granted, below, status="Rejected")  # it is used up
    await told(central, "InvalidChargePointCertificate")
    central.granted = granted


def is_shown(central, certificate):
    """Whether the charge point has proven who it is with this certificate. With nothing else it has."""
    connection = central.charge_point._connection
    demand("Authorization" not in connection.request.headers, "no password in profile 3")
    shown = connection.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return shown == certificate.x509.public_bytes(Encoding.DER)


def shows(central, certificate):
    demand(is_shown(central, certificate), "its certificate is shown")


async def client_certificate(central, evse):
    """Profile 3: a server that demands a certificate gets it, over TLS 1.2 and 1.3, also after the loss of power."""
    central.tls.verify_mode, central.password = ssl.CERT_REQUIRED, None
    first = central.charge_point
    await change(central, "SecurityProfile", "3")
    await reconnected(central, first)
    await profile_is(central, "3")
    shows(central, central.granted)
    central.tls.maximum_version = ssl.TLSVersion.TLSv1_2
    await connected_anew(central, evse)
    shows(central, central.granted)
    central.tls.maximum_version = ssl.TLSVersion.TLSv1_3
    await lost_power(central, evse)
    await profile_is(central, "3")
    shows(central, central.granted)
    await change(central, "SecurityProfile", "2", "Rejected")


async def renewed_certificate(central, evse):
    """A new certificate opens another connection; one that begins later waits; one that ends soon is renewed unasked."""
    authority = central.authority
    old = central.granted
    later = authority.grant(await asked_request(central), days=(1, 300))
    first = central.charge_point
    await sign(central, later)
    await reconnected(central, first)
    shows(central, old)

    short = authority.grant(await asked_request(central), days=(-0.5, 20))
    first = central.charge_point
    await sign(central, short)
    await reconnected(central, first)
    shows(central, short)
    renewed = authority.grant(await request_for(central), days=(-0.4, 300))  # nobody has asked for it
    first = central.charge_point
    await sign(central, renewed)
    await reconnected(central, first)
    shows(central, renewed)
    central.granted = renewed


async def refused_certificate(central, evse):
    """A server that does not trust the certificate is tried again and again, and reached when it does."""
    trusting = central.tls.verify_flags
    central.tls.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF  # and there is no list
    await tried_in_vain(central, evse)
    central.tls.verify_flags = trusting
    await reached(central, evse)
    shows(central, central.granted)
    await profile_is(central, "3")


async def cipher_suites(central, evse):
    """TLS 1.2 with each suite of an elliptic curve that is demanded (A00.FR.318)."""
    central.tls.maximum_version = ssl.TLSVersion.TLSv1_2
    for suite in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"):
        central.tls.set_ciphers(suite)
        await connected_anew(central, evse)
        used = central.charge_point._connection.transport.get_extra_info("cipher")
        demand(used[:2] == (suite, "TLSv1.2"), f"{suite}: {used}")
    central.tls.set_ciphers("DEFAULT")
    central.tls.maximum_version = ssl.TLSVersion.TLSv1_3
