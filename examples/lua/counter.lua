#!/usr/bin/env lua5.4
--
-- Counts to three, one number a second. Each line is a message to the client;
-- when the script ends, so does the connection, with close code 1000.
--
--   deno run -A main.ts --port=8080 lua5.4 ./examples/lua/counter.lua

-- Else what goes into a pipe is kept until some KiB have come together.
io.stdout:setvbuf("line")

for i = 1, 3 do
  print(i)
  -- Lua itself cannot wait.
  os.execute("sleep 1")
end
