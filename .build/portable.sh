#!/bin/sh
# websocketd @VERSION@ for @TARGET@, portable: this script, and behind it a
# compressed copy of Deno @DENO@ and of the program. The first start unpacks both
# into a directory of the user's cache; every start runs what is there.
#
# What is unpacked is compared with the checksums below. Later starts compare
# only what the system knows of the files (number, size, time of the last
# change, rights, owner), and the checksums again if that differs. Nothing in a
# directory that belongs to somebody else is run.
set -u

system='@SYSTEM@'
key='@KEY@'
sums='@SUMS@'

fail() {
  printf '%s\n' "Cannot start websocketd: $1" >&2
  exit 1
}

# Whether a directory is this user's. Every sh knows -O that a Linux or macOS has.
# shellcheck disable=SC3067
is_own() {
  [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ]
}

# What the system knows of the unpacked files: the time of the last change, which nobody can set, with its fractions of
# a second. GNU and BSD write it differently.
state() {
  TZ=UTC0 stat -c '%i %s %z %a %u' "$dir" "$dir"/* 2>/dev/null ||
    stat -f '%i %z %Fc %Lp %u' "$dir" "$dir"/* 2>/dev/null
}

# Whether the files in a directory are those that were packed, and no others.
matches() (
  cd "$1" 2>/dev/null || return 1
  [ "$(printf '%s\n' ./* | wc -l)" -eq "$(printf '%s\n' "$sums" | wc -l)" ] || return 1
  if command -v sha256sum >/dev/null; then
    printf '%s\n' "$sums" | sha256sum -c
  else
    printf '%s\n' "$sums" | shasum -a 256 -c
  fi >/dev/null 2>&1
)

# Unpacks into a directory of its own, and moves file after file to its place:
# whoever starts at the same time sees each file whole, and the same.
unpack() (
  umask 077
  # What a start has left that was killed.
  find "$root" -maxdepth 1 -name 'new.*' -mtime +0 -exec rm -rf {} + 2>/dev/null
  new=
  trap '[ -z "$new" ] || rm -rf "$new"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  new=$(mktemp -d "$root/new.XXXXXX") || exit 1
  tail -c '+@START@' "$0" | gzip -dc | (cd "$new" && tar -xmf -) || exit 1
  matches "$new" || exit 1
  is_own "$dir" || mkdir "$dir" 2>/dev/null || is_own "$dir" || exit 1
  chmod 700 "$dir" || exit 1
  for file in "$dir"/* "$dir"/.[!.]*; do
    [ -e "$new/${file##*/}" ] || rm -rf "$file"
  done
  for file in "$new"/*; do
    mv -f "$file" "$dir/" || exit 1
  done
)

# Remembers the files as they are now, once their checksums are right.
remember() {
  (
    umask 077
    state >"$root/$key.$$" && mv -f "$root/$key.$$" "$root/$key.state"
  ) || rm -f "$root/$key.$$"
}

# Whether the program is in this cache, or can be put there.
use() {
  root=$1
  dir=$root/$key
  is_own "$root" || (umask 077 && mkdir -p "$root") 2>/dev/null || return 1
  is_own "$root" || return 1
  if is_own "$dir" && [ -x "$dir/websocketd" ]; then
    [ "$(state)" = "$(cat "$root/$key.state" 2>/dev/null)" ] && return 0
    if chmod 700 "$dir" && matches "$dir"; then
      remember
      return 0
    fi
  fi
  chmod 700 "$root" && unpack || return 1
  remember
  # Not everything that can be written to can be run from (noexec).
  [ -x "$dir/websocketd" ]
}

here=$(uname -sm)
[ "$here" = "$system" ] || fail "this file is for $system, and here is $here"
[ -r "$0" ] || fail "\"$0\" cannot be read; start it by its path"

home=${HOME:-/}
case $system in
Darwin*) cache=$home/Library/Caches ;;
*) cache=$home/.cache ;;
esac
case ${XDG_CACHE_HOME:-} in
/*) cache=$XDG_CACHE_HOME ;;
esac
use "$cache/websocketd" || use "${TMPDIR:-/tmp}/websocketd-$(id -u)" ||
  fail "it cannot be unpacked, neither into \"$cache\" nor \"${TMPDIR:-/tmp}\": 150 MB are needed, in a directory of yours that programs can be run from (XDG_CACHE_HOME=DIRECTORY)"

export WEBSOCKETD_NAME="${0##*/}" DENO_NO_UPDATE_CHECK=1
exec "$dir/websocketd" run --quiet --allow-all @FLAGS@ "$dir/main.js" "$@"
