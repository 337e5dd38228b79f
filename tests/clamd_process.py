"""A process that speaks clamd's protocol: `zINSTREAM`, `zVERSION`, `zPING`, with its limit of size. It knows one
signature, that of the EICAR test file. Run: python clamd_process.py SOCKET-OR-PORT [limit]"""

from __future__ import annotations

import socket
import socketserver
import struct
import sys

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 25 * 1024 * 1024


class Session(socketserver.StreamRequestHandler):
    limit = LIMIT

    def handle(self) -> None:
        command = b""
        while not command.endswith(b"\0"):
            part = self.rfile.read(1)
            if not part:
                return
            command += part
        if command == b"zPING\0":
            self.wfile.write(b"PONG\0")
        elif command == b"zVERSION\0":
            self.wfile.write(b"ClamAV 1.4.2/27500/Sun Nov 22 08:00:00 2026\0")
        elif command == b"zINSTREAM\0":
            self.wfile.write(self.scanned())
        else:
            self.wfile.write(b"UNKNOWN COMMAND\0")

    def scanned(self) -> bytes:
        content = b""
        while size := struct.unpack(">I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
            if len(content) > self.limit:
                return b"INSTREAM size limit exceeded. ERROR\0"
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


class Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    address_family = socket.AF_INET


if __name__ == "__main__":
    if len(sys.argv) > 2:
        Session.limit = int(sys.argv[2])
    where = sys.argv[1]
    server = Unix(where, Session) if where.startswith("/") else Tcp(("127.0.0.1", int(where)), Session)
    print("ready", server.server_address if not where.startswith("/") else where, flush=True)
    server.serve_forever()
