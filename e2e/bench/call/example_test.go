package call_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/inshore-dev/inshore/e2e/bench/call"
)

func Example() {
	dir, err := os.MkdirTemp("", "call")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	server := filepath.Join(dir, "echo.sock")
	go func() { _ = call.ServeEcho(server) }()

	// Until the server is there.
	_, err = call.Measure(call.Order{Mode: call.Await, Address: server, Limit: time.Minute, Pace: time.Millisecond})
	if err != nil {
		panic(err)
	}
	answer, err := call.Measure(call.Order{Mode: call.Connect, Address: server, Bytes: 100, Count: 20, Warm: 5, Limit: time.Second})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(answer.Samples), "samples,", answer.Failed, "failed")
	// Output: 20 samples, 0 failed
}
