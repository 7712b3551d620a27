package version

import "runtime/debug"

// linked is set by release builds, which have no repository to read it from:
// -ldflags "-X github.com/inshore-dev/inshore/cmd/internal/version.linked=v0.1.0".
var linked string

// String is what the release build says, else what the Go tool recorded: the
// module's version for `go install`, a pseudo-version for a checkout.
func String() string {
	if linked != "" {
		return linked
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
