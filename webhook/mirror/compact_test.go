package mirror

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/policies/input"
)

func TestCompactObjectsSayTheSame(t *testing.T) {
	c := newCompactor()
	for _, text := range []string{whole.service, smallest.service, whole.service} {
		got, want := decodeTwice[input.Service](t, text)
		c.service(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("before (-), after (+):\n%s", diff)
		}
	}
	for _, text := range []string{whole.daemonSet, smallest.daemonSet, whole.daemonSet} {
		got, want := decodeTwice[input.DaemonSet](t, text)
		c.daemonSet(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("before (-), after (+):\n%s", diff)
		}
	}
	for _, text := range []string{whole.deployment, smallest.deployment, whole.statefulSet} {
		got, want := decodeTwice[input.Workload](t, text)
		c.workload(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("before (-), after (+):\n%s", diff)
		}
	}
}

func decodeTwice[T any](t *testing.T, text string) (got, want *T) {
	t.Helper()
	got, want = new(T), new(T)
	for _, into := range []*T{got, want} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	return got, want
}

func TestOnlyOurAnnotationsAreKept(t *testing.T) {
	s := &input.Service{Metadata: input.Metadata{Annotations: map[string]string{
		"inshore.dev/node-local": "required", "inshore.dev/previous": "{}", "kubectl.kubernetes.io/last-applied-configuration": "{}",
	}}}
	newCompactor().service(s)
	if want := map[string]string{"inshore.dev/node-local": "required", "inshore.dev/previous": "{}"}; !maps.Equal(s.Metadata.Annotations, want) {
		t.Errorf("got %v", s.Metadata.Annotations)
	}
}

func TestEqualMapsAreShared(t *testing.T) {
	c := newCompactor()
	set := func(m map[string]string) map[string]string {
		c.set(&m)
		return m
	}
	first := set(map[string]string{"a": "1", "b": "2"})
	if again := set(map[string]string{"b": "2", "a": "1"}); reflect.ValueOf(again).Pointer() != reflect.ValueOf(first).Pointer() {
		t.Error("equal maps are two")
	}
	// The same text if the pieces are put together without care.
	tricky := set(map[string]string{"a": "1\x01b\x002"})
	if maps.Equal(tricky, first) {
		t.Error("different maps are one")
	}
}

func TestTablesStayBounded(t *testing.T) {
	c := newCompactor()
	for i := range 3 * tableSize {
		m := map[string]string{"app": fmt.Sprint(i)}
		c.set(&m)
		c.meta(&input.Metadata{Namespace: fmt.Sprint(i)})
		n := new(intstr.FromInt(i))
		c.number(&n)
	}
	if len(c.texts) > tableSize || len(c.labels) > tableSize || len(c.numbers) > tableSize {
		t.Errorf("%d texts, %d maps, %d numbers, want at most %d each", len(c.texts), len(c.labels), len(c.numbers), tableSize)
	}
}
