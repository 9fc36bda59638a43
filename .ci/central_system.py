"""An OCPP 1.6 central system on PyPI's `ocpp`; `scenarios` holds what a charge point has to pass with it.

The library checks every payload of both sides against the published schemas. This file adds the rules of OCPP-J and of
transactions. A breach of either is a complaint; a complaint, a missing message or a timeout fails the run and prints
every frame of it.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import logging
import sys
import time
from collections import Counter
from datetime import datetime, timedelta, timezone

import ocmf
import ocpp.messages
import ocpp.v16
from ocpp.routing import on
from ocpp.v16 import call_result
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

ocpp.messages.ASYNC_VALIDATION = False
logging.getLogger("ocpp").setLevel(logging.CRITICAL)  # what it logs is a complaint or a failure here
logging.getLogger("websockets").setLevel(logging.CRITICAL)  # a refused login is one

CALL, CALLRESULT, CALLERROR = 2, 3, 4
ERROR_CODES = {
    "NotImplemented", "NotSupported", "InternalError", "ProtocolError", "SecurityError", "FormationViolation",
    "PropertyConstraintViolation", "OccurenceConstraintViolation", "TypeConstraintViolation", "GenericError",
}  # fmt: skip
MALFORMED = {code for code in ERROR_CODES if code.endswith("Violation")} | {"ProtocolError"}  # RPC-15
ENDED = {"Available", "Finishing", "Unavailable", "Faulted"}
IN_USE = {"Charging", "SuspendedEV", "SuspendedEVSE"}
NEXT_STATUS = {  # chapter 4.9, the table of transitions
    "Available": IN_USE | {"Preparing", "Reserved", "Unavailable", "Faulted"},
    "Preparing": IN_USE | {"Available", "Finishing", "Faulted"},
    **{status: IN_USE - {status} | ENDED for status in IN_USE},
    "Finishing": {"Available", "Preparing", "Unavailable", "Faulted"},
    "Reserved": {"Available", "Preparing", "Unavailable", "Faulted"},
    "Unavailable": IN_USE | {"Available", "Preparing", "Faulted"},
    "Faulted": IN_USE | {"Available", "Preparing", "Finishing", "Reserved", "Unavailable"},
}
SECURITY = {
    "LogStatusNotification", "SecurityEventNotification", "SignCertificate", "SignedFirmwareStatusNotification",
}  # fmt: skip
LATENCY = 0.02  # before each answer, so that a second CALL while one is open can be seen
DELAY = 0.2  # what is sent is seen so late where the machine is busy


class Failure(Exception):
    """The charge point did not pass."""


class CentralSystem:
    """What outlives one connection: the transcript, the complaints, the calls of the charge point, the transactions."""

    def __init__(
        self, seen=None, tls=None, password=None, security="answered", message_timeout=None, authority=None
    ):
        self.charge_point = None
        self.tls = tls
        self.authority = authority  # who has signed its certificate
        self.handshakes = 0  # of TLS that have begun
        if tls:
            tls.sni_callback = self._shake_hands  # also where no name is asked for
        self.password = password  # of HTTP Basic authentication; None lets everybody in
        self.refused_logins = []
        self.security = security  # messages of the security extension are "answered", "unknown" or "ignored"
        self.message_timeout = message_timeout  # seconds that the charge point waits for an answer
        self.seen = Counter() if seen is None else seen  # (direction, action) of each CALL that was answered
        self.cut_at = None  # action of a CALL that gets no answer: the link is cut
        self.meter_keys = {}  # connector -> MeterPublicKey
        self.proven = 0  # signed values whose signature holds
        self.booted = False
        self.transcript, self.complaints = [], []
        self.calls = []  # (action, payload) that no scenario has asked for yet
        self.frames = {}  # id of each CALL of the charge point -> its text
        self.statuses = {}  # the last one of each connector
        self.transactions = {}  # id -> its StartTransaction and whether it is open
        self.ids = itertools.count(1)
        self.news = asyncio.Event()
        self.started = time.monotonic()

    def note(self, text):
        self.transcript.append(f"{time.monotonic() - self.started:7.3f}  {text}")
        self.news.set()

    def complain(self, text):
        self.complaints.append(text)
        self.note(f"COMPLAINT: {text}")

    def demand(self, holds, text):
        if not holds:
            self.complain(text)

    def listen(self, port=0):
        """The server, as an async context manager. The charge point has to offer the subprotocol."""
        return serve(
            self._accept, "127.0.0.1", port, subprotocols=["ocpp1.6"], ping_interval=5, ssl=self.tls,
            process_request=self._log_in,
        )  # fmt: skip

    def _shake_hands(self, *_):
        self.handshakes += 1

    def _log_in(self, connection, request):
        """The identity is the last segment of the URL (OCPP-J 6.2.2)."""
        login = request.path.rsplit("/", 1)[1].encode() + b":" + (self.password or b"")
        header = request.headers.get("Authorization")
        if self.password is None or header == "Basic " + base64.b64encode(login).decode():
            return None
        self.note(f"login refused: {header}")
        self.refused_logins.append(header)
        return connection.respond(401, "who are you?")

    async def _accept(self, connection):
        self.note(f"connected at {connection.request.path}")
        charge_point = self.charge_point = ChargePoint(self, connection)
        try:
            await charge_point.start()
        except ConnectionClosed as closed:
            self.note(f"disconnected: {closed}")
        finally:
            if self.charge_point is charge_point:
                self.charge_point = None
            self.news.set()

    # What scenarios are made of

    async def until(self, wanted, what, timeout=10):
        """The first true value that `wanted()` gives."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    if self.complaints:
                        raise Failure("the charge point broke a rule")
                    if found := wanted():
                        return found
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            raise Failure(f"no {what} within {timeout} s") from None

    async def expect(self, action, timeout=10, **fields):
        """The next CALL of this action with these fields. Each CALL is found once."""

        def wanted():
            for entry in self.calls:
                if entry[0] == action and entry[1].items() >= fields.items():
                    self.calls.remove(entry)
                    return entry
            return None

        return (await self.until(wanted, f"{action} {fields}", timeout))[1]

    async def status(self, connector, *statuses, timeout=10):
        """Waits until the connector has reported one of these statuses last."""
        await self.until(lambda: self.statuses.get(connector) in statuses, f"connector {connector} {statuses}", timeout)

    def missing(self, action):
        """No such CALL came that a scenario has not asked for."""
        if any(name == action for name, _ in self.calls):
            raise Failure(f"unexpected {action}")

    async def request(self, payload, **fields):
        """Sends a CALL through the library; the answer must have these fields. Returns the answer."""
        await self.until(lambda: self.charge_point, "connection")
        try:
            answer = await self.charge_point.call(payload, suppress=False)
        except Exception as error:
            raise Failure(f"{payload}: {error!r}") from error
        self.seen["->", type(payload).__name__] += 1
        for field, value in fields.items():
            if getattr(answer, field) != value:
                raise Failure(f"{payload}: {answer}, expected {field} = {value}")
        return answer

    async def refused(self, action, payload, codes):
        """Sends a CALL past the library, and its schemas; the answer must be a CALLERROR with one of these codes."""
        await self.until(lambda: self.charge_point, "connection")
        answer = await self.charge_point.raw([CALL, f"raw-{next(self.ids)}", action, payload])
        if answer[0] != CALLERROR or answer[2] not in codes:
            raise Failure(f"{action} {payload}: {answer}, expected a CALLERROR of {sorted(codes)}")

    async def run(self, scenario, evse, timeout):
        """True when the scenario passed and no complaint came up."""
        name = scenario.__name__
        self.note(f"== {name}: {scenario.__doc__}")
        self.calls.clear()
        passed = False
        try:
            async with asyncio.timeout(timeout):
                await scenario(self, evse)
            passed = not self.complaints
        except TimeoutError:
            self.note(f"{name}: not done within {timeout} s")
        except Failure as failure:
            self.note(f"{name}: {failure}")
        finally:
            if not passed:
                print(*self.transcript, sep="\n", file=sys.stderr)
            print(f"{name}: {'passed' if passed else 'FAILED'}", file=sys.stderr)
        return passed


