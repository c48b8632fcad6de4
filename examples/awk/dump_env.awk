#!/usr/bin/env -S gawk -f
#
# Shows what the program knows about the client: all of its environment.
# (AWKPATH and AWKLIBPATH are gawk's own.)
#
#   deno run -A main.ts --port=8080 gawk -f ./examples/awk/dump_env.awk

BEGIN {
  PROCINFO["sorted_in"] = "@ind_str_asc"
  for (name in ENVIRON) print name "=" ENVIRON[name]
}
