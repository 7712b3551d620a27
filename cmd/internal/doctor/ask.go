package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/inshore-dev/inshore/agent/check"
	"github.com/inshore-dev/inshore/agent/introspect"
)

// Ask runs `inshore-agent check` and `status` in an agent's pod.
type Ask func(ctx context.Context, pod *corev1.Pod) (*check.Report, error)

const (
	// askLimit bounds how many agents are asked at once: an exec is a stream
	// through the API server.
	askLimit = 16
	// askTimeout bounds one answer. An agent probes the cluster's proxy for ten
	// seconds at most; one that has not answered by then has a problem of its own.
	askTimeout = 25 * time.Second
)

// askAgents asks every agent that runs.
func (f *Facts) askAgents(ctx context.Context, config Config) {
	f.Checks = map[string]Known[*check.Report]{}
	var running []*corev1.Pod
	for _, pod := range f.covered() {
		if pod.Status.Phase == corev1.PodRunning {
			running = append(running, pod)
		}
	}
	var mutex sync.Mutex
	var all sync.WaitGroup
	slots := make(chan struct{}, askLimit)
	for _, pod := range running {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			bounded, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			report, err := config.Ask(bounded, pod)
			mutex.Lock()
			defer mutex.Unlock()
			f.Checks[pod.Spec.NodeName] = Known[*check.Report]{report, err}
			config.Progress(fmt.Sprintf("asked %d of %d agents", len(f.Checks), len(running)))
		})
	}
	all.Wait()
}

// Exec asks as kubectl exec does: over a WebSocket (Kubernetes 1.31), or over
// SPDY where a server or a proxy does not know that. The agent's status, if it
// tells one, becomes facts of the report.
func Exec(config *rest.Config, client kubernetes.Interface) Ask {
	return func(ctx context.Context, pod *corev1.Pod) (*check.Report, error) {
		out, errOut, err := run(ctx, config, client, pod, "/inshore-agent", "check", "--output=json")
		report, err := answer(out, errOut, err)
		if err != nil {
			return nil, err
		}
		var status introspect.Status
		out, errOut, err = run(ctx, config, client, pod, "/inshore-agent", "status", "--output=json")
		if decoding := json.Unmarshal(out, &status); decoding != nil {
			return nil, fmt.Errorf("asking for its status: %w", errors.Join(err, errors.New(errOut)))
		}
		report.Facts = append(report.Facts, told(&status)...)
		return report, nil
	}
}

// told are an agent's words about itself as facts.
func told(s *introspect.Status) []check.Fact {
	facts := []check.Fact{{Name: "datapath", Value: fmt.Sprintf("%s (%s)", strings.Join(s.Datapath.Names, " and "), s.Datapath.Reason)}}
	for _, problem := range s.Problems {
		facts = append(facts, check.Fact{Name: "readiness", Problem: problem, Remedy: "see the agent's log on that node"})
	}
	if s.Table.WithoutRoom > 0 {
		facts = append(facts, check.Fact{
			Name: "table", Problem: fmt.Sprintf("no room for %d of %d frontends, which the cluster's proxy routes", s.Table.WithoutRoom, s.Table.Frontends),
			Remedy: "raise --max-frontends (INSHORE_MAX_FRONTENDS in the DaemonSet)",
		})
	}
	return facts
}

// run runs a command in an agent's pod.
func run(ctx context.Context, config *rest.Config, client kubernetes.Interface, pod *corev1.Pod, command ...string) (out []byte, errOut string, err error) {
	url := client.CoreV1().RESTClient().Post().Resource("pods").Namespace(pod.Namespace).Name(pod.Name).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Container: "agent", Command: command, Stdout: true, Stderr: true}, scheme.ParameterCodec).URL()
	socket, err := remotecommand.NewWebSocketExecutor(config, "GET", url.String())
	if err != nil {
		return nil, "", fmt.Errorf("preparing to ask: %w", err)
	}
	spdy, err := remotecommand.NewSPDYExecutor(config, "POST", url)
	if err != nil {
		return nil, "", fmt.Errorf("preparing to ask: %w", err)
	}
	executor, err := remotecommand.NewFallbackExecutor(socket, spdy, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
	if err != nil {
		return nil, "", fmt.Errorf("preparing to ask: %w", err)
	}
	var written, complaints bytes.Buffer
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &written, Stderr: &complaints})
	return written.Bytes(), complaints.String(), err
}

// answer reads what check wrote. It ends with 1 if it found something, which is
// an answer, and with 2 if it could not look.
func answer(out []byte, errOut string, err error) (*check.Report, error) {
	report := &check.Report{}
	if decoding := json.Unmarshal(out, report); decoding == nil && len(report.Facts) > 0 {
		return report, nil
	}
	if errOut != "" {
		return nil, errors.New(errOut)
	}
	if err == nil {
		err = fmt.Errorf("check wrote no report: %.80q", out)
	}
	return nil, err
}
