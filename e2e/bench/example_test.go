package bench_test

import (
	"context"
	"os"
	"time"

	"github.com/inshore-dev/inshore/e2e/bench"
)

func Example() {
	options, err := bench.Options{
		Services: []int{10_000}, Arms: []bench.Arm{bench.PodIP, bench.EBPF}, Duration: time.Minute, Progress: os.Stderr,
	}.Complete(false)
	if err != nil {
		panic(err)
	}
	report, err := bench.Run(context.Background(), options)
	if err != nil {
		panic(err)
	}
	if err := report.WriteText(os.Stdout); err != nil {
		panic(err)
	}
}
