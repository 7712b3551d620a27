package rewrite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDiff(t *testing.T) {
	for name, test := range map[string]struct {
		path, before string
		edits        []Edit
		want         string
	}{
		"nothing": {"a.yaml", "a\n", nil, ""},
		"an added line": {
			"a.yaml", "1\n2\n3\n4\n5\n", []Edit{{Start: 8, End: 8, Text: "x\n"}},
			"--- a/a.yaml\n+++ b/a.yaml\n@@ -2,4 +2,5 @@\n 2\n 3\n 4\n+x\n 5\n",
		},
		"a changed value": {
			"a.yaml", "a: 1\nb: 2\n", []Edit{{Start: 8, End: 9, Text: "3"}},
			"--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n",
		},
		"two changes on one line": {
			"a.yaml", "a: 1, b: 2\n", []Edit{{Start: 9, End: 10, Text: "4"}, {Start: 3, End: 4, Text: "3"}},
			"--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1 @@\n-a: 1, b: 2\n+a: 3, b: 4\n",
		},
		"a line behind one without a break": {
			"a.yaml", "a", []Edit{{Start: 1, End: 1, Text: "\nb"}},
			"--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n",
		},
		"a line behind the last": {
			"a.yaml", "a\n", []Edit{{Start: 2, End: 2, Text: "b\n"}},
			"--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1,2 @@\n a\n+b\n",
		},
		"changes apart": {
			"a.yaml", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", []Edit{{Start: 0, End: 0, Text: "x\n"}, {Start: 18, End: 18, Text: "y\n"}},
			"--- a/a.yaml\n+++ b/a.yaml\n@@ -1,3 +1,4 @@\n+x\n 1\n 2\n 3\n@@ -7,3 +8,4 @@\n 7\n 8\n 9\n+y\n",
		},
		"the line breaks of Windows": {
			"a.yaml", "a\r\n", []Edit{{Start: 3, End: 3, Text: "b\r\n"}},
			"--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1,2 @@\n a\r\n+b\r\n",
		},
		"a name with a blank": {
			"/x/a b.yaml", "a\n", []Edit{{Start: 0, End: 1, Text: "b"}},
			"--- a/x/a b.yaml\t\n+++ b/x/a b.yaml\t\n@@ -1 +1 @@\n-a\n+b\n",
		},
		"a name with a tab": {
			"a\t\"b.yaml", "a\n", []Edit{{Start: 0, End: 1, Text: "b"}},
			"--- \"a/a\\011\\042b.yaml\"\n+++ \"b/a\\011\\042b.yaml\"\n@@ -1 +1 @@\n-a\n+b\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Diff(test.path, []byte(test.before), test.edits)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever the edits, the diff leads from the text before to the text after.
func TestDiffLeadsToTheEditedText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.StringOfN(rapid.SampledFrom([]rune("ab\n\n\r")), 0, 120, -1).Draw(t, "before")
		var edits []Edit
		for at := 0; at <= len(before) && rapid.Bool().Draw(t, "more"); {
			start := rapid.IntRange(at, len(before)).Draw(t, "start")
			end := rapid.IntRange(start, min(start+6, len(before))).Draw(t, "end")
			edits = append(edits, Edit{Start: start, End: end, Text: rapid.StringOfN(rapid.SampledFrom([]rune("xa\n")), 0, 6, -1).Draw(t, "text")})
			at = end
		}
		after := string(Apply([]byte(before), edits))
		diff := Diff("f", []byte(before), edits)
		if got, err := applied(before, diff); err != nil || got != after {
			t.Fatalf("the diff leads to %q (%v), want %q:\n%s", got, err, after, diff)
		}
	})
}

// applied applies a unified diff as strictly as git does: every line of a hunk
// must be where its head says.
func applied(before, diff string) (string, error) {
	old, rest := splitLines(before), splitLines(diff)
	var after strings.Builder
	at := 0
	for len(rest) > 0 && !strings.HasPrefix(rest[0], "@@") {
		rest = rest[1:]
	}
	for len(rest) > 0 {
		start, removed, newStart, added, err := hunkHead(rest[0])
		if err != nil {
			return "", err
		}
		rest = rest[1:]
		for ; at < start; at++ {
			after.WriteString(old[at])
		}
		if written := strings.Count(after.String(), "\n"); written != newStart {
			return "", fmt.Errorf("the hunk starts behind %d lines, its head says %d", written, newStart)
		}
		for len(rest) > 0 && !strings.HasPrefix(rest[0], "@@") {
			sign, line := rest[0][0], rest[0][1:]
			if rest = rest[1:]; len(rest) > 0 && rest[0][0] == '\\' {
				line, rest = strings.TrimSuffix(line, "\n"), rest[1:]
			}
			if sign != '+' {
				if at >= len(old) || old[at] != line {
					return "", fmt.Errorf("line %d is not %q", at+1, line)
				}
				at++
				removed--
			}
			if sign != '-' {
				after.WriteString(line)
				added--
			}
		}
		if removed != 0 || added != 0 {
			return "", fmt.Errorf("the hunk's head is off by %d and %d lines", removed, added)
		}
	}
	for ; at < len(old); at++ {
		after.WriteString(old[at])
	}
	return after.String(), nil
}

func splitLines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		all = append(all, line)
	}
	return all
}

// hunkHead reads @@ -4,3 +4,5 @@: how many lines are in front of the hunk and
// how many it has, before and after.
func hunkHead(line string) (start, removed, newStart, added int, err error) {
	fields := strings.Fields(line)
	if len(fields) != 4 {
		return 0, 0, 0, 0, fmt.Errorf("no head of a hunk: %q", line)
	}
	start, removed, err = hunkSpan(fields[1][1:])
	if err == nil {
		newStart, added, err = hunkSpan(fields[2][1:])
	}
	return start, removed, newStart, added, err
}

func hunkSpan(text string) (start, count int, err error) {
	count = 1
	if _, err = fmt.Sscanf(text, "%d,%d", &start, &count); err != nil {
		_, err = fmt.Sscanf(text, "%d", &start)
	}
	if count > 0 {
		start--
	}
	return start, count, err
}
