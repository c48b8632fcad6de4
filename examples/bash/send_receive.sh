#!/usr/bin/env bash
#
# Does both at once: sends the time every second, and answers what arrives as
# soon as it arrives.
#
#   deno run -A main.ts --port=8080 bash ./examples/bash/send_receive.sh

# In the background, as a process of its own that prints to the same client. A
# line is written in one piece, so the two never mix within a line.
while sleep 1; do
  date +"time: %H:%M:%S"
done &
trap 'kill $!' EXIT

while IFS= read -r line; do
  printf 'received: %s\n' "$line"
done
