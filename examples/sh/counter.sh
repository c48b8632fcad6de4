#!/bin/sh
#
# Counts to three, one number a second. Each line is a message to the client;
# when the script ends, so does the connection, with close code 1000.
#
#   deno run -A main.ts --port=8080 sh ./examples/sh/counter.sh

for i in 1 2 3; do
  echo "$i"
  sleep 1
done
