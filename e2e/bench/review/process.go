package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// usage is what one run of a program took.
type usage struct {
	// Wall and CPU are in nanoseconds; CPU is user's and system's time together.
	Wall int64 `json:"wall"`
	CPU  int64 `json:"cpu"`
	// RSS is the peak of resident memory in bytes, shared pages of the binary
	// included, as the kernel tells whoever waited for the process.
	RSS int64 `json:"rss"`
	// Exit is the program's exit status.
	Exit int `json:"exit"`
}

// MeasureCommand is the argument by which a program that calls [Run] is asked to
// call [Measure] with the arguments behind it, instead of what else it does.
const MeasureCommand = "measure"

// Measure runs a program with its output in a file, and writes to standard
// output what it took.
//
// It must run in a process of its own, one that has not done much: the kernel counts
// what a process was before it executed a program to the program's peak, and
// that is a copy of who started it.
func Measure(output string, command []string) error {
	file, err := os.Create(output)
	if err != nil {
		return fmt.Errorf("create a file for the output: %w", err)
	}
	defer file.Close()
	run := exec.Command(command[0], command[1:]...)
	run.Stdout, run.Stderr = file, os.Stderr
	began := time.Now()
	var exit *exec.ExitError
	if err := run.Run(); err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("run %s: %w", command[0], err)
	}
	state := run.ProcessState
	rusage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("the system does not tell what a process used")
	}
	return json.NewEncoder(os.Stdout).Encode(usage{
		Wall: time.Since(began).Nanoseconds(),
		CPU:  (state.UserTime() + state.SystemTime()).Nanoseconds(),
		RSS:  rusage.Maxrss << 10,
		Exit: state.ExitCode(),
	})
}

// measure is [Measure] in a process of its own.
func measure(ctx context.Context, output string, command ...string) (usage, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, fmt.Errorf("find this program: %w", err)
	}
	run := exec.CommandContext(ctx, self, append([]string{MeasureCommand, output}, command...)...)
	run.Stderr = os.Stderr
	answer, err := run.Output()
	if err != nil {
		return usage{}, fmt.Errorf("measure %s: %w", command[0], err)
	}
	var used usage
	if err := json.Unmarshal(answer, &used); err != nil {
		return usage{}, fmt.Errorf("read what %s used: %w", command[0], err)
	}
	return used, nil
}
