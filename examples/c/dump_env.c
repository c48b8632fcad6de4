/*
 * Shows what the program knows about the client: all of its environment.
 *
 *   mkdir -p bin && cc -o bin/dump_env ./examples/c/dump_env.c
 *   deno run -A main.ts --port=8080 ./bin/dump_env
 */
#include <stdio.h>

extern char **environ;

int main(void) {
  for (char **variable = environ; *variable != NULL; variable++) {
    puts(*variable);
  }
  return 0;
}
