// Command generate writes what is generated of the Helm chart. `go generate
// ./manifests/chart` runs it.
package main

import (
	"fmt"
	"os"

	"github.com/inshore-dev/inshore/manifests/chart"
)

// main takes the folder of the manifests and that of the chart, from the folder
// of package chart.
func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: generate MANIFESTS CHART")
		os.Exit(2)
	}
	if err := chart.Write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
