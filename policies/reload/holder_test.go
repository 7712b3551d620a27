package reload_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies/reload"
)

// rules are bodies by id.
type rules = map[string]string

func TestWhatDoesNotHoldLeavesTheLastGoodRulesInForce(t *testing.T) {
	before := rules{"ACME001": good, "ACME002": good}
	tests := map[string]struct {
		next    rules
		retired []string
		says    string // empty if the next set holds
	}{
		"a rule that loops is refused":             {rules{"ACME001": good, "ACME002": loops}, nil, "rule ACME002 (acme.acme002) fails on a plain Service: evaluating: context deadline exceeded"},
		"a rule that errs is refused":              {rules{"ACME001": errs, "ACME002": good}, nil, "rule ACME001 (acme.acme001) fails on a plain Service"},
		"a rule that answers nonsense is refused":  {rules{"ACME001": nonsense, "ACME002": good}, nil, `no text in "field"`},
		"a rule that does not compile is refused":  {rules{"ACME001": broken, "ACME002": good}, nil, "mine/ACME001.rego:11"},
		"a set that drops a rule is refused":       {rules{"ACME002": good}, nil, "ACME001 would be lost"},
		"a set that drops every rule is refused":   {rules{}, nil, "ACME001, ACME002 would be lost"},
		"a set that retires another one only is":   {rules{"ACME002": good}, []string{"ACME009"}, "ACME001 would be lost"},
		"a set that retires what it drops holds":   {rules{"ACME002": good}, []string{"ACME001"}, ""},
		"a set with more rules holds":              {rules{"ACME001": good, "ACME002": good, "ACME003": good}, nil, ""},
		"a set with another body of a rule holds":  {rules{"ACME001": stricter, "ACME002": good}, nil, ""},
		"a rule that takes an id of ours is not":   {rules{"ACME001": good, "ACME002": good, "ISH901": good}, nil, "custom.id ISH901"},
		"a set that is the same is nothing at all": {before, nil, ""},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			w := newWorld(t, put(t, "mine", before))
			engine := w.Engine()
			w.clock.Step(time.Minute)
			w.Apply(t.Context(), put(t, "mine", test.next, test.retired...))
			outcome, status := w.last("mine"), w.Status()[0]
			if test.says == "" {
				if outcome.Err != nil || status.Err != nil || status.LastSuccess != w.clock.Now() {
					t.Errorf("got %+v, %+v", outcome, status)
				}
				return
			}
			if w.Engine() != engine {
				t.Errorf("another engine is in force, with %v", w.custom())
			}
			if outcome.Result != reload.Refused || !outcome.News || outcome.Revision != engine.Revision() ||
				outcome.Err == nil || !strings.Contains(outcome.Err.Error(), test.says) {
				t.Errorf("want news of a refusal that says %q, got %+v", test.says, outcome)
			}
			if status.Err == nil || status.Revision == "" || !status.LastSuccess.Before(w.clock.Now()) {
				t.Errorf("the status does not say so: %+v", status)
			}
		})
	}
}

