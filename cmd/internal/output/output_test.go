package output_test

import (
	"os"
	"testing"

	"github.com/inshore-dev/inshore/cmd/internal/output"
)

func ExampleJSON() {
	_ = output.JSON(os.Stdout, map[string]string{"message": "a < b & c"})
	// Output:
	// {
	//   "message": "a < b & c"
	// }
}

func TestWhatIsPrintedCannotDriveTheTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"\x1b[2Jgone":     "\ufffd[2Jgone",
		"\u009b31mred":    "\ufffd31mred",
		"a\tb\r":          "a b",
		"caf\u00e9 \xff!": "caf\u00e9 \ufffd!",
	} {
		if got := output.Printable(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestThingsAreCounted(t *testing.T) {
	for n, want := range []string{"0 errors", "1 error", "2 errors"} {
		if got := output.Count(n, "error"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
