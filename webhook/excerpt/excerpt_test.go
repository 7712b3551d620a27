package excerpt_test

import (
	"fmt"
	"testing"

	"github.com/inshore-dev/inshore/webhook/excerpt"
)

func Example() {
	fmt.Println(excerpt.Of("The last good rules stay in force", 20))
	// Output: The last good rul…
}

func TestATextIsCutBetweenCharacters(t *testing.T) {
	tests := map[string]struct {
		text  string
		limit int
		want  string
	}{
		"one that fits stays":                {"abcdef", 6, "abcdef"},
		"one byte too many costs three":      {"abcdefg", 6, "abc…"},
		"a character is left out as a whole": {"abéééé", 6, "ab…"},
		"nothing fits but the ellipsis":      {"éééé", 4, "…"},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			if got := excerpt.Of(test.text, test.limit); got != test.want || len(got) > test.limit {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
