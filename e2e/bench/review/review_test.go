package review

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryRuleGoesToConftest(t *testing.T) {
	folder := t.TempDir()
	count, err := writePolicy("../../../policies", folder)
	if err != nil {
		t.Fatal(err)
	}
	main, err := os.ReadFile(filepath.Join(folder, "main.rego"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(main), "_findings contains"); got != count || count < 16 {
		t.Errorf("%d rules in the wrapper of %d, want all and no fewer than 16", got, count)
	}
	for _, id := range []string{"ISH101", "ISH201", "ISH204"} {
		if !strings.Contains(string(main), `"`+id+`"`) {
			t.Errorf("%s is not in the wrapper, and the corpus breaks it", id)
		}
	}
}

func TestHalfOfWhatIsOptedInBreaksARule(t *testing.T) {
	for sentence, test := range map[string]struct {
		corpus            Corpus
		optedIn, breaking int
	}{
		"all opted in":    {Corpus{Files: 400, OneIn: 1}, 400, 200},
		"one in twenty":   {Corpus{Files: 400, OneIn: 20}, 20, 10},
		"an odd remnant":  {Corpus{Files: 41, OneIn: 20}, 3, 1},
		"nothing opts in": {Corpus{Files: 0, OneIn: 1}, 0, 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			optedIn, breaking := 0, 0
			for i := range test.corpus.Files {
				text, err := test.corpus.manifest(i)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(text, "inshore.dev/node-local: required\n    ") {
					optedIn++
				}
				if strings.Contains(text, "clusterIP: None") || strings.Contains(text, "hostPort:") || strings.Contains(text, "startupProbe:") {
					breaking++
				}
			}
			if optedIn != test.optedIn || breaking != test.breaking {
				t.Errorf("%d opted in, %d break a rule; want %d and %d", optedIn, breaking, test.optedIn, test.breaking)
			}
		})
	}
}

func TestFindingsDifferByTheFirstThatDoes(t *testing.T) {
	for sentence, test := range map[string]struct {
		review, conftest findings
		want             string
	}{
		"the same":            {findings{"a", "b"}, findings{"a", "b"}, ""},
		"conftest finds more": {findings{"a"}, findings{"a", "b"}, `only conftest finds "b"`},
		"review finds more":   {findings{"a", "b"}, findings{"a"}, `only review finds "b"`},
		"another one":         {findings{"a", "b"}, findings{"a", "c"}, `"b" and "c"`},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := ""
			if err := test.review.same(test.conftest); err != nil {
				got = err.Error()
			}
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q in it", got, test.want)
			}
		})
	}
}
