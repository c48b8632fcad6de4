#!/usr/bin/env -S gawk -f
#
# Answers each message with "data: " and the message, until the client leaves.
#
#   deno run -A main.ts --port=8080 gawk -f ./examples/awk/greeter.awk
#
# With gawk, or busybox awk: mawk waits until it has 4 KiB to read. There it is
# `mawk -W interactive -f`.

{
  print "data: " $0
  # Else what goes into a pipe is kept until some KiB have come together.
  fflush()
}
