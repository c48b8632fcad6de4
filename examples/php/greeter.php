#!/usr/bin/env php
<?php
/*
 * Answers each message with "data: " and the message, until the client leaves.
 *
 *   deno run -A main.ts --port=8080 php ./examples/php/greeter.php
 */

while (($line = fgets(STDIN)) !== false) {
    $line = rtrim($line, "\n");
    // Writes at once: PHP on the command line keeps nothing back.
    echo "data: $line\n";
}
