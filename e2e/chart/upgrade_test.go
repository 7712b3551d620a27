package chart

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// previous is the chart of the version before; testdata/README.md says how it is made.
const previous = "testdata/inshore-0.1.0.tgz"

// The images: that of the version before, by the tag that its chart names, and the
// current one by a tag of its own, so that upgrading replaces every pod.
const (
	repository  = "ghcr.io/inshore-dev/inshore-webhook"
	previousTag = "v0.1.0"
	currentTag  = "current"
)

// place is a cluster on which Helm installs.
type place struct {
	*testing.T
	c *cluster.Cluster
}

func (p place) helm(args ...string) string {
	p.Helper()
	out, err := run(p.Context(), "", p.c.Kubeconfig(), args...)
	if err != nil {
		p.Fatal(err)
	}
	return out
}

func (p place) kubectl(args ...string) string {
	p.Helper()
	out, err := p.c.Kubectl(p.Context(), "", args...)
	if err != nil {
		p.Fatal(err)
	}
	return out
}

func TestUpgrade(t *testing.T) {
	c, err := cluster.Start(t.Context(), cluster.Config{Name: "e2e-chart", Nodes: 2, Progress: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Errorf("tearing the cluster down: %v", err)
		}
	})
	p := place{t, c}
	p.loadImages()
	before := p.everything()

	p.helm("install", "inshore", previous, "--namespace", "inshore-system", "--create-namespace", "--wait", "--timeout", "3m")
	p.kubectl("label", "namespace", "inshore-system", "app.kubernetes.io/part-of=inshore",
		"pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/enforce-version=v1.30")
	p.settled()
	flow := startStream(p)
	flow.more(p, 50)

	p.helm("upgrade", "inshore", chartPath, "--namespace", "inshore-system", "--set", "image.tag="+currentTag, "--wait", "--timeout", "3m")
	p.settled()
	if image := p.webhook("{.spec.template.spec.containers[0].image}"); image != repository+":"+currentTag {
		t.Errorf("after the upgrade the webhook is %s", image)
	}
	flow.more(p, 50)

	generations := p.generations()
	p.helm("upgrade", "inshore", chartPath, "--namespace", "inshore-system", "--set", "image.tag="+currentTag, "--wait", "--timeout", "3m")
	if again := p.generations(); again != generations {
		t.Errorf("upgrading to the same changes objects:\n%s\nthen\n%s", generations, again)
	}

	p.helm("rollback", "inshore", "1", "--namespace", "inshore-system", "--wait", "--timeout", "3m")
	p.settled()
	if image := p.webhook("{.spec.template.spec.containers[0].image}"); image != repository+":"+previousTag {
		t.Errorf("after the rollback the webhook is %s", image)
	}
	flow.more(p, 50)
	flow.end(p)

	p.uninstalled(before)
}

// loadImages puts both versions on the nodes. The version before is the program
// that INSHORE_PREVIOUS_WEBHOOK names; without it, the current one: then it is
// the charts that differ, and the programs are one.
func (p place) loadImages() {
	p.Helper()
	binary, err := cluster.BuildGo(p.Context(), "./cmd/inshore-webhook")
	if err != nil {
		p.Fatal(err)
	}
	older := os.Getenv("INSHORE_PREVIOUS_WEBHOOK")
	if older == "" {
		older = binary
	}
	for tag, program := range map[string]string{currentTag: binary, previousTag: older} {
		err := p.c.LoadImage(p.Context(), cluster.Image{
			Name: repository + ":" + tag, User: "65532:65532", Entrypoint: []string{"/inshore-webhook"},
			Files: map[string]string{"/inshore-webhook": program},
		})
		if err != nil {
			p.Fatal(err)
		}
	}
}

// settled waits until the pods of before are gone: those on their way out still answer.
func (p place) settled() {
	p.Helper()
	if err := stage.WaitInstalled(p.Context(), p.c); err != nil {
		p.Fatal(err)
	}
}

func (p place) webhook(path string) string {
	p.Helper()
	return p.kubectl("-n", "inshore-system", "get", "deployment", "inshore-webhook", "-o", "jsonpath="+path)
}

// generations are those of everything that Helm installed and that has one.
func (p place) generations() string {
	p.Helper()
	return p.kubectl("get", "deployments,networkpolicies,poddisruptionbudgets,mutatingwebhookconfigurations,validatingwebhookconfigurations,customresourcedefinitions",
		"-A", "-l", "app.kubernetes.io/managed-by=Helm", "-o", `jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.generation}{"\n"}{end}`)
}

// uninstalled uninstalls as the chart's README has it, and compares with what there
// was before.
func (p place) uninstalled(before map[string]bool) {
	p.Helper()
	p.helm("uninstall", "inshore", "--namespace", "inshore-system", "--wait", "--timeout", "3m")
	p.left(before, "customresourcedefinition.apiextensions.k8s.io/nodelocalpolicies.inshore.dev", "namespace/inshore-system")
	p.kubectl("delete", "namespace", "inshore-system")
	p.kubectl("delete", "customresourcedefinition", "nodelocalpolicies.inshore.dev")
	p.left(before)
}

// left wants no objects beside those that were there before but the wanted. Those
// in namespaces that are gone or ours count with their namespace.
func (p place) left(before map[string]bool, wanted ...string) {
	p.Helper()
	err := cluster.Wait(p.Context(), "what Helm installed to be gone", time.Minute, func(context.Context) (bool, string, error) {
		var extra []string
		for name := range p.everything() {
			if !before[name] {
				extra = append(extra, name)
			}
		}
		for _, w := range wanted {
			if !strings.Contains("\n"+strings.Join(extra, "\n")+"\n", "\n"+w+"\n") {
				return false, "", fmt.Errorf("%s is gone", w)
			}
		}
		return len(extra) == len(wanted), strings.Join(extra, ", "), nil
	})
	if err != nil {
		p.Fatal(err)
	}
}

// everything is the kind and name of each object that is in no namespace, and of
// each in kube-system. What the API server keeps for itself comes and goes.
func (p place) everything() map[string]bool {
	p.Helper()
	found := map[string]bool{}
	for _, namespaced := range []string{"false", "true"} {
		kinds := strings.Fields(p.kubectl("api-resources", "--verbs=list", "--namespaced="+namespaced, "-o", "name"))
		kinds = slices.DeleteFunc(kinds, func(kind string) bool {
			own := []string{"apiservices.apiregistration.k8s.io", "componentstatuses", "events", "events.events.k8s.io", "leases.coordination.k8s.io", "endpoints"}
			return slices.Contains(own, kind)
		})
		for _, name := range strings.Fields(p.kubectl("get", strings.Join(kinds, ","), "-n", "kube-system", "-o", "name")) {
			found[name] = true
		}
	}
	return found
}
