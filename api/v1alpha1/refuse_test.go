package v1alpha1_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

const (
	onService   = "under inshore.dev/ a Service may carry: node-local, no-local-endpoint, external-traffic, balance, rehome, accelerate"
	onDaemonSet = "under inshore.dev/ a DaemonSet may carry: node-local, max-surge, drain, readiness-gate"
	surges      = "allowed is a whole number from 1, or a percentage from 1% to 100%"
	drains      = `allowed is a duration in whole seconds from 1s to 1h, such as 15s or 2m, or "none"`
	rehomes     = `allowed is "never", "idle", or "idle=" and a duration in whole seconds, such as idle=30s`
)

// TestParseRefuses holds the words of every refusal: they are the interface
// that users read.
func TestParseRefuses(t *testing.T) {
	tests := map[string]struct {
		kind        v1alpha1.Kind
		annotations map[string]string
		want        []string
	}{
		"a typo in a value gets a did-you-mean": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/node-local": "requird"},
			want:        []string{`metadata.annotations[inshore.dev/node-local]: Unsupported value: "requird": supported values: "required", "preferred", "disabled"; did you mean "required"?`},
		},
		"case and blanks count, and are guessed": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/node-local": " Required "},
			want:        []string{`metadata.annotations[inshore.dev/node-local]: Unsupported value: " Required ": supported values: "required", "preferred", "disabled"; did you mean "required"?`},
		},
		"an abbreviation is guessed": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/node-local": "pref"},
			want:        []string{`metadata.annotations[inshore.dev/node-local]: Unsupported value: "pref": supported values: "required", "preferred", "disabled"; did you mean "preferred"?`},
		},
		"a value that is near to nothing gets the list alone": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/node-local": "on"},
			want:        []string{`metadata.annotations[inshore.dev/node-local]: Unsupported value: "on": supported values: "required", "preferred", "disabled"`},
		},
		"an empty value is not a default": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/node-local": ""},
			want:        []string{`metadata.annotations[inshore.dev/node-local]: Unsupported value: "": supported values: "required", "preferred", "disabled"`},
		},
		"ipvsadm's short names are understood as a question": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/balance": "rr"},
			want:        []string{`metadata.annotations[inshore.dev/balance]: Unsupported value: "rr": supported values: "random", "round-robin", "least-connection", "source-hash", "destination-hash", "shortest-expected-delay", "never-queue"; did you mean "round-robin"?`},
		},
		"a boolean is true or false": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/accelerate": "True"},
			want:        []string{`metadata.annotations[inshore.dev/accelerate]: Unsupported value: "True": supported values: "false", "true"; did you mean "true"?`},
		},
		"external-traffic knows one word": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/external-traffic": "Local"},
			want:        []string{`metadata.annotations[inshore.dev/external-traffic]: Unsupported value: "Local": supported values: "local"; did you mean "local"?`},
		},
		"an unknown key gets a did-you-mean and the list": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/nodelocal": "required"},
			want:        []string{`metadata.annotations[inshore.dev/nodelocal]: Invalid value: "required": Inshore knows no such key; did you mean "inshore.dev/node-local"?; ` + onService},
		},
		"an unknown key that is near to nothing gets the list": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/colour": "blue"},
			want:        []string{`metadata.annotations[inshore.dev/colour]: Invalid value: "blue": Inshore knows no such key; ` + onDaemonSet},
		},
		"the bare prefix is an unknown key": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/": "x"},
			want:        []string{`metadata.annotations[inshore.dev/]: Invalid value: "x": Inshore knows no such key; ` + onDaemonSet},
		},
		"a DaemonSet's key on a Service names both": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/drain": "15s"},
			want:        []string{`metadata.annotations[inshore.dev/drain]: Forbidden: "15s" is set here, but inshore.dev/drain belongs on a DaemonSet, not on a Service; ` + onService},
		},
		"a Service's key on a DaemonSet names both": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/balance": "random"},
			want:        []string{`metadata.annotations[inshore.dev/balance]: Forbidden: "random" is set here, but inshore.dev/balance belongs on a Service, not on a DaemonSet; ` + onDaemonSet},
		},
		"what to do without a local endpoint contradicts preferred": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/node-local": "preferred", "inshore.dev/no-local-endpoint": "reject"},
			want:        []string{`metadata.annotations[inshore.dev/no-local-endpoint]: Invalid value: "reject": inshore.dev/node-local: preferred already uses another node's pod when there is no local one; remove this annotation, or set inshore.dev/node-local: required`},
		},
		"a surge of nothing": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/max-surge": "0"},
			want:        []string{`metadata.annotations[inshore.dev/max-surge]: Invalid value: "0": with a surge of 0 nothing could roll out, because maxUnavailable becomes 0 too; ` + surges},
		},
		"a surge of no percent": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/max-surge": "0%"},
			want:        []string{`metadata.annotations[inshore.dev/max-surge]: Invalid value: "0%": with a surge of 0 nothing could roll out, because maxUnavailable becomes 0 too; ` + surges},
		},
		"a surge of more than every node": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/max-surge": "101%"},
			want:        []string{`metadata.annotations[inshore.dev/max-surge]: Invalid value: "101%": a DaemonSet cannot surge by more than every node; ` + surges},
		},
		"a negative surge": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/max-surge": "-1"},
			want:        []string{`metadata.annotations[inshore.dev/max-surge]: Invalid value: "-1": a surge cannot be negative; ` + surges},
		},
		"a surge past 32 bits": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/max-surge": "2147483648"},
			want:        []string{`metadata.annotations[inshore.dev/max-surge]: Invalid value: "2147483648": more than the API server can hold; ` + surges},
		},
		"a surge with a blank": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/max-surge": "25 %"},
			want:        []string{`metadata.annotations[inshore.dev/max-surge]: Invalid value: "25 %": ` + surges + `; did you mean "25%"?`},
		},
		"a surge with a leading zero": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/max-surge": "010%"},
			want:        []string{`metadata.annotations[inshore.dev/max-surge]: Invalid value: "010%": ` + surges},
		},
		"a drain without a unit": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/drain": "15"},
			want:        []string{`metadata.annotations[inshore.dev/drain]: Invalid value: "15": the unit is missing; ` + drains + `; did you mean "15s"?`},
		},
		"a drain below a second": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/drain": "500ms"},
			want:        []string{`metadata.annotations[inshore.dev/drain]: Invalid value: "500ms": Kubernetes counts in whole seconds; ` + drains},
		},
		"a drain with a fraction": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/drain": "1.5s"},
			want:        []string{`metadata.annotations[inshore.dev/drain]: Invalid value: "1.5s": Kubernetes counts in whole seconds; ` + drains},
		},
		"a drain of nothing": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/drain": "0s"},
			want:        []string{`metadata.annotations[inshore.dev/drain]: Invalid value: "0s": a wait must be longer than nothing; ` + drains},
		},
		"a negative drain": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/drain": "-5s"},
			want:        []string{`metadata.annotations[inshore.dev/drain]: Invalid value: "-5s": a wait must be longer than nothing; ` + drains},
		},
		"a drain past the longest": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/drain": "3601s"},
			want:        []string{`metadata.annotations[inshore.dev/drain]: Invalid value: "3601s": every node's rollout would wait that long; ` + drains},
		},
		"a drain past what a duration holds": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/drain": "9999999999h"},
			want:        []string{`metadata.annotations[inshore.dev/drain]: Invalid value: "9999999999h": ` + drains},
		},
		"a drain with blanks": {
			kind:        v1alpha1.KindDaemonSet,
			annotations: map[string]string{"inshore.dev/drain": "15 S"},
			want:        []string{`metadata.annotations[inshore.dev/drain]: Invalid value: "15 S": ` + drains + `; did you mean "15s"?`},
		},
		"re-homing after nothing": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/rehome": "idle=0s"},
			want:        []string{`metadata.annotations[inshore.dev/rehome]: Invalid value: "idle=0s": a wait must be longer than nothing; ` + rehomes},
		},
		"re-homing without a duration after the sign": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/rehome": "idle="},
			want:        []string{`metadata.annotations[inshore.dev/rehome]: Invalid value: "idle=": ` + rehomes},
		},
		"re-homing without a unit": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/rehome": "idle=30"},
			want:        []string{`metadata.annotations[inshore.dev/rehome]: Invalid value: "idle=30": the unit is missing; ` + rehomes + `; did you mean "idle=30s"?`},
		},
		"never re-homing takes no duration": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/rehome": "never=30s"},
			want:        []string{`metadata.annotations[inshore.dev/rehome]: Invalid value: "never=30s": ` + rehomes},
		},
		"a typo in re-homing": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/rehome": "idel"},
			want:        []string{`metadata.annotations[inshore.dev/rehome]: Invalid value: "idel": ` + rehomes + `; did you mean "idle"?`},
		},
		"a record that is not JSON": {
			kind:        v1alpha1.KindService,
			annotations: map[string]string{"inshore.dev/previous": "{"},
			want:        []string{`metadata.annotations[inshore.dev/previous]: Invalid value: "{": reading inshore.dev/previous: not a JSON object like {"/spec/field": {"from": 1, "to": 2}}; this annotation is the webhook's record of what it replaced: leave it as it was, or remove it`},
		},
		"several mistakes come sorted by key": {
			kind: v1alpha1.KindService,
			annotations: map[string]string{
				"inshore.dev/rehome": "x", "inshore.dev/accelerate": "1", "inshore.dev/node-local": "preferred",
				"inshore.dev/no-local-endpoint": "drop",
			},
			want: []string{
				`metadata.annotations[inshore.dev/accelerate]: Unsupported value: "1": supported values: "false", "true"`,
				`metadata.annotations[inshore.dev/no-local-endpoint]: Invalid value: "drop": inshore.dev/node-local: preferred already uses another node's pod when there is no local one; remove this annotation, or set inshore.dev/node-local: required`,
				`metadata.annotations[inshore.dev/rehome]: Invalid value: "x": ` + rehomes,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, errs := v1alpha1.Parse(test.kind, test.annotations)
			var got []string
			for _, err := range errs {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}
