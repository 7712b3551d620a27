package bundles_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	fakesource "k8s.io/client-go/tools/cache/testing"
	"k8s.io/client-go/tools/events"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/inshore-dev/inshore/webhook/bundles"
)

// world is a loader that runs, and whom it tells.
type world struct {
	*bundles.Loader
	t       *testing.T
	clock   *testingclock.FakeClock
	events  *events.FakeRecorder
	metrics *prometheus.Registry
	logged  chan string
}

// start runs a loader; configure completes its configuration.
func start(t *testing.T, configure func(*bundles.Config)) *world {
	t.Helper()
	w := &world{
		t: t, clock: testingclock.NewFakeClock(time.Unix(1_000_000, 0)), events: events.NewFakeRecorder(100),
		metrics: prometheus.NewRegistry(), logged: make(chan string, 1000),
	}
	config := bundles.Config{
		Interval: time.Minute, Namespace: "inshore-system", Deployment: "inshore-webhook",
		Events: w.events, Metrics: w.metrics, Clock: w.clock,
		Log: logr.New(funcr.New(func(_, text string) { w.logged <- text }, funcr.Options{}).GetSink()),
	}
	configure(&config)
	loader, err := bundles.New(t.Context(), config)
	must(t, err)
	w.Loader = loader
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- loader.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return w
}

// until lets time pass until something is so.
func (w *world) until(what string, so func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); runtime.Gosched() {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s never comes true; rules %v, ready: %v", what, w.custom(), w.Ready())
		}
		w.clock.Step(time.Second)
	}
}

func (w *world) custom() []string {
	ids := []string{}
	for _, rule := range w.Engine().Rules() {
		if !strings.HasPrefix(rule.ID, "ISH") {
			ids = append(ids, rule.ID)
		}
	}
	return ids
}

// has reports whether exactly these rules of ours are in force.
func (w *world) has(ids ...string) func() bool {
	return func() bool { return slices.Equal(w.custom(), ids) }
}

// event waits for one with the reason and the text.
func (w *world) event(reason, says string) {
	w.t.Helper()
	for {
		select {
		case event := <-w.events.Events:
			if strings.Contains(event, reason) && strings.Contains(event, says) {
				return
			}
		case <-time.After(20 * time.Second):
			w.t.Fatalf("no event %s that says %q", reason, says)
		}
	}
}

// metric is the value of a series.
func (w *world) metric(name, source, result string) float64 {
	w.t.Helper()
	families, err := w.metrics.Gather()
	must(w.t, err)
	for _, family := range families {
		for _, metric := range family.Metric {
			labels := map[string]string{}
			for _, label := range metric.Label {
				labels[label.GetName()] = label.GetValue()
			}
			if family.GetName() == name && labels["source"] == source && labels["result"] == result {
				return metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
			}
		}
	}
	return -1
}

func TestAServersBundleIsReloadedAndTheLastGoodOneStays(t *testing.T) {
	ours, theirs := keys(t)
	shop := newShop(t)
	shop.sell(bytesOf(packed(t, ours, map[string]string{"ACME001": good}), `"1"`))
	w := start(t, func(c *bundles.Config) { c.HTTP = ask(t, shop.URL, ours) })
	w.until("the first bundle", w.has("ACME001"))
	w.until("readiness", func() bool { return w.Ready() == nil })
	w.event(bundles.ReasonLoaded, shop.URL)
	shop.sell(bytesOf(packed(t, ours, map[string]string{"ACME001": good, "ACME002": good}), `"2"`))
	w.until("the second bundle", w.has("ACME001", "ACME002"))

	bad := []struct {
		what   string
		answer http.HandlerFunc
		result string
		says   string
	}{
		{"a bad signature", bytesOf(packed(t, theirs, map[string]string{"ACME001": good, "ACME002": good}), ""), "unreadable", "failed to verify"},
		{"a truncated one", bytesOf(packed(t, ours, map[string]string{"ACME003": good})[:300], ""), "unreadable", "cut off"},
		{"one that drops a rule", bytesOf(packed(t, ours, map[string]string{"ACME002": good}), `"3"`), "refused", "ACME001 would be lost"},
		{"one that does not compile", bytesOf(packed(t, ours, map[string]string{"ACME001": good, "ACME002": broken}), `"4"`), "refused", "ACME002.rego:11"},
		{"one that loops", bytesOf(packed(t, ours, map[string]string{"ACME001": good, "ACME002": loops}), `"5"`), "refused", "deadline exceeded"},
		{"an error of the server", status(http.StatusBadGateway), "unreadable", "502"},
	}
	for _, test := range bad {
		revision, before := w.Engine().Revision(), w.metric("inshore_policy_reload_total", shop.URL, test.result)
		shop.sell(test.answer)
		w.until(test.what, func() bool { return w.metric("inshore_policy_reload_total", shop.URL, test.result) > before })
		w.event(bundles.ReasonRefused, test.says)
		if w.Engine().Revision() != revision || w.metric("inshore_policy_source_failing", shop.URL, "") != 1 {
			t.Errorf("%s: rules %v are in force, failing is %v", test.what, w.custom(), w.metric("inshore_policy_source_failing", shop.URL, ""))
		}
		if err := w.Ready(); err != nil {
			t.Errorf("%s takes readiness: %v", test.what, err)
		}
	}
	shop.sell(bytesOf(packed(t, ours, map[string]string{"ACME001": good, "ACME002": good, "ACME003": good}), `"6"`))
	w.until("a good bundle after the bad ones", w.has("ACME001", "ACME002", "ACME003"))
	w.until("health", func() bool { return w.metric("inshore_policy_source_failing", shop.URL, "") == 0 })
	if w.metric("inshore_policy_last_success_timestamp_seconds", shop.URL, "") < 1_000_000 {
		t.Error("the last success is not told")
	}
	logs := ""
	for len(w.logged) > 0 {
		logs += <-w.logged + "\n"
	}
	if !strings.Contains(logs, "The last good rules stay in force") || !strings.Contains(logs, "Loaded rules") {
		t.Errorf("the log lacks it:\n%s", logs)
	}
}

