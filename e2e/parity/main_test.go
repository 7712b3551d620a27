package parity

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// shared is the API server, cli the path of the inshore binary.
var (
	shared *cluster.Cluster
	cli    string
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if cli, err = cluster.BuildGo(context.Background(), "./cmd/inshore"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	c, err := cluster.Start(context.Background(), cluster.Config{Name: "parity", Progress: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	shared = c
	return m.Run()
}
