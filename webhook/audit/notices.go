package audit

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/excerpt"
)

// The reasons of events.
const (
	ReasonViolation   = "PolicyViolation"
	ReasonRepaired    = "MissedMutationRepaired"
	ReasonReverted    = "RepairReverted"
	ReasonNotRepaired = "RepairRefused"
	ReasonNoReports   = "NoReports"
)

const (
	actionAudit  = "Audit"
	actionRepair = "Repair"
	// webhookDeployment is what events about audit itself are on.
	webhookDeployment = "inshore-webhook"
	// eventRate is in events a second: a cluster that breaks a new rule in a
	// thousand places shows some of them and the rest in its reports.
	eventRate, eventBurst = 1, 25

	mediaPartial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
)

// notices writes events, of which a token bucket passes a few. What it drops is
// in the report and in the metrics all the same.
type notices struct {
	client    rest.Interface
	events    events.EventRecorder
	metrics   *Metrics
	namespace string
	bucket    flowcontrol.PassiveRateLimiter
	// told are the rules that an event was about, by namespace and object.
	told map[string]map[target]string
}

func newNotices(a *Audit) *notices {
	return &notices{
		client: a.client, events: a.Events, metrics: a.Metrics, namespace: a.Namespace,
		bucket: flowcontrol.NewTokenBucketPassiveRateLimiterWithClock(eventRate, eventBurst, a.Clock),
		told:   map[string]map[target]string{},
	}
}

// violations writes an event on each object that breaks other rules than when it
// was told last. A pass that says what the report of the leader before said
// brings no news.
func (n *notices) violations(ctx context.Context, found *tally, unchanged bool) {
	before, known := n.told[found.namespace]
	if delete(n.told, found.namespace); len(found.denied) > 0 {
		n.told[found.namespace] = found.denied
	}
	if !known && unchanged {
		return
	}
	for object, rules := range found.denied {
		if before[object] != rules {
			n.onObject(ctx, object, corev1.EventTypeWarning, ReasonViolation, actionAudit,
				fmt.Sprintf("%s breaks %s, and would be refused if it were written today. See report %s of the namespace, or run inshore audit -n %s",
					object, rules, reportName, object.namespace))
		}
	}
}

// noReports says on our own Deployment that the cluster does not know reports.
func (n *notices) noReports() {
	n.events.Eventf(&corev1.ObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Namespace: n.namespace, Name: webhookDeployment},
		nil, corev1.EventTypeNormal, ReasonNoReports, actionAudit,
		"%s, so audit writes none. Its metrics tell the same; install OpenReports to have a report in every namespace", errNoReports.Error())
}

// onObject writes an event on an object. Its UID, without which kubectl describe
// does not show the event, is asked for only now: most objects never have one.
func (n *notices) onObject(ctx context.Context, object target, kind, reason, action, note string) {
	if !n.bucket.TryAccept() {
		n.metrics.events.WithLabelValues(dropped).Inc()
		return
	}
	text, err := n.client.Get().AbsPath(object.path()).SetHeader("Accept", mediaPartial).DoRaw(ctx)
	if err != nil {
		return // it is gone, or we are
	}
	var found metav1.PartialObjectMetadata
	if err := json.Unmarshal(text, &found); err != nil {
		return // not what the API server sends
	}
	n.send(object, found.UID, kind, reason, action, note)
}

// onRepair writes an event on an object that repair has just read.
func (n *notices) onRepair(object target, uid, kind, reason, note string) {
	n.onChange(object, uid, kind, reason, actionRepair, note)
}

// onPolicy writes an event on a NodeLocalPolicy. There are few of them.
func (n *notices) onPolicy(name string, uid types.UID, kind, reason, note string) {
	n.metrics.events.WithLabelValues(sent).Inc()
	n.events.Eventf(&corev1.ObjectReference{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "NodeLocalPolicy", Name: name, UID: uid,
	}, nil, kind, reason, actionRollout, "%s", excerpt.Of(note, excerpt.MaxNote))
}

// onChange writes an event on an object that was read to be changed.
func (n *notices) onChange(object target, uid, kind, reason, action, note string) {
	if !n.bucket.TryAccept() {
		n.metrics.events.WithLabelValues(dropped).Inc()
		return
	}
	n.send(object, types.UID(uid), kind, reason, action, note)
}

func (n *notices) send(object target, uid types.UID, kind, reason, action, note string) {
	n.metrics.events.WithLabelValues(sent).Inc()
	n.events.Eventf(&corev1.ObjectReference{
		APIVersion: apiVersions[object.kind], Kind: string(object.kind), Namespace: object.namespace, Name: object.name, UID: uid,
	}, nil, kind, reason, action, "%s", excerpt.Of(note, excerpt.MaxNote))
}
