package churn

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// hostPort is what the mistakes claim of their nodes.
const hostPort = 11211

// err creates what a rule forbids.
func (c *client) err(ctx context.Context, a *Account, o *object) {
	c.mistaken(a, o, func() error {
		_, err := c.AppsV1().DaemonSets(c.namespace).Create(ctx, o.set(hostPort), metav1.CreateOptions{})
		return err
	})
}

// misturn makes what was right into what a rule forbids.
func (c *client) misturn(ctx context.Context, a *Account, o *object) {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
		"containers": containers(hostPort),
	}}}})
	if err != nil {
		panic(err) // Nothing in it can fail to be written.
	}
	c.mistaken(a, o, func() error {
		_, err := c.AppsV1().DaemonSets(c.namespace).Patch(ctx, o.name, types.MergePatchType, patch, metav1.PatchOptions{})
		return err
	})
	c.give(o)
}

func (c *client) mistaken(a *Account, o *object, request func() error) {
	begin := time.Now()
	err := request()
	a.add(time.Since(begin), func(a *Account) {
		if err == nil {
			a.Wrong = append(a.Wrong, fmt.Sprintf("%s claims a port of its host, and was let through", o))
			return
		}
		why := causeOf(err)
		if why == refusedByRule {
			a.Refused++
			return
		}
		a.fail(why, err)
	})
}
