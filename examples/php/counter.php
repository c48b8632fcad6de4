#!/usr/bin/env php
<?php
/*
 * Counts to three, one number a second. Each line is a message to the client;
 * when the script ends, so does the connection, with close code 1000.
 *
 *   deno run -A main.ts --port=8080 php ./examples/php/counter.php
 */

for ($i = 1; $i <= 3; $i++) {
    // Writes at once: PHP on the command line keeps nothing back.
    echo "$i\n";
    sleep(1);
}
