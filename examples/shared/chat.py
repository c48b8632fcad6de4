#!/usr/bin/env python3
# A chat in ten lines: one program for everybody, without files. The first
# message of a client is its name. --share-events says who comes and leaves.
#
#   deno run -A main.ts --port=8080 --share --share-events python3 ./examples/shared/chat.py
import json, sys
names = {}
for event in map(json.loads, sys.stdin):
    client, kind, text = event["client"], event["event"], event.get("data")
    if kind == "join":
        answer = {"to": client, "data": "Your name?"}
    elif kind == "message" and client not in names:
        answer = {"data": names.setdefault(client, text) + " joined"}
    else:
        answer = {"data": f"{names[client]}: {text}" if text is not None else names.pop(client, "Somebody") + " left"}
    print(json.dumps(answer), flush=True)
