"""A mail server of the tests' own, on loopback: it keeps what it is handed and answers from a script."""

import base64
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from types import TracebackType


@dataclass
class SmtpStandIn:
    """`answers` are for the next recipients ("550 no such user"); then everybody is welcome.

    `hangs_up` ends the connection after a mail is taken and before that is said; `breaks_at` ends it at
    every mail to this address.
    """

    certificate: ssl.SSLContext | None = None
    tls_from_the_start: bool = False
    password: str = ""
    answers: list[str] = field(default_factory=list)
    hangs_up: bool = False
    breaks_at: str = ""
    mails: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    has_mail: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    def __enter__(self) -> "SmtpStandIn":
        stand_in = self

        class Talk(_Talk):
            server_of_tests = stand_in

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    server_of_tests: SmtpStandIn
    timeout = 5

    def handle(self) -> None:
        self._is_encrypted = False
        if self.server_of_tests.tls_from_the_start:
            self._encrypt()
        self._say("220 stand-in")
        while line := self.rfile.readline():
            if not self._obey(line.decode().strip()):
                return

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _obey(self, line: str) -> bool:
        server, word = self.server_of_tests, line.split(" ")[0].upper()
        match word:
            case "EHLO":
                can = ["stand-in", *(["STARTTLS"] if server.certificate and not self._is_encrypted else [])]
                can += ["AUTH PLAIN"] if server.password else []
                for one in can[:-1]:
                    self._say(f"250-{one}")
                self._say(f"250 {can[-1]}")
            case "STARTTLS":
                self._say("220 go on")
                self._encrypt()
            case "AUTH":
                said = base64.b64decode(line.split(" ")[2]).decode().split("\0")[2]
                self._say("235 welcome" if said == server.password else "535 wrong")
            case "RCPT" if server.breaks_at and server.breaks_at in line:
                return False
            case "RCPT":
                answer = server.answers.pop(0) if server.answers else "250 fine"
                if answer.startswith("250"):
                    server.recipients.append(line.partition("<")[2].rstrip(">"))
                self._say(answer)
            case "DATA":
                self._say("354 go on")
                return self._take()
            case "QUIT":
                self._say("221 bye")
                return False
            case _:
                self._say("250 fine")
        return True

    def _take(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        server = self.server_of_tests
        server.mails.append(message_from_bytes(b"".join(lines)))
        server.was_encrypted.append(self._is_encrypted)
        server.has_mail.set()
        if server.hangs_up:
            server.hangs_up = False
            return False
        self._say("250 taken")
        return True

    def _encrypt(self) -> None:
        certificate = self.server_of_tests.certificate
        assert certificate is not None
        self.request = certificate.wrap_socket(self.request, server_side=True)
        self._is_encrypted = True
        self.setup()

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())
