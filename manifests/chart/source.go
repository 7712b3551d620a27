package chart

import (
	"fmt"
	"path/filepath"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// id names an object within a cluster.
type id struct{ kind, namespace, name string }

// objects are those of an installation.
type objects map[id]map[string]any

// build renders a kustomization as `kubectl apply -k` would.
func build(folder string) (objects, error) {
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, fmt.Errorf("building %s: %w", folder, err)
	}
	built := objects{}
	for _, resource := range resources.Resources() {
		object, err := resource.Map()
		if err != nil {
			return nil, fmt.Errorf("building %s: %s: %w", folder, resource.CurId(), err)
		}
		built[id{resource.GetKind(), resource.GetNamespace(), resource.GetName()}] = object
	}
	return built, nil
}

// variant is an overlay, what it is made from, and the value that chooses it.
type variant struct{ overlay, from, when, folder string }

// The conditions, on values that the schema knows.
const (
	embedded    = `eq .Values.certificates.mode "embedded"`
	certManager = `eq .Values.certificates.mode "cert-manager"`
	agent       = `.Values.agent.enabled`
	failOpen    = `eq .Values.failurePolicy "open"`
	failClosed  = `eq .Values.failurePolicy "closed"`
)

// variants are all overlays but those that are nothing but two others together.
// folder is where their templates go.
var variants = []variant{
	{"overlays/embedded", "base", embedded, "certificates"},
	{"overlays/cert-manager", "base", certManager, "certificates"},
	{"overlays/agent", "overlays/embedded", agent, "agent"},
	{"overlays/fail-open", "overlays/embedded", failOpen, "webhook"},
	{"overlays/fail-closed", "overlays/embedded", failClosed, "webhook"},
}

// extra is a folder that goes beside an overlay, each kind in it by a value.
type extra struct {
	folder string
	when   map[string]string
}

var extras = []extra{
	{"monitoring/webhook", map[string]string{
		"ServiceMonitor": monitors, "PrometheusRule": alerts, "ConfigMap": dashboards,
	}},
	{"monitoring/agent", map[string]string{
		"ServiceMonitor": withAgent(monitors), "PrometheusRule": withAgent(alerts), "ConfigMap": withAgent(dashboards),
	}},
}

const (
	monitors   = `.Values.metrics.serviceMonitor.enabled`
	alerts     = `.Values.alerts.enabled`
	dashboards = `.Values.dashboards.enabled`
)

func withAgent(when string) string { return "and " + agent + " " + when }

func (e extra) add(all map[id]*document, built objects) error {
	for id, object := range built {
		when := e.when[id.kind]
		if when == "" || all[id] != nil {
			return fmt.Errorf("%v: no value says whether it is wanted, or another folder has it too", id)
		}
		all[id] = &document{id: id, folder: "monitoring", root: newNode(object)}
		all[id].root.when = when
	}
	return nil
}

// document is an object of the chart, as a template.
type document struct {
	id
	folder string
	root   *node
}

// documents are the objects of all overlays under manifests, each once.
func documents(manifests string) (map[id]*document, error) {
	built := map[string]objects{}
	of := func(folder string) (objects, error) {
		if built[folder] == nil {
			found, err := build(filepath.Join(manifests, folder))
			if err != nil {
				return nil, err
			}
			built[folder] = found
		}
		return built[folder], nil
	}
	base, err := of("base")
	if err != nil {
		return nil, err
	}
	all := map[id]*document{}
	for id, object := range base {
		all[id] = &document{id: id, folder: "webhook", root: newNode(object)}
	}
	for _, v := range variants {
		from, err := of(v.from)
		if err != nil {
			return nil, err
		}
		overlay, err := of(v.overlay)
		if err != nil {
			return nil, err
		}
		if err := v.add(all, from, overlay); err != nil {
			return nil, fmt.Errorf("%s: %w", v.overlay, err)
		}
	}
	for _, e := range extras {
		built, err := of(e.folder)
		if err != nil {
			return nil, err
		}
		if err := e.add(all, built); err != nil {
			return nil, fmt.Errorf("%s: %w", e.folder, err)
		}
	}
	return all, nil
}

func (v variant) add(all map[id]*document, from, overlay objects) error {
	for id := range from {
		if overlay[id] == nil {
			return fmt.Errorf("%v is taken away: an overlay may add, or change a scalar", id)
		}
	}
	for id, object := range overlay {
		if from[id] != nil {
			if err := all[id].root.vary(v.when, from[id], object); err != nil {
				return fmt.Errorf("%v: %w", id, err)
			}
			continue
		}
		if all[id] != nil {
			return fmt.Errorf("%v is added by two overlays", id)
		}
		all[id] = &document{id: id, folder: v.folder, root: newNode(object)}
		all[id].root.when = v.when
	}
	return nil
}
