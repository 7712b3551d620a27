package decisionlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/decisionlog"
)

// secret stands for what people keep in annotations.
const secret = "hunter2"

func record() *decisionlog.Record {
	service := &input.Service{
		TypeMeta: input.TypeMeta{APIVersion: "v1", KindName: "Service"},
		Metadata: input.Metadata{Name: "cache", Namespace: "core", Annotations: map[string]string{
			v1alpha1.AnnotationNodeLocal: "required", "example.com/token": secret,
		}},
		Spec: input.ServiceSpec{Type: "ClusterIP", ClusterIP: "None", Selector: map[string]string{"app": "cache"}},
	}
	old := *service
	old.Spec.ClusterIP = "10.0.0.1"
	return &decisionlog.Record{
		Time: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC), UID: "1", Name: "cache", Latency: 150 * time.Microsecond,
		Document: &input.Document{
			Object: service, OldObject: &old, Operation: input.OperationUpdate, Namespace: input.Namespace{Name: "core"},
			Platform: v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}},
			Related:  input.Related{DaemonSets: []*input.DaemonSet{{Metadata: input.Metadata{Name: "cache"}}}},
		},
		Decision: policies.Decision{
			Revision: "abc",
			Results:  []policies.Result{{ID: "ISH101", Severity: policies.SeverityError, Field: "spec.clusterIP", Message: "m"}},
			Excepted: []policies.Excepted{{Result: policies.Result{ID: "ISH107"}}},
		},
	}
}

// logged is what a log writes of records.
func logged(t *testing.T, records ...*decisionlog.Record) []byte {
	t.Helper()
	var out bytes.Buffer
	log := decisionlog.New(decisionlog.Config{Out: &out, Registry: prometheus.NewRegistry(), Log: logr.Discard()})
	for _, r := range records {
		log.Write(r)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := log.Start(stopped); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func entries(t *testing.T, text []byte) []*decisionlog.Entry {
	t.Helper()
	var all []*decisionlog.Entry
	for entry, err := range decisionlog.Read(bytes.NewReader(text)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry)
	}
	return all
}

func TestADecisionIsReadBackAsItWasMade(t *testing.T) {
	r := record()
	all := entries(t, logged(t, r))
	if len(all) != 1 {
		t.Fatalf("got %d entries, want 1", len(all))
	}
	entry := all[0]
	if entry.Allowed || entry.UID != "1" || entry.Revision != "abc" || entry.LatencyMicros != 150 ||
		!slices.Equal(entry.Findings, []decisionlog.Finding{{ID: "ISH101", Severity: "error", Field: "spec.clusterIP"}}) ||
		!slices.Equal(entry.Excepted, []string{"ISH107"}) {
		t.Errorf("got %+v", entry)
	}
	document, err := entry.Document()
	if err != nil {
		t.Fatal(err)
	}
	want := *r.Document
	for _, object := range []input.Object{want.Object, want.OldObject} {
		service := object.(*input.Service)
		service.Metadata.Annotations = map[string]string{v1alpha1.AnnotationNodeLocal: "required"}
	}
	if diff := cmp.Diff(&want, document); diff != "" {
		t.Errorf("the document changed on its way through the log (-made +read):\n%s", diff)
	}
}

func TestAnnotationsOfOthersAreMasked(t *testing.T) {
	r := record()
	if text := logged(t, r); bytes.Contains(text, []byte(secret)) || bytes.Contains(text, []byte("example.com")) {
		t.Errorf("the log holds somebody's annotation: %s", text)
	}
	if r.Document.Object.Meta().Annotations["example.com/token"] != secret {
		t.Error("masking changed the object under review")
	}
}

func TestCommandsAreMaskedButForWhatTellsWhetherTheyWait(t *testing.T) {
	for command, want := range map[string]string{
		"sh -c sleep 15": "sh -c sleep 15",
		"sleep 15; curl -H token:hunter2 http://a/drain":  "sleep 15; masked -H masked masked",
		"/usr/sbin/nginx -s quit":                         "/usr/sbin/nginx -s masked",
		"while test -S /run/hunter2; do sleep 1; done":    "while masked -S masked; do sleep 1; done",
		"password=hunter2 drain&&echo hunter2|touch /tmp": "masked masked&&echo masked|touch masked",
	} {
		daemonSet := &input.DaemonSet{Metadata: input.Metadata{Name: "cache"}}
		daemonSet.Spec.Template.Spec.Containers = []input.Container{{Name: "cache", Lifecycle: &input.Lifecycle{
			PreStop: &input.PreStop{Exec: &input.Exec{Command: []string{"sh", "-c", command}}},
		}}}
		r := record()
		r.Document.Object, r.Document.OldObject = daemonSet, nil
		r.Document.Related.DaemonSets = []*input.DaemonSet{daemonSet}
		text := logged(t, r)
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%q is in the log: %s", command, text)
		}
		document, err := entries(t, text)[0].Document()
		if err != nil {
			t.Fatal(err)
		}
		read := document.Object.(*input.DaemonSet).Spec.Template.Spec.Containers[0].Lifecycle.PreStop.Exec.Command
		if !slices.Equal(read, []string{"sh", "-c", want}) {
			t.Errorf("%q is logged as %q, want %q", command, read[2], want)
		}
		if daemonSet.Spec.Template.Spec.Containers[0].Lifecycle.PreStop.Exec.Command[2] != command {
			t.Error("masking changed the object under review")
		}
	}
}