func TestAServerThatDoesNotAnswerIsWaitedForUntilPatienceIsOver(t *testing.T) {
	ours, _ := keys(t)
	shop := newShop(t)
	shop.sell(status(http.StatusServiceUnavailable))
	w := start(t, func(c *bundles.Config) { c.HTTP = ask(t, shop.URL, ours) })
	if err := w.Ready(); err == nil || !strings.Contains(err.Error(), shop.URL) {
		t.Errorf("at once: %v", err)
	}
	begin := w.clock.Now()
	w.until("readiness", func() bool { return w.Ready() == nil })
	if waited := w.clock.Since(begin); waited < bundles.Patience {
		t.Errorf("waited %s only", waited)
	}
	w.event(bundles.ReasonMissing, shop.URL)
	shop.sell(bytesOf(packed(t, ours, map[string]string{"ACME001": good}), ""))
	w.until("the bundle in the end", w.has("ACME001"))
}

// informers has one informer, and fails some times before it gives it.
type informers struct {
	cache.Informers
	informer toolscache.SharedIndexInformer
	fails    *atomic.Int32 // nil is never
}

func (i informers) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	if i.fails != nil && i.fails.Add(-1) >= 0 {
		return nil, errors.New("no route to host")
	}
	return i.informer, nil
}

// follow is an informer of a source that runs until the test ends.
func follow(t *testing.T, source *fakesource.FakeControllerSource) toolscache.SharedIndexInformer {
	informer := toolscache.NewSharedIndexInformer(source, &corev1.ConfigMap{}, 0, nil)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() { defer close(ended); informer.Run(stop) }()
	t.Cleanup(func() { close(stop); <-ended })
	return informer
}

func configMap(name string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "inshore-system"}, Data: data}
}

func TestConfigMapsAreSourcesOfTheirOwn(t *testing.T) {
	source := fakesource.NewFakeControllerSource()
	source.Add(configMap("one", map[string]string{"a.rego": rule("ONE001", good), "a_test.rego": "package a_test", "README.md": "x"}))
	source.Add(configMap("two", map[string]string{"a.rego": rule("TWO001", good)}))
	informer := follow(t, source)
	w := start(t, func(c *bundles.Config) { c.ConfigMaps = informers{informer: informer} })
	w.until("readiness", func() bool { return w.Ready() == nil })
	w.until("both", w.has("ONE001", "TWO001"))

	source.Modify(configMap("one", map[string]string{"a.rego": rule("ONE001", broken)}))
	w.event(bundles.ReasonRefused, "configmap/one/a.rego:11")
	source.Modify(configMap("two", map[string]string{"a.rego": rule("TWO001", good), "b.rego": rule("TWO002", good)}))
	w.until("the other one's change", w.has("ONE001", "TWO001", "TWO002"))

	source.Delete(configMap("two", nil))
	w.event(bundles.ReasonRefused, "TWO001, TWO002 would be lost")
	source.Add(configMap("two", map[string]string{".manifest": `{"metadata": {"inshore": {"retired": ["TWO001", "TWO002"]}}}`}))
	w.until("the retirement", w.has("ONE001"))
	source.Delete(configMap("two", nil))
	w.event(bundles.ReasonRemoved, "configmap/two")
	if got := w.metric("inshore_policy_reload_total", "configmap/two", "loaded"); got != -1 {
		t.Errorf("a source that is gone has a series, %v", got)
	}
	source.Add(configMap("three", map[string]string{"../a.rego": "package a"}))
	w.event(bundles.ReasonRefused, "leads out of the bundle")
}

func TestAnAPIServerThatIsAwayIsAskedAgainForConfigMaps(t *testing.T) {
	source := fakesource.NewFakeControllerSource()
	source.Add(configMap("one", map[string]string{"a.rego": rule("ONE001", good)}))
	informer, fails := follow(t, source), &atomic.Int32{}
	fails.Store(3)
	w := start(t, func(c *bundles.Config) { c.ConfigMaps = informers{informer: informer, fails: fails} })
	if said := <-w.logged; !strings.Contains(said, "no route to host") {
		t.Errorf("the log says %s", said)
	}
	w.until("the rule in the end", w.has("ONE001"))
}

func TestADirectoryMustLoadAtStartAndIsReloaded(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "a.rego")
	must(t, os.WriteFile(file, []byte(rule("ACME001", broken)), 0o600))
	config := bundles.Config{
		Directories: []string{folder}, Events: events.NewFakeRecorder(10), Metrics: prometheus.NewRegistry(),
		Clock: testingclock.NewFakeClock(time.Unix(0, 0)), Log: logr.Discard(),
	}
	if _, err := bundles.New(t.Context(), config); err == nil || !strings.Contains(err.Error(), file+":11") {
		t.Errorf("got %v", err)
	}
	must(t, os.WriteFile(file, []byte(rule("ACME001", good)), 0o600))
	w := start(t, func(c *bundles.Config) { c.Directories = []string{folder} })
	if err := w.Ready(); err != nil {
		t.Errorf("directories are not waited for: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(folder, "b.rego"), []byte(rule("ACME002", good)), 0o600))
	w.until("the new file", w.has("ACME001", "ACME002"))
	if w.metric("inshore_policy_revision_info", "", "") != 1 {
		t.Error("the revision in force is not told")
	}
}
