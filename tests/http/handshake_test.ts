import { assertEquals } from "@std/assert";
import {
  asksForWebSocket,
  chooseSubprotocol,
} from "../../lib/http/handshake.ts";

for (
  const [upgrade, asked] of [
    ["websocket", true],
    ["WebSocket", true],
    ["foo, websocket", true],
    ["websocket,foo", true],
    [" \twebsocket ", true],
    ["", false],
    ["h2c", false],
    ["websockets", false],
    ["web socket", false],
    ["websocket/13", false],
  ] as const
) {
  Deno.test(`Upgrade: ${JSON.stringify(upgrade)} asks for ${asked ? "a WebSocket" : "none"}`, () =>
    assertEquals(asksForWebSocket(new Headers({ upgrade })), asked));
}

for (
  const [offered, supported, chosen] of [
    [null, ["a"], null],
    ["a", [], null],
    ["a", ["a"], "a"],
    ["a,b", ["b"], "b"],
    ["a, b", ["b"], "b"],
    [" a ,\tb ", ["b"], "b"],
    ["b, a", ["a", "b"], "a"],
    ["c", ["a", "b"], null],
    ["A", ["a"], null],
    ["ab", ["a"], null],
    ["", ["a"], null],
  ] as const
) {
  Deno.test(`of the subprotocols ${JSON.stringify(offered)} a server of [${supported}] chooses ${chosen}`, () =>
    assertEquals(chooseSubprotocol(offered, supported), chosen));
}
