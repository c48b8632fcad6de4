#!/usr/bin/env bash
#
# A chat: every client runs this script, all of them write to one file, and each
# reads it with `tail -f`. Everybody sees everybody's lines, joins and leaves.
# The first message of a client is its name.
#
#   deno run -A main.ts --port=8080 bash ./examples/bash/chat.sh
#
# The file is websocketd-chat-UID/log in /tmp, or in the directory that is given
# as an argument. It stays when everybody has left.

# Other users of this machine can neither read the chat nor put a link in place
# of its file: the directory is this user's alone, or not used.
directory=${1:-/tmp}/websocketd-chat-$EUID
mkdir -m 700 "$directory" 2>/dev/null
if [[ -L $directory || ! -d $directory || ! -O $directory ]] || ! chmod 700 "$directory"; then
  echo "Cannot keep the chat in \"$directory\": not a directory of this user" >&2
  exit 1
fi
log=$directory/log
touch "$log"

say() {
  printf '%s\n' "$1" >>"$log"
}

echo "Your name?"
# The client may leave instead of answering.
IFS= read -r name || exit 0
# A name ends at the first colon, so that nobody speaks in the name of another.
name=${name%%:*}
name=${name//[[:cntrl:]]/}
name=${name:-somebody}

# From here on, whoever ends the script: the client, the server, a signal.
leave() {
  say "* $name has left"
  kill "$reader" 2>/dev/null
}
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# From what is there now, not from when tail has started: nothing is missed.
start=$(($(wc -c <"$log") + 1))
tail -c "+$start" -f "$log" &
reader=$!
trap leave EXIT

say "* $name has joined"
while IFS= read -r line; do
  # One write takes 4 KiB. More might mix with what somebody else says.
  if ((${#line} > 1000)); then
    echo "* too long, not sent: ${#line} characters"
  else
    say "$name: $line"
  fi
done