func TestOneBadSourceDoesNotHoldBackTheOthers(t *testing.T) {
	w := newWorld(t, put(t, "a", rules{"AAA001": good}), put(t, "b", rules{"BBB001": good}), put(t, "c", rules{"CCC001": good}))
	w.Apply(t.Context(),
		put(t, "a", rules{"AAA001": good, "AAA002": good}),
		put(t, "b", rules{"BBB001": broken, "BBB002": good}),
		put(t, "c", rules{"CCC001": good, "CCC002": good}))
	if diff := cmp.Diff([]string{"AAA001", "AAA002", "BBB001", "CCC001", "CCC002"}, w.custom()); diff != "" {
		t.Error(diff)
	}
	for source, want := range map[string]reload.Result{"a": reload.Loaded, "b": reload.Refused, "c": reload.Loaded} {
		if got := w.last(source).Result; got != want {
			t.Errorf("%s is %s, want %s", source, got, want)
		}
	}
	t.Run("the last good content of the bad one stays while others change on", func(t *testing.T) {
		w.Apply(t.Context(), put(t, "a", rules{"AAA001": good, "AAA002": good, "AAA003": good}))
		if diff := cmp.Diff([]string{"AAA001", "AAA002", "AAA003", "BBB001", "CCC001", "CCC002"}, w.custom()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("and it comes into force once it is right", func(t *testing.T) {
		w.Apply(t.Context(), put(t, "b", rules{"BBB001": good, "BBB002": good}))
		if diff := cmp.Diff([]string{"AAA001", "AAA002", "AAA003", "BBB001", "BBB002", "CCC001", "CCC002"}, w.custom()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSourcesThatNeedEachOtherMayComeOneAfterTheOther(t *testing.T) {
	w := newWorld(t)
	// One moves a rule to the other: on its own that is an id twice.
	w.Apply(t.Context(), put(t, "old", rules{"ACME001": good, "ACME002": good}))
	w.Apply(t.Context(), put(t, "new", rules{"ACME002": stricter}))
	if got := w.last("new"); got.Result != reload.Refused || !strings.Contains(got.Err.Error(), "ACME002") {
		t.Errorf("got %+v", got)
	}
	w.Apply(t.Context(), put(t, "old", rules{"ACME001": good}))
	if got := w.last("new"); got.Result != reload.Loaded || !got.News {
		t.Errorf("the one that waited: %+v", got)
	}
	if diff := cmp.Diff([]string{"ACME001", "ACME002"}, w.custom()); diff != "" {
		t.Error(diff)
	}
}

func TestASourceThatCannotBeReadKeepsWhatItSaid(t *testing.T) {
	w := newWorld(t, put(t, "mine", rules{"ACME001": good}))
	engine := w.Engine()
	for range 3 {
		w.Apply(t.Context(), reload.Change{Source: "mine", Err: errors.New("no route to host")})
	}
	w.Apply(t.Context(), reload.Change{Source: "mine", Err: errors.New("bad signature")})
	w.Apply(t.Context(), reload.Change{Source: "mine"})
	w.Apply(t.Context(), reload.Change{Source: "mine"})
	if w.Engine() != engine {
		t.Error("another engine is in force")
	}
	type said struct {
		result reload.Result
		news   bool
	}
	var got []said
	for _, outcome := range w.said {
		got = append(got, said{outcome.Result, outcome.News})
	}
	want := []said{
		{reload.Loaded, true},
		{reload.Unreadable, true}, {reload.Unreadable, false}, {reload.Unreadable, false},
		{reload.Unreadable, true},
		{reload.Unchanged, true}, {reload.Unchanged, false},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(said{})); diff != "" {
		t.Error(diff)
	}
	if status := w.Status()[0]; status.Err != nil {
		t.Errorf("got %+v", status)
	}
}

func TestWhatWasRefusedStaysRefusedUntilSomethingChanges(t *testing.T) {
	w := newWorld(t, put(t, "mine", rules{"ACME001": good}))
	for range 2 {
		w.Apply(t.Context(), put(t, "mine", rules{"ACME001": broken}))
		w.Apply(t.Context(), reload.Change{Source: "mine"}) // the server says 304
	}
	news := 0
	for _, outcome := range w.said[1:] {
		if outcome.Result != reload.Refused {
			t.Errorf("got %+v", outcome)
		}
		if outcome.News {
			news++
		}
	}
	if news != 1 {
		t.Errorf("said %d times as news, want once", news)
	}
	t.Run("going back to what is in force ends it", func(t *testing.T) {
		w.Apply(t.Context(), put(t, "mine", rules{"ACME001": good}))
		if got, status := w.last("mine"), w.Status()[0]; got.Result != reload.Unchanged || !got.News || status.Err != nil {
			t.Errorf("got %+v, %+v", got, status)
		}
	})
}

func TestWhatWasRefusedIsTriedAgainAfterAWhile(t *testing.T) {
	w := newWorld(t, put(t, "mine", rules{"ACME001": good}))
	w.Apply(t.Context(), put(t, "mine", rules{"ACME001": broken}))
	w.clock.Step(time.Minute)
	w.Apply(t.Context())
	if status := w.Status()[0]; status.Err == nil || len(w.custom()) != 1 {
		t.Errorf("got %+v with %v", status, w.custom())
	}
}

func TestASourceGoesOnlyOnceItsRulesAreRetired(t *testing.T) {
	w := newWorld(t, put(t, "mine", rules{"ACME001": good}), put(t, "other", rules{"ACME002": good}))
	w.Apply(t.Context(), reload.Change{Source: "mine", Removed: true})
	if got := w.last("mine"); got.Result != reload.Refused || !strings.Contains(got.Err.Error(), "ACME001 would be lost") {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"ACME001", "ACME002"}, w.custom()); diff != "" {
		t.Error(diff)
	}
	w.Apply(t.Context(), put(t, "mine", rules{"ACME001": good}, "ACME001"))
	w.Apply(t.Context(), reload.Change{Source: "mine", Removed: true})
	if got := w.last("mine"); got.Result != reload.Removed || len(w.Status()) != 1 {
		t.Errorf("got %+v, %+v", got, w.Status())
	}
	if diff := cmp.Diff([]string{"ACME002"}, w.custom()); diff != "" {
		t.Error(diff)
	}
	t.Run("what was never there may go at any time", func(t *testing.T) {
		w.Apply(t.Context(), reload.Change{Source: "nobody", Removed: true})
		if len(w.Status()) != 1 {
			t.Errorf("got %+v", w.Status())
		}
	})
}

func TestWhatDoesNotHoldAtStartIsAnError(t *testing.T) {
	w := &world{clock: newWorld(t).clock}
	_, err := reload.New(t.Context(), w.config(), put(t, "mine", rules{"ACME001": loops}))
	if err == nil || !strings.Contains(err.Error(), "ACME001") {
		t.Errorf("got %v", err)
	}
	_, err = reload.New(t.Context(), w.config(), reload.Change{Source: "mine", Err: errors.New("no such folder")})
	if err == nil || !strings.Contains(err.Error(), "mine: no such folder") {
		t.Errorf("got %v", err)
	}
}

func TestTheRevisionOfADecisionIsThatOfTheEngineInForce(t *testing.T) {
	w := newWorld(t)
	before := w.Engine().Revision()
	w.Apply(t.Context(), put(t, "mine", rules{"ACME001": good}))
	if after := w.Engine().Revision(); after == before || w.last("mine").Revision != after {
		t.Errorf("before %s, after %s, said %+v", before, after, w.last("mine"))
	}
}

func TestAllSourcesTogetherAreBounded(t *testing.T) {
	large := good + "\n\n# " + strings.Repeat("words ", 130<<10)
	w := newWorld(t, put(t, "a", rules{"AAA001": large}))
	w.Apply(t.Context(), put(t, "b", rules{"BBB001": large}))
	if got := w.last("b"); got.Result != reload.Refused || !strings.Contains(got.Err.Error(), "together are larger than 1536 KiB") {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"AAA001"}, w.custom()); diff != "" {
		t.Error(diff)
	}
}
