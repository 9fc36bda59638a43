"""Servers of files, each in a thread: what they hold and take is a dictionary of path -> bytes, or a folder."""

import base64
import contextlib
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

logging.getLogger("pyftpdlib").setLevel(logging.CRITICAL)
LOGIN = "cp_1", "s3cret/@"
LOGIN_IN_URL = "cp_1:s3cret%2F%40"


@contextlib.contextmanager
def http(files, tls=None):
    """GET, and PUT, with a login. Yields the beginning of its URLs."""
    asked_for = "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            content = files.get(self.path)
            self.answer(404 if content is None else 200, content or b"")

        def do_PUT(self):
            files[self.path] = self.body()
            self.answer(201)

        def body(self):
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers["Content-Length"]))
            body = b""
            while length := int(self.rfile.readline(), 16):
                body += self.rfile.read(length)
                self.rfile.readline()
            return body

        def answer(self, status, content=b""):
            if self.headers.get("Authorization") != asked_for:
                status, content = 401, b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://{LOGIN_IN_URL}@127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def ftp(folder):
    """RETR and STOR, with a login. Yields the beginning of its URLs."""

    class Handler(FTPHandler):
        authorizer = DummyAuthorizer()

    Handler.authorizer.add_user(*LOGIN, str(folder), perm="elrw")
    server = FTPServer(("127.0.0.1", 0), Handler)
    stops = threading.Event()

    def serve():
        while not stops.is_set():
            server.serve_forever(timeout=0.05, blocking=False)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"ftp://{LOGIN_IN_URL}@127.0.0.1:{server.address[1]}"
    finally:
        stops.set()
        thread.join()
        server.close_all()
