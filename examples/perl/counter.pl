#!/usr/bin/env perl
#
# Counts to three, one number a second. Each line is a message to the client;
# when the script ends, so does the connection, with close code 1000.
#
#   deno run -A main.ts --port=8080 perl ./examples/perl/counter.pl

use strict;
use warnings;

# Without this, Perl keeps what goes into a pipe until 8 KiB have come together.
$| = 1;

for my $i (1 .. 3) {
    print "$i\n";
    sleep 1;
}
