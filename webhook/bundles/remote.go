package bundles

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// configMapsName stands for all ConfigMaps while they are waited for.
const configMapsName = "configmaps"

// remote is what readiness waits for.
type remote struct {
	mu      sync.Mutex
	waiting map[string]error
}

func newRemote(config Config) *remote {
	r := &remote{waiting: map[string]error{}}
	if config.ConfigMaps != nil {
		r.waiting[configMapsName] = errors.New("the API server has not listed them yet")
	}
	if config.HTTP != nil {
		r.waiting[config.HTTP.Name()] = errors.New("the server has not answered yet")
	}
	return r
}

func (r *remote) answered(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, name)
}

func (r *remote) failed(name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, waiting := r.waiting[name]; waiting {
		r.waiting[name] = err
	}
}

// giveUp ends the waiting and returns what did not answer.
func (r *remote) giveUp() map[string]error {
	r.mu.Lock()
	defer r.mu.Unlock()
	missing := r.waiting
	r.waiting = map[string]error{}
	return missing
}

func (r *remote) ready() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	missing := make([]string, 0, len(r.waiting))
	for name, err := range r.waiting {
		missing = append(missing, fmt.Sprintf("%s: %v", name, err))
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("waiting for rules, %s at most: %s", Patience, strings.Join(missing, "; "))
}
