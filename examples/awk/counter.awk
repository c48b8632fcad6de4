#!/usr/bin/env -S gawk -f
#
# Counts to three, one number a second. Each line is a message to the client;
# when the script ends, so does the connection, with close code 1000.
#
#   deno run -A main.ts --port=8080 gawk -f ./examples/awk/counter.awk

BEGIN {
  for (i = 1; i <= 3; i++) {
    print i
    # Else what goes into a pipe is kept until some KiB have come together.
    fflush()
    system("sleep 1")
  }
}
