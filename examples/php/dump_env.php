#!/usr/bin/env php
<?php
/*
 * Shows what the program knows about the client: all of its environment.
 *
 *   deno run -A main.ts --port=8080 php ./examples/php/dump_env.php
 */

$env = getenv();
ksort($env);
foreach ($env as $name => $value) {
    echo "$name=$value\n";
}
