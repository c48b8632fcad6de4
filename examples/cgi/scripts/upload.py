#!/usr/bin/env python3
"""Takes a file of a form, and says what it got. Keeps nothing.

deno run -A main.ts --port=8080 --staticdir=./examples/cgi/page --cgidir=./examples/cgi/scripts
"""

import email
import email.policy
import hashlib
import html
import os
import sys

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<title>Upload</title>
<h1>Upload</h1>
<pre class="{kind}" role="status">{text}</pre>
<p><a href="/">Back</a></p>
</html>
"""

# Whole in memory, so that this bounds it.
MOST = 10 * 1024 * 1024


def answer(text, status="200 OK"):
    kind = "good" if status.startswith("200") else "bad"
    body = PAGE.format(kind=kind, text=html.escape(text)).encode()
    head = f"Status: {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
    sys.stdout.buffer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    sys.exit()


type = os.environ.get("CONTENT_TYPE", "")
length = int(os.environ.get("CONTENT_LENGTH") or 0)
if os.environ["REQUEST_METHOD"] != "POST" or not type.startswith("multipart/form-data"):
    answer("Send a form with a file", "400 Bad Request")
if length > MOST:
    answer(f"Larger than {MOST} bytes", "413 Content Too Large")

# A form with files is written as a mail with attachments is.
head = f"Content-Type: {type}\r\n\r\n".encode()
form = email.message_from_bytes(head + sys.stdin.buffer.read(length), policy=email.policy.HTTP)
files = [part for part in form.iter_parts() if part.get_filename()] if form.is_multipart() else []
if not files:
    answer("There is no file in the form", "400 Bad Request")

lines = []
for part in files:
    data = part.get_payload(decode=True)
    # The name is what the client says it is: show it, and never open it.
    lines.append(f"{part.get_filename()}\n{len(data)} bytes\nSHA-256 {hashlib.sha256(data).hexdigest()}")
answer("\n\n".join(lines))
