package webhook

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/inshore-dev/inshore/cmd/internal/environment"
)

// parse is what the flags and the environment come to.
func parse(variables map[string]string, args ...string) (*options, error) {
	o := &options{}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.register(flags)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	err := environment.SetFlags(flags, func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	})
	if err != nil {
		return nil, err
	}
	return o, o.complete()
}

func TestFlagsThatGoTogether(t *testing.T) {
	cases := map[string]struct {
		variables map[string]string
		args      []string
		check     func(*options) bool
	}{
		"no flag is the embedded mode": {
			check: func(o *options) bool { return o.certMode == certModeEmbedded && o.listen == ":9443" },
		},
		"--cert-dir alone means files": {
			args:  []string{"--cert-dir", "/tls"},
			check: func(o *options) bool { return o.certMode == certModeFiles },
		},
		"the environment stands for a flag": {
			variables: map[string]string{"INSHORE_CERT_DIR": "/tls", "INSHORE_SHUTDOWN_DELAY": "1m", "INSHORE_POLICY_DIR": "/a,/b"},
			check: func(o *options) bool {
				return o.certDir == "/tls" && o.shutdownDelay == time.Minute && slices.Equal(o.policyDirs, []string{"/a", "/b"})
			},
		},
		"the command line wins over the environment": {
			variables: map[string]string{"INSHORE_LISTEN": ":1"}, args: []string{"--listen", ":2"},
			check: func(o *options) bool { return o.listen == ":2" },
		},
		"no flag is no agent, so no gate is opened": {
			check: func(o *options) bool { return !o.opensGates() },
		},
		"where agents are, gates of dead ones are opened": {
			args: []string{"--readiness-gate=agent"}, check: (*options).opensGates,
		},
		"where agents are, their gates can be left to them": {
			args:  []string{"--readiness-gate=agent", "--agent-deadline=0"},
			check: func(o *options) bool { return !o.opensGates() },
		},
		"in a pod the certificate is for the Service alone": {
			args:  []string{"--namespace", "platform", "--service-name", "w"},
			check: func(o *options) bool { return slices.Equal(o.serverNames(), []string{"w.platform.svc"}) },
		},
		"outside a pod it is for this machine too": {
			args:  []string{"--kubeconfig", "f"},
			check: func(o *options) bool { return slices.Contains(o.serverNames(), "127.0.0.1") },
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o, err := parse(c.variables, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			if !c.check(o) {
				t.Errorf("got %+v", o)
			}
		})
	}
}

func TestFlagsThatDoNotGoTogetherAreRefused(t *testing.T) {
	cases := map[string]struct {
		variables map[string]string
		args      []string
		says      string
	}{
		"files without a directory":   {args: []string{"--cert-mode=files"}, says: "needs --cert-dir"},
		"embedded with a directory":   {args: []string{"--cert-mode=embedded", "--cert-dir=/tls"}, says: "drop one of the two"},
		"names without an authority":  {args: []string{"--client-name=kube-apiserver"}, says: "--client-ca-file must say who issues them"},
		"an unknown mode":             {args: []string{"--cert-mode=vault"}, says: "use embedded or files"},
		"a bundle that is not signed": {args: []string{"--bundle-url=https://rules.example/b.tar.gz"}, says: "needs --bundle-key"},
		"a key without a bundle":      {args: []string{"--bundle-key=k.pem"}, says: "--bundle-key is read with --bundle-url only"},
		"an interval of nothing":      {args: []string{"--bundle-interval=0"}, says: "use 1s or more"},
		"an unknown readiness gate":   {args: []string{"--readiness-gate=always"}, says: "use agent or none"},
		"an unknown audit":            {args: []string{"--audit=fix"}, says: "use repair, report or off"},
		"a rate of nothing":           {args: []string{"--audit-repair-rate=0"}, says: "or --audit=report"},
		"a negative deadline":         {args: []string{"--agent-deadline=-1s"}, says: "use 0 or more"},
		"a negative delay":            {args: []string{"--shutdown-delay=-1s"}, says: "use 0 or more"},
		"lifetimes that are too near": {args: []string{"--cert-duration=1s"}, says: "--cert-duration is 1s"},
		"a variable that is no duration": {variables: map[string]string{"INSHORE_SHUTDOWN_DELAY": "soon"},
			says: "reading INSHORE_SHUTDOWN_DELAY"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(c.variables, c.args...); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error with %q", err, c.says)
			}
		})
	}
}

func TestMistakesInFlagsAreUsageErrors(t *testing.T) {
	for name, args := range map[string][]string{
		"an unknown flag":      {"--cert-path=/tls"},
		"an argument":          {"start"},
		"an unknown log level": {"--log-level=loud"},
		"a bad combination":    {"--cert-mode=files"},
	} {
		t.Run(name, func(t *testing.T) {
			command := newCommand(func(string) (string, bool) { return "", false })
			command.SetArgs(args)
			var usage *usageError
			if err := command.ExecuteContext(t.Context()); !errors.As(err, &usage) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOutsideAPodAClusterMustBeNamed(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	if _, err := restConfig(""); err == nil || !strings.Contains(err.Error(), "--kubeconfig") {
		t.Errorf("got %v", err)
	}
	if _, err := restConfig("/nowhere"); err == nil || !strings.Contains(err.Error(), "--kubeconfig /nowhere") {
		t.Errorf("got %v", err)
	}
}

func TestHelpNamesEveryFlagAndHidesTheRotationTimes(t *testing.T) {
	command := newCommand(func(string) (string, bool) { return "", false })
	var out bytes.Buffer
	command.SetOut(&out)
	command.SetArgs([]string{"--help"})
	if err := command.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--kubeconfig file", "--listen address", "--cert-mode", "--cert-dir directory", "--client-ca-file file", "--client-name name", "--namespace", "--service-name",
		"--metrics-listen", "--health-listen", "--readiness-gate", "--policy-dir", "--policy-configmaps", "--bundle-url", "--bundle-key", "--log-level", "--shutdown-delay", "INSHORE_CERT_DIR"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("--help lacks %s", want)
		}
	}
	if strings.Contains(out.String(), "--ca-duration") {
		t.Error("--help shows --ca-duration")
	}
}

// fakeManager runs until its context ends and says so.
type fakeManager struct {
	manager.Manager
	started chan struct{}
	order   *[]string
}

func (f *fakeManager) Start(ctx context.Context) error {
	close(f.started)
	<-ctx.Done()
	*f.order = append(*f.order, "stop")
	return nil
}

func TestShutdownDrainsBeforeItStops(t *testing.T) {
	var order []string
	mgr := &fakeManager{started: make(chan struct{}), order: &order}
	ctx, sigterm := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- serve(ctx, mgr, time.Millisecond, logr.Discard(), func() { order = append(order, "drain") })
	}()
	<-mgr.started
	sigterm()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !slices.Equal(order, []string{"drain", "stop"}) {
		t.Errorf("got %v, want drain, then stop", order)
	}
}

type brokenManager struct{ manager.Manager }

func (brokenManager) Start(context.Context) error { return errors.New("port taken") }

func TestManagerThatFailsEndsTheCommand(t *testing.T) {
	if err := serve(t.Context(), brokenManager{}, time.Hour, logr.Discard(), func() {}); err == nil {
		t.Error("no error")
	}
}
