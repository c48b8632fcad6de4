#!/usr/bin/env bash
#
# Shows what the program knows about the client: all of its environment.
# (PWD, SHLVL and _ are bash's own.)
#
#   deno run -A main.ts --port=8080 bash ./examples/bash/dump_env.sh

env | sort
