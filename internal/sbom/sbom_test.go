package sbom

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
)

var info = &debug.BuildInfo{
	GoVersion: "go1.26.8", Path: "example.com/sea/cmd/gull", Main: debug.Module{Path: "example.com/sea"},
	Deps: []*debug.Module{
		{Path: "example.com/wing", Version: "v2.0.0+incompatible", Sum: "h1:wing="},
		{Path: "example.com/beak", Version: "v1.0.0", Replace: &debug.Module{Path: "example.com/bill", Version: "v1.0.1", Sum: "h1:bill="}},
	},
	Settings: []debug.BuildSetting{{Key: "GOARCH", Value: "amd64"}},
}

func TestWhatIsListed(t *testing.T) {
	bill, err := of(info, sha256.Sum256([]byte("gull")), "v0.1.0")
	if err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, c := range bill.Components {
		refs = append(refs, c.Ref)
	}
	want := []string{"pkg:golang/example.com/bill@v1.0.1", "pkg:golang/example.com/wing@v2.0.0%2Bincompatible", "pkg:golang/std@1.26.8"}
	if !slices.Equal(refs, want) {
		t.Errorf("components are %q, want what was linked: %q", refs, want)
	}
	if sum := bill.Components[0].Properties; len(sum) != 1 || sum[0] != (property{"go:sum", "h1:bill="}) {
		t.Errorf("the replacement's properties are %v", sum)
	}
	program := bill.Metadata.Component
	if program.Name != "gull" || program.Version != "v0.1.0" || !slices.Contains(program.Properties, property{"go:build:GOARCH", "amd64"}) {
		t.Errorf("the program is %+v", program)
	}
	if !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(bill.SerialNumber) {
		t.Errorf("the serial number is %s", bill.SerialNumber)
	}
}

func TestAProgramWithoutModulesIsAnError(t *testing.T) {
	if _, err := of(&debug.BuildInfo{GoVersion: runtime.Version()}, [32]byte{}, "v0.1.0"); err == nil {
		t.Error("no error, so an empty list would pass for a program without dependencies")
	}
	var out bytes.Buffer
	if err := Write(&out, "sbom_test.go", "v0.1.0"); err == nil || json.Valid(out.Bytes()) {
		t.Errorf("a file that is no program has the bill %s (error %v)", &out, err)
	}
}
