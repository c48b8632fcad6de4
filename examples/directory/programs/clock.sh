#!/bin/sh
#
# Tells the time every second, until the client leaves.
#
#   deno run -A main.ts --port=8080 --dir=./examples/directory/programs --staticdir=./examples/directory/page

while date +%H:%M:%S; do
  sleep 1
done