class ChargePoint(ocpp.v16.ChargePoint):
    """One connection. The handlers answer and keep the rules of transactions; the rest keeps those of OCPP-J."""

    def __init__(self, central, connection):
        super().__init__(connection.request.path, connection, response_timeout=10)
        self.central = central
        self.unanswered = None  # id of the charge point's open CALL
        self.ignored_at = None  # when that one came in, if it gets no answer
        self.statuses = {}  # the same, on this connection: what happened without one is not told
        self.asked = {}  # id of each open CALL of ours -> future of the answer, None if the library waits for it
        self.may_answer_strays = False
        self.tasks = set()

    async def start(self):
        while True:
            text = await self._connection.recv()
            self.central.note(f"<- {text}")
            if breach := self._breach(text):
                self.central.complain(breach)
                continue
            frame = json.loads(text)
            if frame[0] != CALL and (waiting := self.asked.pop(frame[1], None)):
                waiting.set_result(frame)
                continue
            task = asyncio.create_task(self._answer(text))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _answer(self, text):
        with contextlib.suppress(ConnectionClosed):  # it may have left meanwhile
            await self.route_message(text)

    def _breach(self, text):
        """What is wrong with this frame, short of its payload."""
        if not isinstance(text, str):
            return "not a text frame"
        try:
            frame = json.loads(text)
        except ValueError as error:
            return f"not JSON: {error}"
        types = {CALL: [int, str, str, dict], CALLRESULT: [int, str, dict], CALLERROR: [int, str, str, str, dict]}
        if not isinstance(frame, list) or not frame or [type(part) for part in frame] != types.get(frame[0]):
            return "not a frame of OCPP-J"
        if frame[0] == CALL:
            return self._breach_of_call(text, *frame[1:3])
        if frame[1] not in self.asked:
            to_stray = self.may_answer_strays and frame[:3] == [CALLERROR, "-1", "GenericError"]
            return None if to_stray else "answers no open CALL"
        if frame[0] == CALLERROR and frame[2] not in ERROR_CODES:
            return f"error code {frame[2]} does not exist"
        return None

    def _breach_of_call(self, text, unique_id, action):
        if not 0 < len(unique_id) <= 36:
            return "message ids have 1 to 36 characters"
        if self.central.frames.setdefault(unique_id, text) != text:
            return "message id used before"
        has_waited = self.ignored_at and time.monotonic() - self.ignored_at >= self.central.message_timeout - DELAY
        if self.unanswered and not has_waited:
            return "second CALL while one is open"
        self.ignored_at = None
        if not self.central.booted and action != "BootNotification":
            return f"{action} before BootNotification was accepted"
        self.unanswered = unique_id
        return None

    async def _handle_call(self, msg):
        if msg.action == self.central.cut_at:
            self.central.cut_at = None
            self._connection.transport.abort()
            return
        if msg.action in SECURITY and self.central.security == "ignored":
            self.ignored_at = time.monotonic()
        elif msg.action in SECURITY and self.central.security == "unknown":
            await self._answer_unknown(msg)
        else:
            await asyncio.sleep(LATENCY)
            await super()._handle_call(msg)
        self._check_dates(msg.payload)
        self._check_signatures(msg.payload)
        self.central.seen["<-", msg.action] += 1
        self.central.calls.append((msg.action, msg.payload))
        self.central.news.set()

    async def _answer_unknown(self, msg):
        self.unanswered = None
        text = json.dumps([CALLERROR, msg.unique_id, "NotImplemented", "", {}])
        self.central.note(f"-> {text}")
        await self._connection.send(text)

    def _check_dates(self, payload):
        """The library leaves `date-time` unchecked. All here are of this run, hence near to now."""
        if isinstance(payload, list):
            payload = dict(enumerate(payload))
        for key, value in payload.items() if isinstance(payload, dict) else ():
            self._check_dates(value)
            if key == "timestamp":
                try:
                    far = abs(moment(value) - datetime.now(timezone.utc)) > timedelta(minutes=5)
                except (ValueError, TypeError):
                    far = True
                self.central.demand(not far, f"timestamp {value}")

    def _check_signatures(self, payload):
        """Each is of the meter of its connector, and of the user of its transaction."""
        transaction = self.central.transactions.get(payload.get("transactionId"), {})
        meter_key = self.central.meter_keys.get(payload.get("connectorId", transaction.get("connector_id")))
        for sampled in ocmf.all_of(payload):
            try:
                value = ocmf.proven(sampled, meter_key)
                self.central.demand(value.payload.get("ID") == transaction.get("id_tag"), f"another transaction: {value}")
                self.central.proven += 1
            except ocmf.Unproven as why:
                self.central.complain(f"{why}")

    async def _send(self, message):
        frame = json.loads(message)
        self.central.note(f"-> {message}")
        if frame[0] == CALL:
            self.asked.setdefault(frame[1], None)
        elif frame[1] == self.unanswered:
            self.unanswered = None
        if frame[0] == CALLERROR:
            self.central.complain(f"had to answer with CALLERROR: {message}")
        await self._connection.send(message)

    async def raw(self, frame):
        """Sends a frame past the library and returns the answer."""
        answer = self.asked[frame[1]] = asyncio.get_running_loop().create_future()
        await self._send(json.dumps(frame))
        try:
            return await asyncio.wait_for(answer, 10)
        except TimeoutError:
            raise Failure(f"no answer to {frame}") from None

    async def send_stray(self, text):
        """Sends what is answered with nothing, or with GenericError to the id -1 where that is allowed (RPC-17)."""
        self.central.note(f"-> {text}")
        await self._connection.send(text)

    @on("BootNotification")
    def boot_notification(self, **_):
        self.central.booted = True
        self.central.statuses.clear()
        self.statuses.clear()
        return call_result.BootNotification(current_time=now("Z"), interval=300, status="Accepted")

    @on("Heartbeat")
    def heartbeat(self):
        return call_result.Heartbeat(current_time=now("+02:00"))

    @on("StatusNotification")
    def status_notification(self, connector_id, status, **_):
        central, last = self.central, self.statuses.get(connector_id, status)
        if connector_id == 0:
            central.demand(status in {"Available", "Unavailable", "Faulted"}, f"connector 0 {status}")
        else:
            central.demand(status == last or status in NEXT_STATUS[last], f"{last} to {status}")
        central.statuses[connector_id] = self.statuses[connector_id] = status
        return call_result.StatusNotification()

    @on("Authorize")
    def authorize(self, id_tag):
        return call_result.Authorize(id_tag_info=id_tag_info(id_tag))

    @on("StartTransaction")
    def start_transaction(self, connector_id, id_tag, call_unique_id, **start):
        central = self.central
        for transaction_id, transaction in central.transactions.items():
            if transaction["message"] == call_unique_id:
                return call_result.StartTransaction(transaction_id, id_tag_info(id_tag, starts=True))
            same = transaction["open"] and transaction["connector_id"] == connector_id
            central.demand(not same, f"second transaction on connector {connector_id}")
        transaction_id = 1000 + next(central.ids)
        start |= {"connector_id": connector_id, "id_tag": id_tag, "message": call_unique_id, "open": True}
        central.transactions[transaction_id] = start
        return call_result.StartTransaction(transaction_id, id_tag_info(id_tag, starts=True))

    @on("StopTransaction")
    def stop_transaction(self, transaction_id, meter_stop, timestamp, call_unique_id, id_tag=None, **_):
        transaction = self.central.transactions.get(transaction_id)
        if transaction and transaction.setdefault("end", call_unique_id) == call_unique_id and not transaction["open"]:
            pass  # again, because the answer was lost
        elif not transaction or not transaction["open"]:
            self.central.complain(f"transaction {transaction_id} is not open")
        else:
            transaction["open"] = False
            self.central.demand(meter_stop >= transaction["meter_start"], "meterStop below meterStart")
            late = moment(timestamp) >= moment(transaction["timestamp"])
            self.central.demand(late, "StopTransaction is dated before StartTransaction")
        return call_result.StopTransaction(id_tag_info=id_tag and id_tag_info(id_tag))

    @on("MeterValues")
    def meter_values(self, connector_id, transaction_id=None, **_):
        if transaction_id is not None:
            transaction = self.central.transactions.get(transaction_id, {"open": False})
            own = transaction["open"] and transaction["connector_id"] == connector_id
            self.central.demand(own, f"transaction {transaction_id} does not run on connector {connector_id}")
        return call_result.MeterValues()

    @on("DataTransfer")
    def data_transfer(self, data=None, **_):
        return call_result.DataTransfer(status="Accepted", data=data)

    @on("DiagnosticsStatusNotification")
    def diagnostics_status_notification(self, **_):
        return call_result.DiagnosticsStatusNotification()

    @on("FirmwareStatusNotification")
    def firmware_status_notification(self, **_):
        return call_result.FirmwareStatusNotification()

    @on("SignedFirmwareStatusNotification")
    def signed_firmware_status_notification(self, **_):
        return call_result.SignedFirmwareStatusNotification()

    @on("LogStatusNotification")
    def log_status_notification(self, **_):
        return call_result.LogStatusNotification()

    @on("SecurityEventNotification")
    def security_event_notification(self, **_):
        return call_result.SecurityEventNotification()

    @on("SignCertificate")
    def sign_certificate(self, **_):
        return call_result.SignCertificate(status="Accepted")


def id_tag_info(id_tag, starts=False):
    """BLOCKED… is refused, LATE… only when a transaction starts; FAMILY… belongs to a group."""
    if id_tag.startswith("BLOCKED") or starts and id_tag.startswith("LATE"):
        return {"status": "Blocked"}
    if id_tag.startswith("FAMILY"):
        return {"status": "Accepted", "parentIdTag": "FAMILY"}
    return {"status": "Accepted"}


def now(zone):
    """This moment in RFC 3339, written in the zone `Z` or `+HH:MM`."""
    offset = timezone.utc if zone == "Z" else datetime.strptime(zone, "%z").tzinfo
    return datetime.now(offset).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text):
    return datetime.fromisoformat(text)
