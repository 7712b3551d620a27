package mirror

import (
	"fmt"
	"maps"
	"reflect"
	"testing"
)

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
	}
	if len(c.texts) > tableSize || len(c.labels) > tableSize {
		t.Errorf("%d texts, %d maps, want at most %d each", len(c.texts), len(c.labels), tableSize)
	}
}
