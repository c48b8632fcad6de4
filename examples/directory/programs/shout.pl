#!/usr/bin/env perl
#
# Answers each message in capitals, those with accents included.
#
#   deno run -A main.ts --port=8080 --dir=./examples/directory/programs --staticdir=./examples/directory/page

use strict;
use warnings;
use open qw(:std :encoding(UTF-8));

# Without this, Perl keeps what goes into a pipe until 8 KiB have come together.
$| = 1;

print uc while <STDIN>;
