package v1alpha1_test

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestParse(t *testing.T) {
	surge := func(v intstr.IntOrString) *intstr.IntOrString { return &v }
	tests := map[string]struct {
		kind        v1alpha1.Kind
		annotations map[string]string
		want        v1alpha1.Intent
	}{
		"no annotations ask for nothing": {kind: v1alpha1.KindService},
		"other people's annotations ask for nothing": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"example.com/node-local": "required", "inshore.dev": "x", "sub.inshore.dev/drain": "1s"},
		},
		"a Service may carry every word of its own": {
			kind: v1alpha1.KindService,
			annotations: map[string]string{
				"inshore.dev/node-local":        "required",
				"inshore.dev/no-local-endpoint": "fallback",
				"inshore.dev/external-traffic":  "local",
				"inshore.dev/balance":           "least-connection",
				"inshore.dev/rehome":            "idle=2m",
				"inshore.dev/accelerate":        "true",
			},
			want: v1alpha1.Intent{
				NodeLocal: v1alpha1.NodeLocalRequired, NoLocalEndpoint: v1alpha1.NoLocalEndpointFallback,
				ExternalTraffic: v1alpha1.ExternalTrafficLocal, Balance: v1alpha1.BalanceLeastConnection,
				Rehome: &v1alpha1.Rehome{Idle: true, AfterSeconds: 120}, Accelerate: ptr.To(true),
			},
		},
		"a DaemonSet may carry every word of its own": {
			kind: v1alpha1.KindDaemonSet,
			annotations: map[string]string{
				"inshore.dev/node-local":     "preferred",
				"inshore.dev/max-surge":      "25%",
				"inshore.dev/drain":          "1m30s",
				"inshore.dev/readiness-gate": "agent",
			},
			want: v1alpha1.Intent{
				NodeLocal: v1alpha1.NodeLocalPreferred, MaxSurge: surge(intstr.FromString("25%")),
				DrainSeconds: 90, ReadinessGate: v1alpha1.ReadinessGateAgent,
			},
		},
		"a surge may be a number": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/max-surge": "3"},
			want:        v1alpha1.Intent{MaxSurge: surge(intstr.FromInt32(3))},
		},
		"a surge may be as large as the API server holds": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/max-surge": "2147483647"},
			want:        v1alpha1.Intent{MaxSurge: surge(intstr.FromInt32(math.MaxInt32))},
		},
		"a surge may be every node": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/max-surge": "100%"},
			want:        v1alpha1.Intent{MaxSurge: surge(intstr.FromString("100%"))},
		},
		"a drain of none is no drain": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/drain": "none"},
			want:        v1alpha1.Intent{DrainNone: true},
		},
		"a drain may be as long as an hour": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/drain": "60m"},
			want:        v1alpha1.Intent{DrainSeconds: 3600},
		},
		"a duration may have a fraction that comes to whole seconds": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/drain": "1.5m"},
			want:        v1alpha1.Intent{DrainSeconds: 90},
		},
		"never re-home is said, not absent": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/rehome": "never"},
			want:        v1alpha1.Intent{Rehome: &v1alpha1.Rehome{}},
		},
		"a bare idle means the documented default": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/rehome": "idle"},
			want:        v1alpha1.Intent{Rehome: &v1alpha1.Rehome{Idle: true, AfterSeconds: 30}},
		},
		"accelerate off is said, not absent": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/accelerate": "false"},
			want:        v1alpha1.Intent{Accelerate: ptr.To(false)},
		},
		"opting out keeps the other lines without complaint": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/node-local": "disabled", "inshore.dev/no-local-endpoint": "drop"},
			want:        v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalDisabled, NoLocalEndpoint: v1alpha1.NoLocalEndpointDrop},
		},
		"a policy may bring node-local, so the other words stand alone": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/no-local-endpoint": "drop"},
			want:        v1alpha1.Intent{NoLocalEndpoint: v1alpha1.NoLocalEndpointDrop},
		},
		"the webhook's own record is no intent": {
			kind: v1alpha1.KindService,
			annotations: map[string]string{
				"inshore.dev/previous": `{"/spec/internalTrafficPolicy":{"from":"Cluster","to":"Local"}}`,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, errs := v1alpha1.Parse(test.kind, test.annotations)
			if len(errs) > 0 {
				t.Fatalf("unexpected errors: %v", errs.ToAggregate())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("intent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseKeepsMessagesShortAndPrintable(t *testing.T) {
	long := strings.Repeat("é", 1<<19)
	hostile := map[string]map[string]string{
		"a megabyte of value":             {"inshore.dev/node-local": long},
		"a megabyte of drain":             {"inshore.dev/drain": strings.Repeat("9", 1<<20)},
		"a megabyte of surge":             {"inshore.dev/max-surge": strings.Repeat("9", 1<<20) + "%"},
		"a megabyte of key":               {"inshore.dev/" + long: "x"},
		"a megabyte for the other kind":   {"inshore.dev/rehome": long},
		"a megabyte of pointer":           {"inshore.dev/previous": `{"` + long + `":{"to":1}}`},
		"bytes that are not UTF-8":        {"inshore.dev/node-local": "\xff\xfe", "inshore.dev/\xc3": "\x80"},
		"a value that paints a terminal":  {"inshore.dev/drain": "\x1b[31m5s\r\n"},
		"a record that paints a terminal": {"inshore.dev/previous": "\x1b[31m"},
		"ten thousand unknown keys":       manyKeys(10_000),
	}
	for name, annotations := range hostile {
		t.Run(name, func(t *testing.T) {
			_, errs := v1alpha1.Parse(v1alpha1.KindDaemonSet, annotations)
			if len(errs) == 0 {
				t.Fatal("accepted")
			}
			total := 0
			for _, err := range errs {
				total += len(err.Error())
				if message := err.Error(); !utf8.ValidString(message) || strings.ContainsAny(message, "\x1b\r\n") {
					t.Errorf("unsafe to print: %q", message)
				}
			}
			if limit := 16 << 10; total > limit {
				t.Errorf("%d bytes of messages, want at most %d", total, limit)
			}
		})
	}
}

func TestParseSaysTheSameEveryTime(t *testing.T) {
	annotations := manyKeys(100)
	annotations["inshore.dev/node-local"] = "preferred"
	annotations["inshore.dev/no-local-endpoint"] = "drop"
	annotations["inshore.dev/drain"] = "5s"
	_, first := v1alpha1.Parse(v1alpha1.KindService, annotations)
	for range 20 {
		_, again := v1alpha1.Parse(v1alpha1.KindService, annotations)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatalf("errors differ from run to run:\n%s", diff)
		}
	}
}

func TestParseAllocatesNothingForOthers(t *testing.T) {
	annotations := map[string]string{"example.com/owner": "web", "kubernetes.io/change-cause": "deploy"}
	allocations := testing.AllocsPerRun(100, func() {
		if _, errs := v1alpha1.Parse(v1alpha1.KindService, annotations); errs != nil {
			t.Fatal(errs)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations for an object that nobody opted in, want 0", allocations)
	}
}

func manyKeys(n int) map[string]string {
	keys := make(map[string]string, n)
	for i := range n {
		keys["inshore.dev/x"+strings.Repeat("y", i%50)+string(rune('a'+i%26))+strings.Repeat("z", i/50)] = "v"
	}
	return keys
}

func BenchmarkParse(b *testing.B) {
	benchmarks := map[string]map[string]string{
		"nobody opted in": {"example.com/owner": "web", "kubernetes.io/change-cause": "deploy"},
		"opted in": {
			"example.com/owner": "web", "inshore.dev/node-local": "required",
			"inshore.dev/max-surge": "10%", "inshore.dev/drain": "15s",
		},
	}
	for name, annotations := range benchmarks {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, errs := v1alpha1.Parse(v1alpha1.KindDaemonSet, annotations); errs != nil {
					b.Fatal(errs)
				}
			}
		})
	}
}
