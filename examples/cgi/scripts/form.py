#!/usr/bin/env python3
"""A form that is sent to itself.

deno run -A main.ts --port=8080 --staticdir=./examples/cgi/page --cgidir=./examples/cgi/scripts
"""

import html
import os
import sys
import urllib.parse

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<title>Form</title>
<h1>Form</h1>
{message}
<form method="post" action="{script}">
<label>Name <input name="name" value="{name}" maxlength="100"></label>
<label>Number <input name="number" value="{number}" inputmode="numeric"></label>
<button>Send</button>
</form>
<p><a href="/">Back</a></p>
</html>
"""

# Far more than the form can hold.
MOST = 10_000


def read_form():
    length = int(os.environ.get("CONTENT_LENGTH") or 0)
    if length > MOST:
        return {}
    body = sys.stdin.buffer.read(length).decode("utf-8", "replace")
    return dict(urllib.parse.parse_qsl(body, keep_blank_values=True))


def judge(form):
    """(good or bad, what to say)"""
    name = form.get("name", "").strip()
    if name == "":
        return "bad", "A name is missing."
    try:
        number = int(form.get("number", ""))
    except ValueError:
        return "bad", "That is not a whole number."
    return "good", f"Hello, {name}: {number} and {number} is {2 * number}."


form = read_form() if os.environ["REQUEST_METHOD"] == "POST" else {}
kind, text = judge(form) if form else ("", "")
page = PAGE.format(
    # Whatever comes from outside is escaped, or it could be a script.
    message=f'<p class="{kind}" role="status">{html.escape(text)}</p>' if form else "",
    script=html.escape(os.environ["SCRIPT_NAME"]),
    name=html.escape(form.get("name", "")),
    number=html.escape(form.get("number", "")),
).encode()

head = "Status: 422 Unprocessable Content\r\n" if kind == "bad" else ""
head += f"Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(page)}\r\n\r\n"
sys.stdout.buffer.write(head.encode() + page)