func TestEqualDocumentsHaveEqualDigests(t *testing.T) {
	other := record()
	other.UID = "2"
	changed := record()
	changed.Document.Object.(*input.Service).Spec.ClusterIP = ""
	all := entries(t, logged(t, record(), other, changed))
	if all[0].Digest != all[1].Digest || all[0].Digest == all[2].Digest {
		t.Errorf("digests are %s, %s and %s", all[0].Digest, all[1].Digest, all[2].Digest)
	}
}

func TestReadingTellsWhatIsWrongAndGoesOn(t *testing.T) {
	line := string(logged(t, record()))
	broken := strings.Replace(line, "None", "Nope", 1)
	future := strings.Replace(line, `"version":"v1"`, `"version":"v9"`, 1)
	text := `{"level":"info","msg":"Starting"}` + "\nplain text\n" + broken + future + line[:len(line)/2] + "\n" + line
	var found []string
	read := 0
	for entry, err := range decisionlog.Read(strings.NewReader(text)) {
		if err == nil {
			read++
			continue
		}
		var at *decisionlog.ErrLine
		if entry != nil || !errors.As(err, &at) {
			t.Errorf("got entry %v and error %v", entry, err)
		}
		found = append(found, err.Error())
	}
	if read != 1 || len(found) != 3 ||
		!strings.HasPrefix(found[0], "line 3: the input is not what its digest says") ||
		!strings.HasPrefix(found[1], `line 4: an entry of version "v9"`) ||
		!strings.HasPrefix(found[2], "line 5: not an entry") {
		t.Errorf("read %d entries and %q", read, found)
	}
}

func TestALogThatFallsBehindDropsAndCounts(t *testing.T) {
	registry := prometheus.NewRegistry()
	log := decisionlog.New(decisionlog.Config{Out: io.Discard, Registry: registry, Log: logr.Discard()})
	for range 1030 {
		log.Write(record()) // nobody has called Start
	}
	if dropped := dropped(t, registry); dropped["behind"] != 6 || dropped["error"] != 0 {
		t.Errorf("dropped is %v, want 6 behind", dropped)
	}
}

func TestWhatWaitsIsBoundedInBytes(t *testing.T) {
	registry := prometheus.NewRegistry()
	out := &bytes.Buffer{}
	log := decisionlog.New(decisionlog.Config{Out: out, Registry: registry, Log: logr.Discard()})
	large := record()
	large.Size = 6 << 20
	for range 3 {
		log.Write(large)
	}
	if dropped := dropped(t, registry); dropped["behind"] != 1 {
		t.Errorf("dropped is %v, want 1 behind", dropped)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := log.Start(stopped); err != nil {
		t.Fatal(err)
	}
	log.Write(large) // there is room again
	if dropped := dropped(t, registry); dropped["behind"] != 1 {
		t.Errorf("dropped is %v after the others were written, want 1 behind", dropped)
	}
}

// dropped are the counts of dropped decisions by reason.
func dropped(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{}
	for _, family := range families {
		if family.GetName() == "inshore_decision_log_dropped_total" {
			for _, metric := range family.Metric {
				counts[metric.Label[0].GetValue()] = metric.Counter.GetValue()
			}
		}
	}
	if len(counts) != 2 {
		t.Fatalf("got %v, want both reasons from the start", counts)
	}
	return counts
}

// flaky fails its first write.
type flaky struct {
	bytes.Buffer
	failed bool
}

func (f *flaky) Write(p []byte) (int, error) {
	if !f.failed {
		f.failed = true
		return 0, errors.New("no space left")
	}
	return f.Buffer.Write(p)
}

func TestAnOutputThatFailsOnceIsWrittenToAgain(t *testing.T) {
	out := &flaky{}
	log := decisionlog.New(decisionlog.Config{Out: out, Registry: prometheus.NewRegistry(), Log: logr.Discard()})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	log.Write(record())
	stop()
	go func() { ended <- log.Start(ctx) }()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	log.Write(record())
	if err := log.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if all := entries(t, out.Bytes()); len(all) != 1 {
		t.Errorf("got %d entries after the output recovered, want 1", len(all))
	}
}

func TestWithoutALogNothingIsWritten(t *testing.T) {
	var none *decisionlog.Log
	none.Write(record())
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := none.Start(stopped); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"version":"v1","digest":"sha256:","input":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for entry, err := range decisionlog.Read(bytes.NewReader(text)) {
			if (entry == nil) == (err == nil) {
				t.Fatalf("got entry %v and error %v", entry, err)
			}
			if entry == nil {
				continue
			}
			if document, err := entry.Document(); err == nil && document.Object == nil {
				t.Fatal("a document without an object")
			}
			if _, err := json.Marshal(entry); err != nil {
				t.Fatal(err)
			}
		}
	})
}
