package events

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// series is an event that was sent, in which its repetitions are counted.
type series struct {
	name  string
	since time.Time
	count int32
}

// requestTimeout bounds one request.
const requestTimeout = 10 * time.Second

// deliver sends an event and says whether that settles it.
func (r *Recorder) deliver(ctx context.Context, k key, o *occurrence) (settled bool) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	log := r.config.Log.WithValues("service", k.service.String(), "reason", k.reason)
	err := r.send(ctx, k, o)
	switch {
	case err == nil:
		return true
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err), apierrors.IsNotFound(err), apierrors.IsBadRequest(err):
		// Forbidden is what a namespace that is being deleted says as well.
		r.dropped.Inc()
		log.Error(err, "The API server refuses an event; it is not sent", "note", o.event.Note)
		return true
	default:
		log.V(1).Info("Cannot send an event yet; trying again", "error", err.Error())
		return false
	}
}

// send creates an event, or counts it in the one that it repeats.
func (r *Recorder) send(ctx context.Context, k key, o *occurrence) error {
	now := r.config.Clock.Now()
	if s := r.series[k]; s != nil && now.Sub(s.since) < seriesAge {
		err := r.patch(ctx, k, s, o)
		if !apierrors.IsNotFound(err) {
			return err
		}
	}
	event := r.event(o)
	if err := r.config.Client.Post().Namespace(event.Namespace).Resource("events").Body(event).Do(ctx).Error(); err != nil {
		return err
	}
	for old, s := range r.series {
		if now.Sub(s.since) >= seriesAge {
			delete(r.series, old)
		}
	}
	r.series[k] = &series{name: event.Name, since: now, count: o.count}
	return nil
}

func (r *Recorder) patch(ctx context.Context, k key, s *series, o *occurrence) error {
	type eventSeries struct {
		Count            int32            `json:"count"`
		LastObservedTime metav1.MicroTime `json:"lastObservedTime"`
	}
	body, err := json.Marshal(map[string]any{"series": eventSeries{s.count + o.count, metav1.NewMicroTime(o.last)}})
	if err != nil {
		return fmt.Errorf("writing an event's count: %w", err)
	}
	err = r.config.Client.Patch(types.MergePatchType).Namespace(k.service.Namespace).Resource("events").Name(s.name).Body(body).Do(ctx).Error()
	if err != nil {
		return err
	}
	s.count += o.count
	return nil
}

// event is what is sent. Its name is the Service's with the time, as every
// client does it; the node keeps two agents apart.
func (r *Recorder) event(o *occurrence) *eventsv1.Event {
	service := o.event.Service
	suffix := strconv.FormatInt(o.first.UnixNano(), 16)
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: service.Namespace,
			Name:      fmt.Sprintf("%.180s.%s.%08x", service.Name, suffix, hash(r.config.Node+o.event.Reason)),
		},
		EventTime:           metav1.NewMicroTime(o.first),
		ReportingController: "inshore.dev/agent",
		ReportingInstance:   r.config.Instance,
		Action:              "Route",
		Reason:              o.event.Reason,
		Type:                o.event.Type,
		Note:                fmt.Sprintf("Node %s: %s", r.config.Node, o.event.Note),
		Regarding: corev1.ObjectReference{
			APIVersion: "v1", Kind: "Service", Namespace: service.Namespace, Name: service.Name, UID: o.event.UID,
		},
	}
	if o.count > 1 {
		event.Series = &eventsv1.EventSeries{Count: o.count, LastObservedTime: metav1.NewMicroTime(o.last)}
	}
	return event
}

// hash tells names apart; it protects nothing.
func hash(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s)) // Never fails.
	return h.Sum32()
}
