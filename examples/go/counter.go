// Counts to three, one number a second. Each line is a message to the client;
// when the program ends, so does the connection, with close code 1000.
//
//	mkdir -p bin && go build -o bin/counter ./examples/go/counter.go
//	deno run -A main.ts --port=8080 ./bin/counter
package main

import (
	"fmt"
	"time"
)

func main() {
	for i := 1; i <= 3; i++ {
		// Writes at once: Go keeps nothing back.
		fmt.Println(i)
		time.Sleep(time.Second)
	}
}
