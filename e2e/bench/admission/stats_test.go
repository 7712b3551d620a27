package admission

import (
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/webhook/registration"
)

// constant is turns of samples around a value, in milliseconds.
func constant(count int, values ...float64) turns {
	var t turns
	for range count {
		var turn []int64
		for _, v := range values {
			turn = append(turn, int64(v*millisecond))
		}
		t = append(t, turn)
	}
	return t
}

func TestQuantilesLieBetweenOrderStatistics(t *testing.T) {
	var all turns
	for i := range 1000 {
		all = append(all, []int64{int64(float64(i+1) * millisecond)})
	}
	q := quantilesOf(all)
	// 1.96 √(1000·½·½) is 31.
	if q.P50 != (Interval{500, 469, 532}) {
		t.Errorf("p50 is %v", q.P50)
	}
	if q.P99.Value != 990 || q.P99.Low >= 990 || q.P99.High <= 990 || q.P99.High > 1000 {
		t.Errorf("p99 is %v", q.P99)
	}
}

func TestAddedRatios(t *testing.T) {
	none, plain, ours := constant(20, 2, 2, 2), constant(20, 3, 3, 3), constant(20, 3.5, 3.5, 3.5)
	if r := addedRatio(ours, plain, none); r == nil || math.Abs(r.Median-1.5) > 1e-9 || r.Low != r.High {
		t.Errorf("the ratio of what is added is %v, want 1.5 and nothing else", r)
	}
	if r := ratio(ours, plain); r == nil || math.Abs(r.Median-3.5/3) > 1e-9 {
		t.Errorf("the ratio is %v", r)
	}
	if r := addedRatio(ours, none, none); r != nil {
		t.Errorf("over nothing added, the ratio is %v, want none", r)
	}
	if r := ratio(constant(1, 1), constant(1, 1)); r != nil {
		t.Errorf("of one turn, the ratio is %v, want none", r)
	}
}

func TestTheIntervalHoldsWhatTurnsDifferBy(t *testing.T) {
	this, that := append(constant(10, 2), constant(10, 4)...), constant(20, 2)
	r := ratio(this, that)
	if r == nil || r.Low > 1 || r.High < 2 {
		t.Errorf("the interval is %v, want one from 1 to 2", r)
	}
}

func TestThePlainWebhookRepeatsTheUID(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, patchFile(UpdateService)), []byte(`[]`), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ folder, path, body, want string }{
		"plain": {"", registration.PathMutateServices, `{"request":{"uid":"a-b","operation":"UPDATE"}}`, `"uid":"a-b","allowed":true}`},
		"with the patch of an update": {
			folder, registration.PathMutateServices, `{"request":{"uid":"a","operation":"UPDATE"}}`, `"allowed":true,"patchType":"JSONPatch","patch":"W10="}`,
		},
		"without one for a creation":        {folder, registration.PathMutateServices, `{"request":{"uid":"a","operation":"CREATE"}}`, `"allowed":true}`},
		"without one where it is not asked": {folder, registration.PathValidateServices, `{"request":{"uid":"a","operation":"UPDATE"}}`, `"allowed":true}`},
		"no review":                         {"", "/", `{}`, "no uid"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			plainly(test.folder)(w, httptest.NewRequest("POST", test.path, strings.NewReader(test.body)))
			if !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("the answer is %s, want %s in it", w.Body, test.want)
			}
		})
	}
}

func TestBars(t *testing.T) {
	r := &Report{}
	took := map[Arm]turns{None: constant(5, 1), Plain: constant(5, 2), PlainMatched: constant(5, 2), Canned: constant(5, 2), Library: constant(5, 2), Ours: constant(5, 2.1), Native: constant(5, 3)}
	r.add(CreateDaemonSet, 1, took)
	r.add(CreateDaemonSet, 8, took)
	for _, p := range paths {
		r.addWire(p, 1, map[Arm]turns{Plain: constant(5, 1), Library: constant(5, 2), Ours: constant(5, 2)})
	}
	r.judge()
	var verdicts []string
	for _, b := range r.Bars {
		verdicts = append(verdicts, string(b.Verdict))
	}
	if got := strings.Join(verdicts, " "); got != "met missed met missed met" {
		t.Errorf("verdicts are %s: want 1.1 of 1.2 met, and 2 of 1.5 missed, of 2.2 met", got)
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"create DaemonSet", "our patch", "1.100 (1.100–1.100)", "missed"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, text.String())
		}
	}
}
