/**
 * WebSocket clients that others have written, each able to carry out a plan.
 *
 * @module
 */
import { isBrowserMissing, startBrowser } from "../examples/browser.ts";
import { within } from "./deadline.ts";
import { type Plan, type Report, visit } from "./visit.ts";

/** One client. */
export interface Visitor {
  readonly name: string;
  /** Whether it is not here. */
  readonly ignore: boolean;
  /** Whether it offers permessage-deflate when asked to; null if that depends on its version. */
  readonly compresses: boolean | null;
  /** Carries out one plan after the other. */
  run(plans: readonly Plan[]): Promise<Report[]>;
}

/** How long a client in another process may take for all its plans, in milliseconds. */
const PATIENCE_MS = 60_000;
/** Debian's own, whichever comes first in PATH: its packages are there. */
const PYTHON = "/usr/bin/python3";

const PYTHON_VISIT = `
import asyncio, json, sys
import websockets

def make(plan, size, seed):
    if plan["type"] == "text":
        return (f"{seed} lines of 0123456789 abc " * (1 + size // 20))[:size]
    return bytes(((i ^ i >> 7) + seed) & 255 for i in range(size))

async def visit(plan):
    async with websockets.connect(
        plan["url"],
        subprotocols=plan["protocols"] or None,
        compression="deflate" if plan["compress"] else None,
        max_size=None,
    ) as socket:
        # The name of this has changed in version 14.
        headers = getattr(socket, "response_headers", None)
        if headers is None:
            headers = socket.response.headers
        report = {
            "protocol": socket.subprotocol or "",
            "extensions": headers.get("Sec-WebSocket-Extensions", ""),
            "echoed": 0,
            "others": [],
        }

        def look(got, sent):
            if got == sent:
                report["echoed"] += 1
            else:
                report["others"].append(str(got)[:100])

        try:
            messages = [make(plan, size, size % 7) for size in plan["sizes"]]
            for message in messages + plan["texts"]:
                await socket.send(message)
                look(await socket.recv(), message)
            if plan["sizes"]:
                await (await socket.ping("sent by Python"))
            many = [make(plan, 4 + i % 300, i) for i in range(plan["inFlight"])]

            async def send_all():
                for message in many:
                    await socket.send(message)

            sending = asyncio.ensure_future(send_all())
            for message in many:
                look(await socket.recv(), message)
            await sending
            last = plan["last"]
            if last and "size" in last:
                await socket.send(make(plan, last["size"], 0))
            elif last:
                await socket.close(last["code"], last["reason"])
            while True:
                look(await socket.recv(), None)
        except websockets.exceptions.ConnectionClosed:
            pass
        await socket.wait_closed()
        return {**report, "code": socket.close_code, "reason": socket.close_reason or ""}

async def main():
    print(json.dumps([await visit(plan) for plan in json.loads(sys.argv[1])]))

asyncio.run(main())
`;

/** Every client there is here. */
export function visitors(): Visitor[] {
  const nodeFlags = findNodeFlags();
  const lacksPython = isPythonMissing();
  return [
    {
      name: "Deno",
      ignore: false,
      compresses: false,
      run: (plans) => inTurn(plans, (plan) => visit(plan)),
    },
    {
      name: "the npm package ws",
      ignore: false,
      compresses: true,
      run: runWs,
    },
    {
      name: "Chromium",
      ignore: isBrowserMissing(),
      compresses: true,
      run: runChromium,
    },
    {
      name: "Python's websockets",
      ignore: lacksPython,
      compresses: true,
      run: (plans) =>
        runScript(PYTHON, ["-c", PYTHON_VISIT, JSON.stringify(plans)]),
    },
    {
      name: "Node",
      ignore: nodeFlags === null,
      compresses: null,
      run: (plans) =>
        runScript("node", [...nodeFlags ?? [], "-e", nodeScript(plans)]),
    },
  ];
}

async function runWs(plans: readonly Plan[]): Promise<Report[]> {
  const { WebSocket: Ws } = await import("ws");
  return await inTurn(plans, (plan) => {
    const { compress: perMessageDeflate } = plan;
    class Socket extends Ws {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { perMessageDeflate });
      }
    }
    return visit(plan, Socket as unknown as typeof WebSocket);
  });
}

async function runChromium(plans: readonly Plan[]): Promise<Report[]> {
  await using browser = await startBrowser();
  const page = await browser.newPage();
  return await inTurn(plans, (plan) => page.evaluate(visit, plan));
}

function nodeScript(plans: readonly Plan[]): string {
  return `(async () => {
    const reports = [];
    for (const plan of ${JSON.stringify(plans)}) {
      reports.push(await (${visit})(plan));
    }
    console.log(JSON.stringify(reports));
  })();`;
}

async function inTurn(
  plans: readonly Plan[],
  run: (plan: Plan) => Promise<Report>,
): Promise<Report[]> {
  const reports: Report[] = [];
  for (const plan of plans) {
    reports.push(
      await within(run(plan), `the end of ${plan.url}`, PATIENCE_MS),
    );
  }
  return reports;
}

/** Runs a program that prints reports. */
async function runScript(command: string, args: string[]): Promise<Report[]> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    stdin: "null",
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${command}: ${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout));
}

/** What makes this machine's Node have a `WebSocket`; null, and a word about it, if nothing does. */
export function findNodeFlags(): string[] | null {
  const script = "process.exit(typeof WebSocket === 'function' ? 0 : 1)";
  for (const flags of [[], ["--experimental-websocket"]]) {
    if (succeeds("node", [...flags, "-e", script])) return flags;
  }
  console.log("No node with a WebSocket: its tests are skipped");
  return null;
}

function isPythonMissing(): boolean {
  if (succeeds(PYTHON, ["-c", "import websockets"])) return false;
  console.log("No Debian package python3-websockets: its tests are skipped");
  return true;
}

function succeeds(command: string, args: string[]): boolean {
  try {
    return new Deno.Command(command, { args }).outputSync().success;
  } catch {
    return false;
  }
}
