#!/bin/sh
#
# Answers each message with "data: " and the message, until the client leaves.
#
#   deno run -A main.ts --port=8080 sh ./examples/sh/greeter.sh

# printf, because echo takes a message such as "-n" or "a\tb" for an order.
while IFS= read -r line; do
  printf 'data: %s\n' "$line"
done
