package mirror

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/discovery"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// VersionInterval is how often the API server's version is read again. An
// upgrade replaces the API servers one after the other over minutes.
const VersionInterval = 5 * time.Minute

// Version knows the API server's version. It is a manager.Runnable.
type Version struct {
	client  discovery.ServerVersionInterface
	clock   clock.WithTicker
	log     logr.Logger
	current atomic.Pointer[v1alpha1.Version]
}

// NewVersion returns a Version that knows nothing before [Version.Read] or Start.
func NewVersion(client discovery.ServerVersionInterface, clock clock.WithTicker, log logr.Logger) *Version {
	return &Version{client: client, clock: clock, log: log}
}

// Get is the version last read; the oldest that we support before any was.
func (v *Version) Get() v1alpha1.Version {
	if current := v.current.Load(); current != nil {
		return *current
	}
	return v1alpha1.OldestSupported
}

// Ready is an error until a version was read.
func (v *Version) Ready() error {
	if v.current.Load() == nil {
		return fmt.Errorf("waiting for the API server's version (GET /version)")
	}
	return nil
}

// Read asks the API server.
func (v *Version) Read() error {
	info, err := v.client.ServerVersion()
	if err != nil {
		return fmt.Errorf("reading the API server's version: %w", err)
	}
	version, err := parseVersion(info.Major, info.Minor)
	if err != nil {
		return fmt.Errorf("reading the API server's version: %w", err)
	}
	last := v.current.Swap(&version)
	if last == nil || *last != version {
		v.log.Info("Kubernetes version", "version", version.String())
	}
	if !version.AtLeast(v1alpha1.OldestSupported) && (last == nil || *last != version) {
		v.log.Info("This Kubernetes is older than Inshore supports: matchConditions may be missing",
			"version", version.String(), "oldest", v1alpha1.OldestSupported.String())
	}
	return nil
}

// NeedLeaderElection is false: every replica needs to know.
func (*Version) NeedLeaderElection() bool { return false }

// Start reads the version until ctx is done.
func (v *Version) Start(ctx context.Context) error {
	interval := v.clock.NewTicker(VersionInterval)
	defer interval.Stop()
	for {
		if err := v.Read(); err != nil {
			v.log.Error(err, "The version stays as it was", "version", v.Get().String())
		}
		wake := interval.C()
		if v.Ready() != nil {
			wake = v.clock.After(time.Second)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		}
	}
}

// parseVersion reads what providers report: 1 and 30, or 1 and 30+.
func parseVersion(major, minor string) (v1alpha1.Version, error) {
	number := func(s string) (int, error) {
		return strconv.Atoi(strings.TrimRight(s, "+"))
	}
	x, err := number(major)
	if err != nil {
		return v1alpha1.Version{}, fmt.Errorf("major version %q is not a number", major)
	}
	y, err := number(minor)
	if err != nil {
		return v1alpha1.Version{}, fmt.Errorf("minor version %q is not a number", minor)
	}
	return v1alpha1.Version{Major: x, Minor: y}, nil
}
