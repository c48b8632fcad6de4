#!/usr/bin/env lua5.4
--
-- Answers each message with "data: " and the message, until the client leaves.
--
--   deno run -A main.ts --port=8080 lua5.4 ./examples/lua/greeter.lua

-- Else what goes into a pipe is kept until some KiB have come together.
io.stdout:setvbuf("line")

for line in io.lines() do
  print("data: " .. line)
end
