// Command sbom writes the software bill of materials of a Go program to standard
// output: go run ./hack/sbom PROGRAM VERSION.
package main

import (
	"fmt"
	"os"

	"github.com/inshore-dev/inshore/internal/sbom"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go run ./hack/sbom PROGRAM VERSION")
		os.Exit(2)
	}
	if err := sbom.Write(os.Stdout, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}
