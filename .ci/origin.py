"""A central system on Tornado as it comes: it answers 403 to whoever states an origin that is not its own."""

import json
from datetime import datetime, timezone

import tornado.web
import tornado.websocket
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port


def listen():
    """Starts the server on the running loop. Its port, and the actions of the charge points in their order."""
    socket, port = bind_unused_port()
    seen = []
    HTTPServer(tornado.web.Application([(r"/.*", CentralSystem, {"seen": seen})])).add_socket(socket)
    return port, seen


class CentralSystem(tornado.websocket.WebSocketHandler):
    def initialize(self, seen):
        self.seen = seen

    def select_subprotocol(self, subprotocols):
        return "ocpp1.6" if "ocpp1.6" in subprotocols else None

    def on_message(self, message):
        _, id, action, payload = json.loads(message)
        self.seen.append(action)
        accepted = {"idTagInfo": {"status": "Accepted"}}
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        answers = {
            "BootNotification": {"status": "Accepted", "currentTime": now, "interval": 300},
            "Heartbeat": {"currentTime": now},
            "Authorize": accepted,
            "StartTransaction": accepted | {"transactionId": 1},
            "StopTransaction": accepted,
        }
        self.write_message(json.dumps([3, id, answers.get(action, {})]))
