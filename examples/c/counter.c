/*
 * Counts to three, one number a second. Each line is a message to the client;
 * when the program ends, so does the connection, with close code 1000.
 *
 *   mkdir -p bin && cc -o bin/counter ./examples/c/counter.c
 *   deno run -A main.ts --port=8080 ./bin/counter
 */
#include <stdio.h>
#include <unistd.h>

int main(void) {
  /* Else what goes into a pipe is kept until some KiB have come together. */
  setvbuf(stdout, NULL, _IOLBF, 0);

  for (int i = 1; i <= 3; i++) {
    printf("%d\n", i);
    sleep(1);
  }
  return 0;
}
