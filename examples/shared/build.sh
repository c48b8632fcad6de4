#!/usr/bin/env bash
# A build that several people watch: one build for all of them, and who comes
# late reads it from the start. It goes on when everybody has left, and all are
# told how it ended by the close code. The next to come starts another.
#
#   deno run -A main.ts --port=8080 --share --input=none --linger=forever --restart=never --history=16MiB bash ./examples/shared/build.sh
#
# Its arguments are the command that builds, make for example; without any it
# only looks as if it did.
if (($# > 0)); then exec "$@" 2>&1; fi
for part in one two three four five; do
  echo "compiling part $part"
  sleep 0.5
done
echo "done"
