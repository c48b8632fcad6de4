/*
 * Answers each message with "data: " and the message, until the client leaves.
 *
 *   mkdir -p bin && cc -o bin/greeter ./examples/c/greeter.c
 *   deno run -A main.ts --port=8080 ./bin/greeter
 */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  /* Else what goes into a pipe is kept until some KiB have come together. */
  setvbuf(stdout, NULL, _IOLBF, 0);

  char *line = NULL;
  size_t size = 0;
  /* The line comes with its newline. */
  while (getline(&line, &size, stdin) != -1) {
    printf("data: %s", line);
  }
  free(line);
  return 0;
}
