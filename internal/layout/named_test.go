package layout

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// named is a test that a page names as evidence.
var named = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")

func TestEveryTestThatAPageNamesExists(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests bytes.Buffer
	if err := walk(os.DirFS("../.."), func(name string, text []byte) error {
		if matched, _ := filepath.Match("*_test.go", filepath.Base(name)); matched {
			tests.Write(text)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range named.FindAllSubmatch(text, -1) {
			found++
			if !bytes.Contains(tests.Bytes(), []byte("\nfunc "+string(match[1])+"(")) {
				t.Errorf("%s names the test %s, which does not exist", filepath.Base(page), match[1])
			}
		}
	}
	if found == 0 {
		t.Error("no page names a test: the test reads them wrongly")
	}
}
