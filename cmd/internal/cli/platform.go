package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// latestKubernetes is the newest version that Inshore is tested against; a
// review assumes it unless told otherwise.
var latestKubernetes = v1alpha1.Version{Major: 1, Minor: 36}

// platformFlags describe the cluster that the manifests are meant for, which a
// review cannot ask.
type platformFlags struct {
	kubernetes    versionFlag
	readinessGate *choice
	namespace     string
}

func addPlatformFlags(command *cobra.Command) *platformFlags {
	f := &platformFlags{kubernetes: versionFlag(latestKubernetes)}
	command.Flags().Var(&f.kubernetes, "kubernetes-version",
		"the cluster that the manifests are meant for; below 1.34 there is no PreferSameNode")
	f.readinessGate = choose(command, "readiness-gate", "",
		"the gate of DaemonSets that choose none: agent where the node agent is installed",
		string(v1alpha1.ReadinessGateNone), string(v1alpha1.ReadinessGateAgent))
	command.Flags().StringVarP(&f.namespace, "namespace", "n", "default", "the namespace of objects that name none")
	return f
}

func (f *platformFlags) platform() v1alpha1.Platform {
	return v1alpha1.Platform{
		Kubernetes:    v1alpha1.Version(f.kubernetes),
		ReadinessGate: v1alpha1.ReadinessGate(f.readinessGate.value),
	}
}

// versionFlag is a Kubernetes version on the command line: 1.36, or what
// clusters say of themselves, v1.36.3-gke.100.
type versionFlag v1alpha1.Version

func (f *versionFlag) String() string { return v1alpha1.Version(*f).String() }

// Type is what --help shows for the value.
func (*versionFlag) Type() string { return "1.N" }

// Set parses the value.
func (f *versionFlag) Set(text string) error {
	match := versionForm.FindStringSubmatch(text)
	if match == nil {
		return errors.New("write it as 1.36")
	}
	major, _ := strconv.Atoi(match[1]) // the expression admits four digits
	minor, _ := strconv.Atoi(match[2])
	version := v1alpha1.Version{Major: major, Minor: minor}
	if !version.AtLeast(v1alpha1.OldestSupported) {
		return fmt.Errorf("the oldest version that Inshore supports is %v", v1alpha1.OldestSupported)
	}
	*f = versionFlag(version)
	return nil
}

var versionForm = regexp.MustCompile(`^v?(\d{1,4})\.(\d{1,4})([.+-].*)?$`)
