package cluster

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestWaitEndsAsSoonAsTheCheckIsDone(t *testing.T) {
	looks := 0
	err := Wait(t.Context(), "the third look", time.Minute, func(context.Context) (bool, string, error) {
		looks++
		return looks == 3, "", nil
	})
	if err != nil || looks != 3 {
		t.Errorf("got %v after %d looks, want success after 3", err, looks)
	}
}

func TestWaitSaysWhatItWaitedForAndSawLast(t *testing.T) {
	err := Wait(t.Context(), "low tide", time.Millisecond, func(context.Context) (bool, string, error) {
		return false, "high water", nil
	})
	if err == nil || !strings.Contains(err.Error(), "low tide") || !strings.Contains(err.Error(), "high water") {
		t.Errorf("got %v, want both in it", err)
	}
}

func TestWaitEndsAtAnError(t *testing.T) {
	broken := errors.New("broken")
	err := Wait(t.Context(), "anything", time.Minute, func(context.Context) (bool, string, error) { return false, "", broken })
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestWaitGivesUpWithTheReasonOfItsContext(t *testing.T) {
	reason := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	err := Wait(ctx, "anything", time.Minute, func(context.Context) (bool, string, error) {
		cancel(reason)
		return false, "", nil
	})
	if !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
}
