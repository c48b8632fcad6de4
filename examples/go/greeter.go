// Answers each message with "data: " and the message, until the client leaves.
//
//	mkdir -p bin && go build -o bin/greeter ./examples/go/greeter.go
//	deno run -A main.ts --port=8080 ./bin/greeter
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	// Not a bufio.Scanner, which stops at a line of 64 KiB.
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		// The line comes with its newline. Writes at once: Go keeps nothing back.
		fmt.Print("data: ", line)
	}
}
