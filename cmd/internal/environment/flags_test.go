package environment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/inshore-dev/inshore/cmd/internal/environment"
)

func TestFlagsFromTheEnvironment(t *testing.T) {
	tests := map[string]struct {
		variables map[string]string
		args      []string
		want      time.Duration
		err       string
	}{
		"if nothing is set, the default stays":         {want: time.Second},
		"if the variable is set, it counts":            {variables: map[string]string{"INSHORE_LONG_WAIT": "1m"}, want: time.Minute},
		"if the command line says so too, that counts": {variables: map[string]string{"INSHORE_LONG_WAIT": "1m"}, args: []string{"--long-wait=1h"}, want: time.Hour},
		"if the value is wrong, the variable is named": {variables: map[string]string{"INSHORE_LONG_WAIT": "soon"}, err: "reading INSHORE_LONG_WAIT"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			flags := pflag.NewFlagSet("", pflag.ContinueOnError)
			wait := flags.Duration("long-wait", time.Second, "")
			if err := flags.Parse(test.args); err != nil {
				t.Fatal(err)
			}
			err := environment.SetFlags(flags, func(name string) (string, bool) {
				value, ok := test.variables[name]
				return value, ok
			})
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got %v, want an error with %q", err, test.err)
				}
				return
			}
			if err != nil || *wait != test.want {
				t.Errorf("got %v and %v, want %v", *wait, err, test.want)
			}
		})
	}
}
