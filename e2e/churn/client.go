package churn

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	// patience is what a client grants the API server: more than both webhooks' timeouts together, as kubectl does.
	patience = 30 * time.Second
	// underWay bounds the requests of a client that wait for an answer.
	underWay = 100
	// kept bounds a client's objects: from then on the oldest goes for each new one.
	kept = 40
)

// client is a team with a namespace, and a connection, of its own.
type client struct {
	kubernetes.Interface
	namespace string

	mu sync.Mutex
	// made counts its objects, and so names them; idle are those that nobody is writing.
	made int
	idle []*object
	// left are never to be written again: see the package's comment.
	left []*object
}

func newClient(config *rest.Config, namespace string) (*client, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Timeout, config.WarningHandler = -1, patience, rest.NoWarnings{}
	// A dialer of its own keeps the transport from being shared with other clients.
	config.Dial = (&net.Dialer{Timeout: patience}).DialContext
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("client of the stream for %s: %w", namespace, err)
	}
	return &client{Interface: clients, namespace: namespace}, nil
}

// write makes the nth request: four in ten create, four update, two are mistakes.
func (c *client) write(ctx context.Context, n int, a *Account) {
	switch n % 10 {
	case 0, 5:
		c.create(ctx, a, &object{name: c.next("service")})
	case 2, 7:
		c.create(ctx, a, &object{name: c.next("set"), daemonSet: true})
	case 4:
		c.err(ctx, a, &object{name: c.next("mistake"), daemonSet: true})
	case 9:
		if o := c.take(true); o != nil {
			c.misturn(ctx, a, o)
			return
		}
		c.err(ctx, a, &object{name: c.next("mistake"), daemonSet: true})
	default:
		if o := c.take(n%2 == 0); o != nil {
			c.update(ctx, a, o)
			return
		}
		c.create(ctx, a, &object{name: c.next("service")})
	}
}

func (c *client) next(kind string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	return fmt.Sprintf("%s-%d", kind, c.made)
}

// take is the oldest idle object of a kind, which the caller gives back or leaves.
func (c *client) take(daemonSet bool) *object {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, o := range c.idle {
		if o.daemonSet == daemonSet {
			c.idle = append(c.idle[:i:i], c.idle[i+1:]...)
			return o
		}
	}
	return nil
}

func (c *client) create(ctx context.Context, a *Account, o *object) {
	c.done(a, o, func() (fault string, err error) {
		if o.daemonSet {
			set, err := c.AppsV1().DaemonSets(c.namespace).Create(ctx, o.set(0), metav1.CreateOptions{})
			if err != nil {
				return "", err
			}
			return setFault(set), nil
		}
		service, err := c.CoreV1().Services(c.namespace).Create(ctx, o.service(), metav1.CreateOptions{})
		if err != nil {
			return "", err
		}
		return serviceFault(service), nil
	})
}

func (c *client) update(ctx context.Context, a *Account, o *object) {
	o.turns++
	patch := []byte(o.turn())
	c.done(a, o, func() (fault string, err error) {
		if o.daemonSet {
			set, err := c.AppsV1().DaemonSets(c.namespace).Patch(ctx, o.name, types.MergePatchType, patch, metav1.PatchOptions{})
			if err != nil {
				return "", err
			}
			return setFault(set), nil
		}
		service, err := c.CoreV1().Services(c.namespace).Patch(ctx, o.name, types.MergePatchType, patch, metav1.PatchOptions{})
		if err != nil {
			return "", err
		}
		return serviceFault(service), nil
	})
}

// done makes a request that is right, and writes down what came of it.
func (c *client) done(a *Account, o *object, request func() (fault string, err error)) {
	begin := time.Now()
	fault, err := request()
	took := time.Since(begin)
	if err == nil && fault == "" {
		a.add(took, func(a *Account) { a.OK++ })
		c.give(o)
		return
	}
	if err == nil {
		a.add(took, func(a *Account) { a.Missed++ })
		o.missed = true
		c.leave(o)
		return
	}
	why := causeOf(err)
	a.add(took, func(a *Account) {
		if why == refusedByRule {
			a.Wrong = append(a.Wrong, fmt.Sprintf("%s was right, and refused: %v", o, err))
			return
		}
		a.fail(why, err)
	})
	switch {
	case !why.decided():
		c.leave(o)
	case o.turns > 0:
		c.give(o) // It is as it was before.
	}
}

func (c *client) give(o *object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, o)
}

func (c *client) leave(o *object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = append(c.left, o)
}

// tidy deletes the oldest objects beyond the bound. It is no admission call, and so in no account; one that cannot be
// deleted now is left as it is.
func (c *client) tidy(ctx context.Context) {
	c.mu.Lock()
	var old []*object
	if n := len(c.idle) - kept; n > 0 {
		old = append(old, c.idle[:n]...)
		c.idle = append([]*object(nil), c.idle[n:]...)
	}
	c.mu.Unlock()
	for _, o := range old {
		var err error
		if o.daemonSet {
			err = c.AppsV1().DaemonSets(c.namespace).Delete(ctx, o.name, metav1.DeleteOptions{})
		} else {
			err = c.CoreV1().Services(c.namespace).Delete(ctx, o.name, metav1.DeleteOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			c.leave(o)
		}
	}
}
