package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// store writes to the cluster's etcd, over its HTTP gateway: this needs no more
// of etcd's API than one call.
type store struct{ http http.Client }

// entry is a key with its value. JSON has bytes in base 64, as the gateway wants them.
type entry struct {
	Key   []byte `json:"key"`
	Value []byte `json:"value"`
}

// transaction is what becomes visible at once, at one revision. It has one object of a
// kind at most, as with everything that the API server writes: its watches lose
// events of a kind that share a revision.
type transaction []entry

const (
	etcdAddress = "127.0.0.1:2379"
	// writers hide that each transaction waits for its turn in etcd.
	writers = 64
)

func newStore(controlPlane *cluster.Node) *store {
	return &store{http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return controlPlane.Dial(ctx, network, etcdAddress)
		},
		MaxIdleConnsPerHost: writers,
	}}}
}

func (s *store) close() { s.http.CloseIdleConnections() }

// put carries transactions out, in no order.
func (s *store) put(ctx context.Context, all []transaction) error {
	group, ctx := errgroup.WithContext(ctx)
	for first := range writers {
		group.Go(func() error {
			for i := first; i < len(all); i += writers {
				if err := s.transact(ctx, all[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (s *store) transact(ctx context.Context, t transaction) error {
	type operation struct {
		Put entry `json:"requestPut"`
	}
	var call struct {
		Success []operation `json:"success"`
	}
	for _, e := range t {
		call.Success = append(call.Success, operation{e})
	}
	body, err := json.Marshal(call)
	if err != nil {
		return fmt.Errorf("encode a transaction: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+etcdAddress+"/v3/kv/txn", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("write to etcd: %w", err)
	}
	response, err := s.http.Do(request)
	if err != nil {
		return fmt.Errorf("write to etcd: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("write to etcd: %s %s %w", response.Status, answer, err)
	}
	return nil
}
