// Shows what the program knows about the client: all of its environment.
//
//	mkdir -p bin && go build -o bin/dump_env ./examples/go/dump_env.go
//	deno run -A main.ts --port=8080 ./bin/dump_env
package main

import (
	"fmt"
	"os"
	"sort"
)

func main() {
	variables := os.Environ()
	sort.Strings(variables)
	for _, variable := range variables {
		fmt.Println(variable)
	}
}
