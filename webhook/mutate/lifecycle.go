package mutate

import (
	"encoding/json"
	"strconv"

	"github.com/inshore-dev/inshore/policies/input"
)

// noSleep stands for a lifecycle without a preStop sleep, where seconds are
// asked for.
const noSleep int64 = -1

// sleepOf is the seconds of a lifecycle's preStop sleep.
func sleepOf(l *input.Lifecycle) int64 {
	if l == nil || l.PreStop == nil || l.PreStop.Sleep == nil {
		return noSleep
	}
	return l.PreStop.Sleep.Seconds
}

// withSleep is a copy of a lifecycle with another preStop, or without one.
func withSleep(l *input.Lifecycle, seconds int64) *input.Lifecycle {
	var after input.Lifecycle
	if l != nil {
		after = *l
	}
	after.PreStop = nil
	if seconds != noSleep {
		after.PreStop = &input.PreStop{Sleep: &input.Sleep{Seconds: seconds}}
	}
	return &after
}

// recordedLifecycle and recordedPreStop are a container's two places in the
// record. Which one is used says whether the lifecycle was created with the
// hook and goes with it: an API server does store an empty lifecycle.
func recordedLifecycle(name string) string { return pointerContainers + token(name) + "/lifecycle" }

func recordedPreStop(name string) string { return recordedLifecycle(name) + "/preStop" }

func lifecycleJSON(seconds int64) json.RawMessage {
	b := make([]byte, 0, 48)
	b = append(b, `{"preStop":{"sleep":{"seconds":`...)
	return append(strconv.AppendInt(b, seconds, 10), `}}}`...)
}

func preStopJSON(seconds int64) json.RawMessage {
	b := make([]byte, 0, 32)
	b = append(b, `{"sleep":{"seconds":`...)
	return append(strconv.AppendInt(b, seconds, 10), `}}`...)
}

func preStopOrNil(seconds int64) json.RawMessage {
	if seconds == noSleep {
		return nil
	}
	return preStopJSON(seconds)
}
