import { assertEquals } from "@std/assert";
import { listenProblem } from "../../lib/cli/listen_problem.ts";

for (const port of [0, 1, 65535]) {
  Deno.test(`listenProblem() has nothing against port ${port}`, () => {
    assertEquals(listenProblem({ port, redirPort: port }), undefined);
  });
}

for (const port of [-1, 65536]) {
  Deno.test(`listenProblem() refuses port ${port} in Go's words`, () => {
    assertEquals(
      listenProblem({ port }),
      `listen tcp: address ${port}: invalid port; --port takes 0 to 65535`,
    );
    assertEquals(
      listenProblem({ redirPort: port }),
      `listen tcp: address ${port}: invalid port; --redirport takes 0 to 65535`,
    );
  });
}

for (const address of ["*", "127.0.0.1", "localhost", "::1", "[::1]", "a.b"]) {
  Deno.test(`listenProblem() has nothing against the address ${address}`, () => {
    assertEquals(listenProblem({ address: [address] }), undefined);
  });
}

for (
  const [address, host, port] of [
    ["127.0.0.1:9", "127.0.0.1", "9"],
    ["[::1]:9", "[::1]", "9"],
    ["localhost:http", "localhost", "http"],
  ]
) {
  Deno.test(`listenProblem() says where the port of ${address} belongs`, () => {
    assertEquals(
      listenProblem({ address: ["a", address] }),
      `listen tcp: address ${address}: too many colons in address; write --address=${host} --port=${port}`,
    );
  });
}
