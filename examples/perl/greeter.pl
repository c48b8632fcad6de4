#!/usr/bin/env perl
#
# Answers each message with "data: " and the message, until the client leaves.
#
#   deno run -A main.ts --port=8080 perl ./examples/perl/greeter.pl

use strict;
use warnings;

# Without this, Perl keeps what goes into a pipe until 8 KiB have come together.
$| = 1;

while (my $line = <STDIN>) {
    chomp $line;
    print "data: $line\n";
}
