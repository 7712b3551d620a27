package churn

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// repaired reads the objects that were left, counts those that admission missed
// though nobody said so, and waits until all are as they should be.
func (s *Stream) repaired(ctx context.Context, a *Account) error {
	begin := time.Now()
	for _, c := range s.clients {
		for _, o := range c.left {
			fault, err := c.readPatiently(ctx, o)
			if err != nil {
				return err
			}
			if fault != "" && !o.missed {
				a.Missed++
			}
		}
	}
	err := cluster.Wait(ctx, "repair", s.config.Repair, func(ctx context.Context) (bool, string, error) {
		faults, last, err := s.faults(ctx)
		if err != nil {
			return false, err.Error(), nil
		}
		a.Unrepaired = faults
		return faults == 0, fmt.Sprintf("%d objects are not as they should be; the last: %s", faults, last), nil
	})
	if a.Missed > 0 {
		a.RepairTook = time.Since(begin)
	}
	return err
}

// readPatiently reads an object as soon as the API server answers.
func (c *client) readPatiently(ctx context.Context, o *object) (fault string, err error) {
	err = cluster.Wait(ctx, "the API server to answer for "+o.String(), time.Minute, func(ctx context.Context) (bool, string, error) {
		var err error
		fault, err = c.read(ctx, o)
		return err == nil, fmt.Sprint(err), nil
	})
	return fault, err
}

// faults counts the left objects that are not as their annotations ask for, and keeps only those.
func (s *Stream) faults(ctx context.Context) (n int, last string, err error) {
	for _, c := range s.clients {
		var still []*object
		for _, o := range c.left {
			fault, err := c.read(ctx, o)
			if err != nil {
				return n, last, err
			}
			if fault != "" {
				still, last = append(still, o), fmt.Sprintf("%s in %s: %s", o, c.namespace, fault)
			}
		}
		c.left = still
		n += len(still)
	}
	return n, last, nil
}

// read says what of an object is not as it should be. One that nobody answered for and that is not there was not stored.
func (c *client) read(ctx context.Context, o *object) (fault string, err error) {
	if o.daemonSet {
		set, err := c.AppsV1().DaemonSets(c.namespace).Get(ctx, o.name, metav1.GetOptions{})
		if err != nil {
			return "", ignoreAbsent(err)
		}
		return setFault(set), nil
	}
	service, err := c.CoreV1().Services(c.namespace).Get(ctx, o.name, metav1.GetOptions{})
	if err != nil {
		return "", ignoreAbsent(err)
	}
	return serviceFault(service), nil
}

func ignoreAbsent(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// Verify reads every object of the stream, whatever was answered about it, and
// says what should not be: objects without the mutation, objects that a rule
// forbids. It returns how many there are in all.
func (s *Stream) Verify(ctx context.Context) (objects int, err error) {
	var wrong []error
	for _, c := range s.clients {
		services, err := c.CoreV1().Services(c.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return objects, fmt.Errorf("read the Services of %s: %w", c.namespace, err)
		}
		for i := range services.Items {
			if fault := serviceFault(&services.Items[i]); fault != "" {
				wrong = append(wrong, fmt.Errorf("in %s, Service %s: %s", c.namespace, services.Items[i].Name, fault))
			}
		}
		sets, err := c.AppsV1().DaemonSets(c.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return objects, fmt.Errorf("read the DaemonSets of %s: %w", c.namespace, err)
		}
		for i := range sets.Items {
			if fault := setFault(&sets.Items[i]); fault != "" {
				wrong = append(wrong, fmt.Errorf("in %s, DaemonSet %s: %s", c.namespace, sets.Items[i].Name, fault))
			}
			if forbidden(&sets.Items[i]) {
				wrong = append(wrong, fmt.Errorf("in %s, DaemonSet %s claims a port of its host", c.namespace, sets.Items[i].Name))
			}
		}
		objects += len(services.Items) + len(sets.Items)
	}
	return objects, errors.Join(wrong...)
}
