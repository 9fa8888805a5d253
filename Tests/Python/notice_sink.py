"""A webhook receiver and a mail server for tests: prints what comes as JSON, one line each.

Usage: notice_sink.py SECRET. The first line has both ports. Webhooks are checked as a receiver should: the signature over
timestamp and body, by this language's own HMAC. The path says how to answer: /ok, /twice (503 the first two times),
/hang (never), /gone (404).
"""
import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import socketserver
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
        if self.path == "/hang":
            tell(path=self.path)
            threading.Event().wait()
        status = 404 if self.path == "/gone" else 503 if self.path == "/twice" and times <= 2 else 200
        tell(path=self.path, key=key, signed=is_signed(self.headers, body), times=times, status=status,
             timestamp=self.headers.get("X-Nautilus-Timestamp"), body=json.loads(body))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Mail(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 sink")
        sender = recipient = user = None
        while line := self.rfile.readline():
            text = line.decode().rstrip("\r\n")
            verb = text.split(" ")[0].upper()
            if verb in ("EHLO", "HELO"):
                self.wfile.write(b"250-sink\r\n250 AUTH PLAIN\r\n")
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
                     date=mail["Date"], text=mail.get_content(), user=[part.decode() for part in user or []])
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("500 what")


class Threads(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True


web, post = Threads(("127.0.0.1", 0), Webhook), Threads(("127.0.0.1", 0), Mail)
for server in (web, post):
    threading.Thread(target=server.serve_forever, daemon=True).start()
tell(web=web.server_address[1], mail=post.server_address[1])
threading.Event().wait()
