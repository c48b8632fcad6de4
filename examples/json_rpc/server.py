#!/usr/bin/env python3
"""A JSON-RPC 2.0 server on stdin and stdout, a message a line.

deno run -A main.ts --port=8080 --staticdir=./examples/json_rpc/page python3 ./examples/json_rpc/server.py
"""

import asyncio
import json
import sys
import traceback


class RpcError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def send(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def number(value):
    # True is a number in Python, and 10 ** 400 as well; JSON's other ends know neither.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max:
        raise RpcError(-32602, "Invalid params")
    return value


def seconds(params, name):
    if not isinstance(params, dict) or not 0.01 <= number(params.get(name)) <= 60:
        raise RpcError(-32602, "Invalid params")
    return params[name]


async def add(params):
    if not isinstance(params, list):
        raise RpcError(-32602, "Invalid params")
    return number(sum(number(value) for value in params))


async def divide(params):
    if not isinstance(params, list) or len(params) != 2:
        raise RpcError(-32602, "Invalid params")
    a, b = map(number, params)
    if b == 0:
        raise RpcError(1, "Division by zero")
    quotient = number(a / b)
    # As JavaScript writes it: 2, not 2.0.
    return int(quotient) if quotient == int(quotient) else quotient


async def wait(params):
    await asyncio.sleep(seconds(params, "seconds"))
    return "done"


async def watch(params):
    global ticking
    every = seconds(params, "every")
    if ticking is not None:
        ticking.cancel()
    ticking = asyncio.create_task(tick(every))
    return "watching"


async def tick(every):
    count = 0
    while True:
        await asyncio.sleep(every)
        count += 1
        send({"method": "tick", "params": {"count": count}})


METHODS = {"add": add, "divide": divide, "wait": wait, "watch": watch}
ticking = None


async def answer(request):
    """The answer to a request, or None to a notification."""
    if not is_request(request):
        return {"error": {"code": -32600, "message": "Invalid Request"}, "id": None}
    try:
        if request["method"] not in METHODS:
            raise RpcError(-32601, "Method not found")
        outcome = {"result": await METHODS[request["method"]](request.get("params", []))}
    except RpcError as error:
        outcome = {"error": {"code": error.code, "message": str(error)}}
    except Exception:
        # For whoever runs the server: the client learns nothing of what is inside.
        traceback.print_exc()
        outcome = {"error": {"code": -32603, "message": "Internal error"}}
    return {**outcome, "id": request["id"]} if "id" in request else None


def is_request(value):
    return (
        isinstance(value, dict)
        and value.get("jsonrpc") == "2.0"
        and isinstance(value.get("method"), str)
        and isinstance(value.get("params", []), (list, dict))
        and not isinstance(value.get("id"), (bool, list, dict))
    )


async def handle(line):
    try:
        message = json.loads(line)
    except ValueError:
        send({"error": {"code": -32700, "message": "Parse error"}, "id": None})
        return
    if isinstance(message, list) and message:
        answers = await asyncio.gather(*map(answer, message))
        # Of a batch, the answers are a batch.
        batch = [{"jsonrpc": "2.0", **one} for one in answers if one is not None]
        if batch:
            print(json.dumps(batch), flush=True)
    elif (one := await answer(message)) is not None:
        send(one)


async def main():
    loop = asyncio.get_running_loop()
    # Kept, or they might be collected before they are done.
    tasks = set()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        task = asyncio.create_task(handle(line))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    # The client has left: nobody waits for what is still under way.


asyncio.run(main())
