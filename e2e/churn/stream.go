package churn

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// Config says who writes how much.
type Config struct {
	REST *rest.Config
	// Clients write Rate requests a second each.
	Clients int
	Rate    float64
	// Tail is how many requests must be stored with the mutation, after a fault is over, for its phase to end.
	Tail int
	// Repair is how long audit may take to repair what admission missed.
	Repair time.Duration
}

// Stream is several clients that write when told to.
type Stream struct {
	config  Config
	clients []*client
	// requests counts those of each client, over all phases.
	requests []int
}

// New makes a namespace for each client.
func New(ctx context.Context, config Config) (*Stream, error) {
	s := &Stream{config: config, requests: make([]int, config.Clients)}
	for i := range config.Clients {
		c, err := newClient(config.REST, fmt.Sprintf("stream-%d", i))
		if err != nil {
			return nil, err
		}
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: c.namespace}}
		if _, err := c.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
			return nil, fmt.Errorf("make namespace %s for the stream: %w", c.namespace, err)
		}
		s.clients = append(s.clients, c)
	}
	return s, nil
}

// tailLimit is how long the requests of Config.Tail may take.
const tailLimit = 3 * time.Minute

// During writes while happen happens, and after it until enough requests went
// well again; then it waits for every answer and for repair. The account says what
// came of it even if there is an error, which says what could not be done.
func (s *Stream) During(ctx context.Context, phase string, happen func(context.Context) error) (*Account, error) {
	a := newAccount(phase)
	writing, stop := context.WithCancel(ctx)
	var writers sync.WaitGroup
	begin := time.Now()
	for i := range s.clients {
		writers.Go(func() { s.flow(ctx, writing, i, a) })
	}
	err := happen(ctx)
	if err == nil {
		err = s.more(ctx, a)
	}
	a.Took = time.Since(begin)
	stop()
	writers.Wait()
	if err != nil {
		return a, fmt.Errorf("%s: %w", phase, err)
	}
	return a, s.repaired(ctx, a)
}

// flow has a client begin a request at every tick until writing is over, and returns once all are answered.
func (s *Stream) flow(ctx, writing context.Context, i int, a *Account) {
	c := s.clients[i]
	var requests sync.WaitGroup
	defer requests.Wait()
	slots := make(chan struct{}, underWay)
	tick := time.NewTicker(time.Duration(float64(time.Second) / s.config.Rate))
	defer tick.Stop()
	for {
		select {
		case <-writing.Done():
			return
		case <-tick.C:
		}
		select {
		case slots <- struct{}{}:
		default:
			a.hold()
			continue
		}
		n := s.requests[i]
		s.requests[i]++
		requests.Go(func() {
			c.write(ctx, n, a)
			c.tidy(ctx)
			<-slots
		})
	}
}

func (s *Stream) more(ctx context.Context, a *Account) error {
	want := a.answered() + s.config.Tail
	return cluster.Wait(ctx, "requests to go well again", tailLimit, func(context.Context) (bool, string, error) {
		now := a.answered()
		return now >= want, fmt.Sprintf("%d of %d", now, want), nil
	})
}

// Delete deletes the clients' namespaces, with all that is in them.
func (s *Stream) Delete(ctx context.Context) error {
	for _, c := range s.clients {
		if err := c.CoreV1().Namespaces().Delete(ctx, c.namespace, metav1.DeleteOptions{}); err != nil {
			return fmt.Errorf("delete namespace %s of the stream: %w", c.namespace, err)
		}
	}
	return nil
}
