package watch_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/agent/kube"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/agent/watch"
)

// The index is the caller's, and so is its lock.
func ExampleWatch() {
	client, err := kube.New(&rest.Config{Host: "https://127.0.0.1:6443"})
	if err != nil {
		panic(err)
	}
	watched := watch.New(watch.Config{
		Client: client, Node: "node-1", Scope: routes.ScopeOptedIn, Log: logr.Discard(),
	})
	index := routes.NewIndex(routes.Config{Node: "node-1", Scope: routes.ScopeOptedIn})
	var mu sync.Mutex
	apply := func(edit func(*routes.Index)) {
		mu.Lock()
		defer mu.Unlock()
		edit(index)
		// Wake whatever commits the index, which looks at watched.Ready first.
	}
	ctx, stop := context.WithCancel(context.Background())
	stop() // A real one goes on.
	fmt.Println(watched.Run(ctx, apply), watched.Ready())
	// Output:
	// <nil> waiting for the first list of Pods, Services: if this lasts, look for refused requests in the log (RBAC: list and watch)
}
