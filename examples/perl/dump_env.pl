#!/usr/bin/env perl
#
# Shows what the program knows about the client: all of its environment.
#
#   deno run -A main.ts --port=8080 perl ./examples/perl/dump_env.pl

use strict;
use warnings;

print "$_=$ENV{$_}\n" for sort keys %ENV;
