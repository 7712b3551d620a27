package ebpf

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/cilium/ebpf/btf"

	"github.com/inshore-dev/inshore/agent/routes"
)

// shared are the Go types of what the programs share with us, by their C names.
var shared = map[string]any{
	"frontend4": inshoreFrontend4{}, "frontend6": inshoreFrontend6{},
	"decision4": inshoreDecision4{}, "decision6": inshoreDecision6{},
	"counts": inshoreCounts{}, "state": inshoreState{}, "open": inshoreOpen{},
	"flow": inshoreFlow{}, "peer": inshorePeer{}, "ring": inshoreRing{},
}

func TestStructsAreTheSameInCAndGo(t *testing.T) {
	spec, err := loadInshore()
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range shared {
		var in *btf.Struct
		if err := spec.Types.TypeByName(name, &in); err != nil {
			t.Fatal(err)
		}
		for _, problem := range differences(name, in, reflect.TypeOf(v)) {
			t.Error(problem)
		}
		if in.Size%8 != 0 {
			t.Errorf("%s is of %d bytes, not of whole words", name, in.Size)
		}
	}
}

func TestADifferenceBetweenCAndGoIsReported(t *testing.T) {
	in := &btf.Struct{Size: 8, Members: []btf.Member{
		{Name: "addr", Type: &btf.Int{Size: 4}},
		{Name: "port", Type: &btf.Int{Size: 2}, Offset: 32},
	}}
	type wrong struct {
		Port uint16
		Addr uint32
	}
	got := strings.Join(differences("x", in, reflect.TypeOf(wrong{})), "\n")
	want := "x.addr is at 0 in C and at 4 in Go\nx.port is at 4 in C and at 0 in Go"
	if got != want {
		t.Errorf("reported %q, want %q", got, want)
	}
}

// differences compares sizes and offsets, and what is inside.
func differences(name string, in btf.Type, out reflect.Type) (problems []string) {
	in = btf.UnderlyingType(in)
	if size, err := btf.Sizeof(in); err != nil || uintptr(size) != out.Size() {
		problems = append(problems, fmt.Sprintf("%s is of %d bytes in C and %d in Go (%v)", name, size, out.Size(), err))
	}
	switch in := in.(type) {
	case *btf.Array:
		if out.Kind() != reflect.Array || uint32(out.Len()) != in.Nelems {
			return append(problems, fmt.Sprintf("%s is an array of %d in C and %v in Go", name, in.Nelems, out))
		}
		return append(problems, differences(name+"[]", in.Type, out.Elem())...)
	case *btf.Struct:
		for _, member := range in.Members {
			path := name + "." + member.Name
			field, found := out.FieldByNameFunc(func(f string) bool {
				return strings.EqualFold(f, strings.ReplaceAll(member.Name, "_", ""))
			})
			if !found {
				problems = append(problems, path+" is not in Go")
				continue
			}
			if offset := uintptr(member.Offset.Bytes()); offset != field.Offset {
				problems = append(problems, fmt.Sprintf("%s is at %d in C and at %d in Go", path, offset, field.Offset))
				continue
			}
			problems = append(problems, differences(path, member.Type, field.Type)...)
		}
	}
	return problems
}

// TestTheVersionChangesWithTheLayout: maps of one version must be of one layout, or
// an upgrade finds maps that it cannot use. Whoever changes a struct sees this fail,
// raises version (or sharedVersion) in pins.go and puts the new sum here.
func TestTheVersionChangesWithTheLayout(t *testing.T) {
	want := map[string]struct {
		maps []string
		sum  string
	}{
		"version 1":       {tableMaps, "e747d7da30ffc808"},
		"sharedVersion 1": {sharedMaps, "673e857cc3b5ffa4"},
	}
	spec, err := loadInshore()
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range want {
		var layout strings.Builder
		for _, m := range of.maps {
			s := spec.Maps[m]
			fmt.Fprintf(&layout, "%s %v %d %d %d\n", m, s.Type, s.KeySize, s.ValueSize, s.Flags)
			describe(&layout, s.Key)
			describe(&layout, s.Value)
		}
		sum := sha256.Sum256([]byte(layout.String()))
		if got := hex.EncodeToString(sum[:8]); got != of.sum {
			t.Errorf("the layout of %s has the sum %s, want %s", name, got, of.sum)
		}
	}
	if now := "version " + version; want[now].maps == nil {
		t.Errorf("there is no sum of %s", now)
	}
	if now := "sharedVersion " + sharedVersion; want[now].maps == nil {
		t.Errorf("there is no sum of %s", now)
	}
}

// describe writes what a type is made of, and where.
func describe(layout *strings.Builder, in btf.Type) {
	switch in := btf.UnderlyingType(in).(type) {
	case *btf.Array:
		fmt.Fprintf(layout, "%d times ", in.Nelems)
		describe(layout, in.Type)
	case *btf.Struct:
		for _, member := range in.Members {
			fmt.Fprintf(layout, "%s at %d: ", member.Name, member.Offset.Bytes())
			describe(layout, member.Type)
		}
	case *btf.Int:
		fmt.Fprintf(layout, "%d bytes\n", in.Size)
	}
}

func TestADecisionHoldsWhatARouteMayHave(t *testing.T) {
	const want = routes.MaxLocal + routes.MaxFallback
	if n := len(inshoreDecision4{}.Backends); n != want {
		t.Errorf("an IPv4 decision holds %d backends, want %d", n, want)
	}
	if n := len(inshoreDecision6{}.Backends); n != want {
		t.Errorf("an IPv6 decision holds %d backends, want %d", n, want)
	}
	if routes.MaxLocal&(routes.MaxLocal-1) != 0 || routes.MaxLocal != routes.MaxFallback {
		t.Error("the programs count on lists of the same length, a power of 2")
	}
}
