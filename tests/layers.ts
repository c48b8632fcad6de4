/**
 * The rules that keep the layers of `lib/` apart, as functions that return what
 * breaks them. `layers_test.ts` runs them over the project.
 *
 * @module
 */

/** A source file and what it says. */
export interface Source {
  /** From the project's root: `lib/http/router.ts`. */
  readonly path: string;
  readonly text: string;
}

/** One file imports another, or a package. */
export interface Import {
  /** The importing file, from the project's root. */
  readonly from: string;
  /** The imported file, from the project's root, or the address of what is outside the project: `npm:ws`. */
  readonly to: string;
  /** The words in the source: `../mod.ts`, `@std/cli`. */
  readonly specifier: string;
  /** Whether it is loaded only when the code comes to it. */
  readonly dynamic: boolean;
}

/** What a file may import is decided by its rank: lower ones, and its own folder. */
const RANKS: Readonly<Record<string, number>> = {
  "lib/backoff.ts": 0,
  "lib/builtin.ts": 0,
  "lib/check.ts": 0,
  "lib/concat.ts": 0,
  "lib/errors.ts": 0,
  "lib/events.ts": 0,
  "lib/http_token.ts": 0,
  "lib/runtime_core.ts": 0,
  "lib/settles_within.ts": 0,
  "lib/shared_timer.ts": 0,
  "lib/version.ts": 0,
  "lib/client/": 0,
  "lib/framing/": 1,
  "lib/process/": 2,
  "lib/relay/": 2,
  "lib/socket/": 2,
  "lib/session/": 3,
  "lib/connect/": 3,
  "lib/http/": 4,
  "lib/options.ts": 5,
  "lib/handler.ts": 5,
  "lib/server/": 6,
  "lib/doctor/": 7,
  "lib/mod.ts": 8,
  "lib/cli/": 9,
  "main.ts": 10,
};

/** The files that may touch a part of the runtime. */
const OWNERS: readonly { readonly uses: RegExp; readonly owners: RegExp }[] = [
  {
    uses:
      /^(Deno\.(Command|kill|spawn|spawnAndWait|spawnAndWaitSync)|node:child_process)$/,
    owners: /^lib\/process\//,
  },
  { uses: /^Deno\.build\.os$/, owners: /^lib\/process\/platform\.ts$/ },
  {
    uses: /^Deno\.upgradeWebSocket$/,
    owners: /^lib\/http\/native_upgrade\.ts$/,
  },
  {
    uses: /^WebSocket event "\w+"$/,
    // In a browser there is no other engine; threads send messages too.
    owners:
      /^lib\/(socket\/native\.ts$|client\/connect\.ts$|http\/console\/browser\/|server\/(server_thread|worker)\.ts$)/,
  },
  {
    uses: /^Deno\.(serve|listen|listenTls|listenDatagram)$/,
    owners: /^lib\/server\//,
  },
  {
    uses: /^Deno\.(addSignalListener|removeSignalListener)$/,
    owners: /^lib\/(server|cli\/connect)\//,
  },
  {
    uses:
      /^(console|alert|confirm|prompt|Deno\.(args|exit|exitCode|stdin|stdout|stderr))$/,
    owners: /^(lib\/cli\/|main\.ts$)/,
  },
];

/** Names that say nothing of what is in a file. */
const EMPTY_NAMES = new Set([
  "common",
  "helper",
  "helpers",
  "index",
  "misc",
  "shared",
  "types",
  "util",
  "utils",
]);

/** Checks that files are named by the rules and lie in a layer. */
export function checkNames(paths: readonly string[]): string[] {
  const broken: string[] = [];
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!/^[a-z0-9]+(_[a-z0-9]+)*\.ts$/.test(name)) {
      broken.push(`${path}: a file is named in snake_case and ends in .ts`);
    }
    if (EMPTY_NAMES.has(name.slice(0, -3))) {
      broken.push(`${path}: a file is named after the one thing it exports`);
    }
    if (rankOf(path) === undefined) {
      broken.push(`${path}: belongs to no layer; see RANKS in tests/layers.ts`);
    }
  }
  return broken;
}

/** Checks that imports go downwards only. */
export function checkImports(imports: readonly Import[]): string[] {
  return imports.flatMap((one) =>
    checkImport(one).map((rule) =>
      `${one.from} imports ${one.specifier}: ${rule}`
    )
  );
}

/** Checks that each part of the runtime is used by its owner only. */
export function checkOwners(source: Source): string[] {
  return usesOf(source).flatMap((use) =>
    OWNERS
      .filter(({ uses, owners }) => uses.test(use) && !owners.test(source.path))
      .map(({ owners }) =>
        `${source.path} uses ${use}: owned by ${owners.source}`
      )
  );
}

function checkImport({ from, to, specifier, dynamic }: Import): string[] {
  if (specifier.startsWith("@std/assert")) return ["assertions are for tests"];
  if (specifier.startsWith("@std/")) return [];
  if (to.startsWith("lib/std/") || to.startsWith("jsr:")) {
    return ["the standard library is imported by its real name"];
  }
  if (to.startsWith("npm:")) {
    return dynamic ? [] : ["a package is loaded only when its feature is used"];
  }
  if (to.startsWith("node:")) return [];
  const [rank, other] = [rankOf(from), rankOf(to)];
  if (rank === undefined || other === undefined) {
    return ["both files must belong to a layer"];
  }
  if (layerOf(from) === layerOf(to)) return [];
  if (from.startsWith("lib/cli/") && to !== "lib/mod.ts") {
    return ["the command line sees the library only through ../mod.ts"];
  }
  if (from === "main.ts" && !to.startsWith("lib/cli/")) {
    return ["main.ts only hands over to lib/cli/"];
  }
  if (other === rank) return [`layers of one rank, ${rank}, never meet`];
  return other < rank ? [] : [`rank ${rank} may not import rank ${other}`];
}

