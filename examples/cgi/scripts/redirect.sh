#!/bin/sh
#
# Sends whoever comes to one of two pages, by what stands behind the name:
# /redirect.sh/form to the form, anything else to the first page.
#
#   deno run -A main.ts --port=8080 --staticdir=./examples/cgi/page --cgidir=./examples/cgi/scripts

case $PATH_INFO in
  /form) location=/form.py ;;
  *) location=/ ;;
esac

# With a Status it is the browser that goes there. A Location alone would make
# the server answer with what is there, at this address.
printf 'Status: 303 See Other\r\nLocation: %s\r\n\r\n' "$location"
