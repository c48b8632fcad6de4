#!/bin/sh
#
# Says what it knows of its address, and ends.
#
#   deno run -A main.ts --port=8080 --dir=./examples/directory/programs --staticdir=./examples/directory/page

printf 'SCRIPT_NAME=%s\n' "$SCRIPT_NAME"
printf 'PATH_INFO=%s\n' "$PATH_INFO"
printf 'QUERY_STRING=%s\n' "$QUERY_STRING"
