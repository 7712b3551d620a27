package heartbeat

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/go-logr/logr"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/inshore-dev/inshore/agent/kube"
)

// server keeps one Lease, as an API server does.
type server struct {
	lease *coordinationv1.Lease
	// fail makes the next requests fail with a code.
	fail []int
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(code int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(body)
	}
	refuse := func(code int, reason metav1.StatusReason) {
		answer(code, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Code: int32(code), Reason: reason})
	}
	if len(s.fail) > 0 {
		code := s.fail[0]
		s.fail = s.fail[1:]
		refuse(code, metav1.StatusReasonInternalError)
		return
	}
	const path = "/apis/coordination.k8s.io/v1/namespaces/inshore-agent/leases"
	switch {
	case r.Method == http.MethodGet && r.URL.Path == path+"/node-0":
		if s.lease == nil {
			refuse(http.StatusNotFound, metav1.StatusReasonNotFound)
			return
		}
		answer(http.StatusOK, s.lease)
	case r.Method == http.MethodPost && r.URL.Path == path, r.Method == http.MethodPut && r.URL.Path == path+"/node-0":
		written, err := decode(r)
		if err != nil {
			refuse(http.StatusBadRequest, metav1.StatusReasonBadRequest)
			return
		}
		if s.lease != nil && written.ResourceVersion != s.lease.ResourceVersion {
			refuse(http.StatusConflict, metav1.StatusReasonConflict)
			return
		}
		s.keep(written)
		answer(http.StatusOK, s.lease)
	default:
		refuse(http.StatusNotFound, metav1.StatusReasonNotFound)
	}
}

// keep stores a Lease in a new version.
func (s *server) keep(lease *coordinationv1.Lease) {
	version := 0
	if s.lease != nil {
		version, _ = strconv.Atoi(s.lease.ResourceVersion)
	}
	lease.ResourceVersion = strconv.Itoa(version + 1)
	lease.TypeMeta = metav1.TypeMeta{Kind: "Lease", APIVersion: "coordination.k8s.io/v1"}
	s.lease = lease
}

func newLease(t *testing.T, s *server) (*Lease, *clocktesting.FakeClock) {
	t.Helper()
	api := httptest.NewServer(s)
	t.Cleanup(api.Close)
	client, err := kube.New(&rest.Config{Host: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	clock := clocktesting.NewFakeClock(time.Unix(1000, 0))
	return New(Config{
		Coordination: client.Coordination, Namespace: "inshore-agent", Node: "node-0", Holder: "agent-x",
		Owner: &metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: "agent-x", UID: "u"},
		Clock: clock, Log: logr.Discard(),
	}), clock
}

func TestRenewal(t *testing.T) {
	s := &server{}
	l, clock := newLease(t, s)
	if err := l.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	spec := s.lease.Spec
	if *spec.HolderIdentity != "agent-x" || *spec.LeaseDurationSeconds != 40 || spec.RenewTime.Unix() != 1000 || s.lease.OwnerReferences[0].UID != "u" {
		t.Errorf("a new Lease is %+v", s.lease)
	}
	clock.Step(Period)
	if err := l.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if spec := s.lease.Spec; spec.RenewTime.Unix() != 1010 || spec.AcquireTime.Unix() != 1000 {
		t.Errorf("a renewed Lease is %+v", spec)
	}
}

func TestAPredecessorsLeaseIsTakenOver(t *testing.T) {
	s := &server{}
	s.keep(&coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: "inshore-agent", Name: "node-0", OwnerReferences: []metav1.OwnerReference{{UID: "gone"}}},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: new("agent-old")},
	})
	l, _ := newLease(t, s)
	if err := l.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if *s.lease.Spec.HolderIdentity != "agent-x" || s.lease.OwnerReferences[0].UID != "u" || s.lease.Spec.AcquireTime.Unix() != 1000 {
		t.Errorf("the Lease is %+v", s.lease)
	}
}

func TestAnybodyElsesWriteIsOvercomeByTheNextRenewal(t *testing.T) {
	s := &server{}
	l, _ := newLease(t, s)
	if err := l.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.keep(s.lease.DeepCopy())
	if err := l.renew(t.Context()); err == nil {
		t.Fatal("a conflict was no error")
	}
	if err := l.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.lease = nil
	for range 2 {
		_ = l.renew(t.Context())
	}
	if s.lease == nil {
		t.Error("a deleted Lease was not made again")
	}
}

func TestRunGoesOnAfterAFailure(t *testing.T) {
	s := &server{fail: []int{500, 500}}
	l, clock := newLease(t, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Run(t.Context())
	}()
	for deadline := time.Now().Add(20 * time.Second); l.Renewed().IsZero(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never renewed")
		}
		if clock.HasWaiters() {
			clock.Step(retryPeriod)
		}
	}
}
