#!/bin/sh
#
# Shows what the program knows about the client: all of its environment.
# (PWD is the shell's own.)
#
#   deno run -A main.ts --port=8080 sh ./examples/sh/dump_env.sh

env | sort
