package environment

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// SetFlags sets the flags that the command line did not from what lookup, which
// is os.LookupEnv or a test, finds.
func SetFlags(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var errs []error
	flags.VisitAll(func(flag *pflag.Flag) {
		value, ok := lookup(Name(flag.Name))
		if !ok || flag.Changed {
			return
		}
		if err := flags.Set(flag.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("reading %s: %w", Name(flag.Name), err))
		}
	})
	return errors.Join(errs...)
}

// Name is the environment variable of a flag.
func Name(flag string) string {
	return "INSHORE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