function rankOf(path: string): number | undefined {
  const key = Object.keys(RANKS).find((key) =>
    key.endsWith("/") ? path.startsWith(key) : path === key
  );
  return key === undefined ? undefined : RANKS[key];
}

/** The folder; files at the top of `lib/` that have one rank count as one. */
function layerOf(path: string): string {
  const folder = /^lib\/[^/]+\//.exec(path)?.[0];
  return folder ?? `rank ${rankOf(path)}`;
}

/** The imports that a source writes down, resolved as paths from the project's root. */
export function importsOf(source: Source): Import[] {
  const imports: Import[] = [];
  const add = (specifier: unknown, dynamic = false): void => {
    if (typeof specifier !== "string") return;
    const to = specifier.startsWith(".")
      ? new URL(specifier, `file:///${source.path}`).pathname.slice(1)
      : specifier.startsWith("@std/")
      ? `lib/std/${specifier.slice("@std/".length)}`
      : /^[a-z]+:/.test(specifier)
      ? specifier
      // A package, by the name that deno.json gives it.
      : `npm:${specifier}`;
    imports.push({ from: source.path, to, specifier, dynamic });
  };
  visit(source, {
    ImportDeclaration: (node) => {
      // Types of a package are gone when the code runs; where the layers lie holds for types, too.
      add(node.source.value, node.importKind === "type" && isPackage(node));
    },
    ExportAllDeclaration: (node) => add(node.source.value),
    ExportNamedDeclaration: (node) => add(node.source?.value),
    ImportExpression: (node) => add(valueOf(node.source), true),
    TSImportType: (node) => add(valueOf(node.argument)),
  });
  return imports;
}

function isPackage({ source }: Deno.lint.ImportDeclaration): boolean {
  return !source.value.startsWith(".");
}

/** Every part of the runtime that a source uses as a value: `Deno.serve`, `console`, `WebSocket event "close"`. */
function usesOf(source: Source): string[] {
  const uses = new Set<string>();
  visit(source, {
    MemberExpression: (node) => {
      const name = nameOf(node);
      if (name !== null) uses.add(name.replace(/^(globalThis|self)\./, ""));
      const event = /^on(open|message|close)$/.exec(propertyOf(node) ?? "");
      if (event !== null && node.parent.type === "AssignmentExpression") {
        uses.add(`WebSocket event "${event[1]}"`);
      }
    },
    CallExpression: (node) => {
      if (node.callee.type !== "MemberExpression") return;
      if (propertyOf(node.callee) !== "addEventListener") return;
      const event = valueOf(node.arguments[0]);
      if (event === "open" || event === "message" || event === "close") {
        uses.add(`WebSocket event "${event}"`);
      }
    },
    // `const { Command } = Deno`
    VariableDeclarator: (node) => {
      const whole = node.init === null ? null : nameOf(node.init);
      if (whole === null || node.id.type !== "ObjectPattern") return;
      for (const property of node.id.properties) {
        if (property.type !== "Property") continue;
        const key = property.key.type === "Identifier" ? property.key.name : "";
        uses.add(`${whole}.${key}`.replace(/^(globalThis|self)\./, ""));
      }
    },
    Identifier: (node) => {
      const { parent } = node;
      const isProperty =
        (parent.type === "MemberExpression" && parent.property === node &&
          !parent.computed) ||
        (parent.type === "Property" && parent.key === node &&
          !parent.shorthand);
      if (!isProperty) uses.add(node.name);
    },
    ImportDeclaration: (node) => uses.add(node.source.value),
  });
  return [...uses];
}

/** `Deno.build.os` for that expression, or null if it is not a plain chain of names. */
function nameOf(node: Deno.lint.Node): string | null {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression") return null;
  const object = nameOf(node.object);
  const property = propertyOf(node);
  return object === null || property === null ? null : `${object}.${property}`;
}

function propertyOf(node: Deno.lint.MemberExpression): string | null {
  if (!node.computed && node.property.type === "Identifier") {
    return node.property.name;
  }
  const value = valueOf(node.property);
  return typeof value === "string" ? value : null;
}

/** The value of a literal, or undefined. */
function valueOf(node: Deno.lint.Node | undefined): unknown {
  if (node?.type === "TSLiteralType") return valueOf(node.literal);
  return node?.type === "Literal" ? node.value : undefined;
}

/** Walks over the syntax of a source. The linter's parser is the one that the runtime has on board. */
function visit(source: Source, visitor: Deno.lint.LintVisitor): void {
  let walked = false;
  Deno.lint.runPlugin(
    {
      name: "layers",
      rules: {
        walk: {
          create(): Deno.lint.LintVisitor {
            walked = true;
            return visitor;
          },
        },
      },
    },
    source.path,
    // A source that tells the linter to skip it is walked all the same.
    source.text.replaceAll("deno-lint-ignore-file", "walked-all-the-same!!"),
  );
  if (!walked) throw new Error(`Cannot check "${source.path}": not walked`);
}
