#!/usr/bin/env lua5.4
--
-- Shows what the program knows about the client: all of its environment.
-- (PWD is the shell's own.)
--
--   deno run -A main.ts --port=8080 lua5.4 ./examples/lua/dump_env.lua

-- os.getenv("REMOTE_ADDR") reads one; only another program can list them all.
local variables = {}
for line in io.popen("env"):lines() do
  table.insert(variables, line)
end
table.sort(variables)
print(table.concat(variables, "\n"))
