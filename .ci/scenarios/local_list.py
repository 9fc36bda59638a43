"""The local list: SendLocalList, GetLocalListVersion, and cards that nobody has to be asked about."""

import asyncio

from ocpp.v16 import call

from .steps import card_session, configured, demand, values_of

ACCEPTED = {"status": "Accepted"}


def entry(id_tag, **info):
    return {"idTag": id_tag, "idTagInfo": ACCEPTED | info}


async def send(central, version, kind, entries, status="Accepted"):
    await central.request(call.SendLocalList(version, kind, entries), status=status)


async def version_is(central, version):
    await central.request(call.GetLocalListVersion(), list_version=version)


async def local_list(central, evse):
    """Full and differential updates; what does not fit changes nothing."""
    async with configured(central, LocalAuthListEnabled="true"):
        await send(central, 1, "Full", [])
        await version_is(central, 0)
        await send(central, 2, "Full", [entry("LISTED01"), entry("LISTED02", parentIdTag="LISTED")])
        await version_is(central, 2)
        await send(central, 2, "Differential", [entry("LISTED03")], "VersionMismatch")
        await send(central, 3, "Differential", [entry("LISTED03"), entry("listed03")], "Failed")
        await send(central, 4, "Full", [entry("LISTED04"), {"idTag": "LISTED05"}], "Failed")
        longest = int((await values_of(central, "SendLocalListMaxLength"))["SendLocalListMaxLength"]["value"])
        await send(central, 5, "Full", [entry(f"MANY{number}") for number in range(longest + 1)], "Failed")
        await version_is(central, 2)
        await send(central, 6, "Differential", [entry("LISTED03", status="Blocked"), {"idTag": "LISTED02"}])
        await version_is(central, 6)
        await send(central, 7, "Full", [entry(f"MANY{number}") for number in range(longest)])
        await version_is(central, 7)
        await send(central, 8, "Full", [])
        await version_is(central, 0)


async def local_list_off(central, evse):
    """LocalAuthListEnabled: without it there is no list."""
    async with configured(central, LocalAuthListEnabled="false"):
        await send(central, 1, "Full", [entry("LISTED01")], "NotSupported")
        await version_is(central, -1)


async def listed_card(central, evse):
    """A card of the list needs no Authorize, not even offline, where a card that is not known starts nothing."""
    async with configured(
        central, LocalAuthListEnabled="true", LocalPreAuthorize="true", LocalAuthorizeOffline="true",
        AllowOfflineTxForUnknownId="false",
    ):  # fmt: skip
        await send(central, 1, "Full", [entry("LISTED01"), entry("LISTED02", status="Blocked")])
        await card_session(central, evse, "LISTED01", is_asked_about=False)
        await evse("disconnect")
        await central.until(lambda: not central.charge_point, "end of the connection")
        await evse("plug_in", connector=1)
        for id_tag in ("NOTKNOWN", "LISTED02", "LISTED01"):
            await evse("swipe", id_tag=id_tag, connectors=[1])
            await asyncio.sleep(0.2)
        await evse("plug_out", connector=1)
        await asyncio.sleep(0.2)
        await evse("connect")
        start = await central.expect("StartTransaction")
        demand(start["idTag"] == "LISTED01", f"only a card of the list starts: {start}")
        await central.expect("StopTransaction", transactionId=max(central.transactions), reason="EVDisconnected")
        central.missing("StartTransaction")
        central.missing("Authorize")
        await send(central, 2, "Full", [])
