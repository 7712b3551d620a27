package manifest

import (
	"strings"
	"sync"
)

// keys numbers the keys of all objects: they are the same few hundred words in
// all manifests.
var keys = keyNumbers{numbers: map[string]int{"": item}, keys: []string{item: ""}}

type keyNumbers struct {
	mu      sync.RWMutex
	numbers map[string]int
	keys    []string
}

func (k *keyNumbers) number(key string) int {
	k.mu.RLock()
	number, known := k.numbers[key]
	k.mu.RUnlock()
	if known {
		return number
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if number, known := k.numbers[key]; known {
		return number
	}
	key = strings.Clone(key) // a part of a file's text, which must not stay
	k.numbers[key] = len(k.keys)
	k.keys = append(k.keys, key)
	return len(k.keys) - 1
}

// known is the number of a key that some object has.
func (k *keyNumbers) known(key string) (int, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	number, known := k.numbers[key]
	return number, known
}
