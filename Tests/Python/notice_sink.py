"""A webhook receiver and a mail server for tests: prints what comes as JSON, one line each.

Usage: notice_sink.py SECRET [FOLDER]. The first line has both ports. Webhooks are checked as a receiver should: the signature over
timestamp and body, by this language's own HMAC. The path says how to answer: /ok, /twice (503 the first two times),
/hang (never), /gone (404).

With a folder there are encrypted ones too: an authority of its own is made there (`ca`), and for each of the certificates
good, wrong (of another host) and expired a web server, a mail server with STARTTLS and one that is encrypted from the start.
"""
import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import pathlib
import socketserver
import ssl
import subprocess
import sys
import threading

SECRET = sys.argv[1].encode()
LOCK = threading.Lock()
SEEN = {}


def tell(**fields):
    with LOCK:
        print(json.dumps(fields), flush=True)


def is_signed(headers, body):
    timestamp = headers.get("X-Nautilus-Timestamp", "")
    wanted = hmac.new(SECRET, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    given = [part.split("=", 1) for part in headers.get("X-Nautilus-Signature", "").split(",") if "=" in part]
    return any(name == "v1" and hmac.compare_digest(value, wanted) for name, value in given)


class Webhook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers.get("Idempotency-Key")
        with LOCK:
            SEEN[(self.path, key)] = SEEN.get((self.path, key), 0) + 1
            times = SEEN[(self.path, key)]
        if self.path.startswith("/hang"):
            tell(path=self.path)
            threading.Event().wait()
        status = 404 if self.path == "/gone" else 503 if self.path == "/twice" and times <= 2 else 200
        tell(path=self.path, key=key, signed=is_signed(self.headers, body), times=times, status=status,
             timestamp=self.headers.get("X-Nautilus-Timestamp"), body=json.loads(body),
             secure=isinstance(self.connection, ssl.SSLSocket))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Mail(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        try:
            self.talk()
        except OSError:
            pass  # The other side did not like the certificate.

    def is_secure(self):
        return isinstance(self.connection, ssl.SSLSocket)

    def secure(self):
        self.connection = self.server.secrets.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def talk(self):
        self.say("220 sink")
        sender = recipient = user = None
        while line := self.rfile.readline():
            text = line.decode().rstrip("\r\n")
            verb = text.split(" ")[0].upper()
            if verb in ("EHLO", "HELO"):
                can = b"250-STARTTLS\r\n" if self.server.secrets and not self.is_secure() else b""
                self.wfile.write(b"250-sink\r\n" + can + b"250 AUTH PLAIN\r\n")
            elif verb == "STARTTLS":
                self.say("220 go on")
                self.secure()
            elif verb == "AUTH":
                words = text.split(" ")
                if len(words) < 3:
                    self.say("334 ")
                    words.append(self.rfile.readline().decode().strip())
                user = base64.b64decode(words[2]).split(b"\0")[1:]
                self.say("235 welcome")
            elif verb == "MAIL":
                sender = text.split(":", 1)[1].split(" ")[0]
                self.say("250 ok")
            elif verb == "RCPT":
                recipient = text.split(":", 1)[1]
                self.say("550 nobody here" if "nobody" in text else "250 ok")
            elif verb == "DATA":
                self.say("354 go on")
                lines = []
                while (data := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(data[1:] if data.startswith(b".") else data)
                mail = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                self.say("250 taken")
                tell(sender=sender, recipient=recipient, subject=mail["Subject"], id=mail["Message-ID"],
                     date=mail["Date"], text=mail.get_content(), user=[part.decode() for part in user or []],
                     secure=self.is_secure())
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("500 what")


class Threads(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    secrets = None


def start(handler, secrets=None, from_start=False):
    """The port of a server."""
    server = Threads(("127.0.0.1", 0), handler)
    server.secrets = secrets
    if from_start:
        server.socket = secrets.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certificate(folder, name, host, begin, end):
    """A certificate of the folder's authority, and what a server needs to use it."""
    openssl(folder, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            name + ".key", "-out", name + ".csr", "-subj", "/CN=" + host, "-addext", "subjectAltName=DNS:" + host)
    openssl(folder, "ca", "-batch", "-notext", "-config", "ca.cnf", "-in", name + ".csr", "-out", name + ".pem",
            "-startdate", begin, "-enddate", end)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / (name + ".pem"), folder / (name + ".key"))
    return context


def authority(folder):
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01\n")
    (folder / "ca.cnf").write_text("""[ca]
default_ca = own
[own]
dir = .
database = index.txt
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
""")
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            "ca.key", "-out", "ca.pem", "-subj", "/CN=Authority of a test", "-days", "3650")


def encrypted(folder):
    authority(folder)
    found = {"ca": str(folder / "ca.pem")}
    for name, host, begin, end in [
        ("good", "localhost", "20200101000000Z", "20480101000000Z"),
        ("wrong", "elsewhere.example", "20200101000000Z", "20480101000000Z"),
        ("expired", "localhost", "20200101000000Z", "20210101000000Z"),
    ]:
        secrets = certificate(folder, name, host, begin, end)
        found[name] = {"web": start(Webhook, secrets, True), "starttls": start(Mail, secrets),
                       "smtps": start(Mail, secrets, True)}
    return found


tell(web=start(Webhook), mail=start(Mail), tls=encrypted(pathlib.Path(sys.argv[2])) if len(sys.argv) > 2 else None)
threading.Event().wait()
