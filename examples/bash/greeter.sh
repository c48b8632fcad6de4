#!/usr/bin/env bash
#
# Answers each message with "data: " and the message, until the client leaves.
#
#   deno run -A main.ts --port=8080 bash ./examples/bash/greeter.sh

# IFS= and -r take the line as it is, with its spaces and backslashes.
while IFS= read -r line; do
  printf 'data: %s\n' "$line"
done
