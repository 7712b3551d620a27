package chart

import (
	"fmt"
	"strings"
)

// place is where a value goes.
type place struct {
	id   id
	path []any
	fill func(parent *node, key any) error
}

// inline puts a template in the place of what is there.
func inline(text string) func(*node, any) error {
	return func(parent *node, key any) error {
		n := parent.at(key)
		if n == nil {
			return fmt.Errorf("there is nothing to replace")
		}
		*n = node{when: n.when, text: text}
		return nil
	}
}

// value puts a value in the place of an entry, whatever its kind; the entry is
// there only if the value says anything.
func value(path string) func(*node, any) error {
	return func(parent *node, key any) error {
		parent.keys[key.(string)] = &node{block: func(indent int) string {
			return with(indent, path, pad(indent)+key.(string)+":\n"+toYAML(indent+2))
		}}
		return nil
	}
}

// more appends a value's items to a list.
func more(path string) func(*node, any) error {
	return func(parent *node, key any) error {
		list := parent.at(key)
		if list == nil || !list.isList {
			return fmt.Errorf("there is no list to add to")
		}
		list.items = append(list.items, &node{block: func(indent int) string {
			return with(indent, path, toYAML(indent))
		}})
		return nil
	}
}

// entries appends a value's entries to a map.
func entries(path string) func(*node, any) error {
	return func(parent *node, key any) error {
		entry := parent.at(key)
		if entry == nil || entry.keys == nil {
			return fmt.Errorf("there is no map to add to")
		}
		// Last in the order of the alphabet, and no key of YAML.
		entry.keys["~"+path] = &node{block: func(indent int) string { return with(indent, path, toYAML(indent)) }}
		return nil
	}
}

// item appends one item on a condition.
func item(when, text string) func(*node, any) error {
	return func(parent *node, key any) error {
		list := parent.at(key)
		if list == nil || !list.isList {
			return fmt.Errorf("there is no list to add to")
		}
		list.items = append(list.items, &node{when: when, text: text})
		return nil
	}
}

// shared makes a list that an overlay brings one that a value adds to.
func shared(path string) func(*node, any) error {
	return func(parent *node, key any) error {
		list := parent.at(key)
		if list == nil {
			parent.keys[key.(string)] = &node{isList: true, when: path}
			return more(path)(parent, key)
		}
		for _, item := range list.items {
			item.when = list.when
		}
		list.when = "or (" + list.when + ") " + path
		return more(path)(parent, key)
	}
}

func with(indent int, path, body string) string {
	return pad(indent) + "{{- with " + path + " }}\n" + body + pad(indent) + "{{- end }}\n"
}

func toYAML(indent int) string {
	return fmt.Sprintf("%s{{- toYaml . | nindent %d }}\n", pad(indent), indent)
}

var (
	webhook    = id{"Deployment", "inshore-system", "inshore-webhook"}
	quota      = id{"ResourceQuota", "inshore-system", "inshore-webhook-critical"}
	agents     = id{"DaemonSet", "inshore-agent", "inshore-agent"}
	policies   = id{"CustomResourceDefinition", "", "nodelocalpolicies.inshore.dev"}
	namespace  = id{"Namespace", "", "inshore-system"}
	pod        = []any{"spec", "template", "spec"}
	container  = append(pod[:3:3], "containers", 0)
	annotation = []any{"spec", "template", "metadata", "annotations"}
)

func under(path []any, more ...any) []any { return append(path[:len(path):len(path)], more...) }

// places are all of them. What an argument says by default is left out, so that
// the defaults give what kustomize does.
var places = []place{
	{webhook, []any{"spec", "replicas"}, inline("{{ .Values.replicas }}")},
	{webhook, annotation, entries(".Values.podAnnotations")},
	{webhook, under(pod, "imagePullSecrets"), value(".Values.imagePullSecrets")},
	{webhook, under(pod, "priorityClassName"), optional(".Values.priorityClassName")},
	{webhook, under(pod, "nodeSelector"), value(".Values.nodeSelector")},
	{webhook, under(pod, "tolerations"), value(".Values.tolerations")},
	{webhook, under(pod, "affinity"), value(".Values.affinity")},
	{webhook, under(pod, "volumes"), shared(".Values.extraVolumes")},
	{webhook, under(container, "volumeMounts"), shared(".Values.extraVolumeMounts")},
	{webhook, under(container, "image"), inline(`{{ include "inshore.image" (list . .Values.image) }}`)},
	{webhook, under(container, "imagePullPolicy"), inline("{{ .Values.image.pullPolicy }}")},
	{webhook, under(container, "resources"), value(".Values.resources")},
	{webhook, under(container, "args"), item(`ne .Values.audit.mode "repair"`, "--audit={{ .Values.audit.mode }}")},
	{webhook, under(container, "args"), item(`ne (toString .Values.logLevel) "info"`, `{{ printf "--log-level=%v" .Values.logLevel | quote }}`)},
	{webhook, under(container, "args"), more(".Values.extraArgs")},
	{webhook, under(container, "env"), memoryLimit(`{{ include "inshore.goMemLimit" (list .Values.resources 9 10) }}`)},
	{webhook, under(container, "env"), more(".Values.extraEnv")},

	{quota, []any{"spec", "scopeSelector", "matchExpressions", 0, "values", 0}, inline("{{ .Values.priorityClassName }}")},

	{agents, annotation, entries(".Values.agent.podAnnotations")},
	{agents, under(pod, "imagePullSecrets"), value(".Values.imagePullSecrets")},
	{agents, under(pod, "nodeSelector"), value(".Values.agent.nodeSelector")},
	{agents, under(pod, "tolerations"), value(".Values.agent.tolerations")},
	{agents, under(pod, "affinity"), value(".Values.agent.affinity")},
	{agents, under(container, "image"), inline(`{{ include "inshore.image" (list . .Values.agent.image) }}`)},
	{agents, under(container, "imagePullPolicy"), inline("{{ .Values.agent.image.pullPolicy }}")},
	{agents, under(container, "resources"), value(".Values.agent.resources")},
	{agents, under(container, "args"), item(".Values.agent.server", "--server={{ .Values.agent.server }}")},
	{agents, under(container, "args"), item(`ne .Values.agent.datapath "auto"`, "--datapath={{ .Values.agent.datapath }}")},
	{agents, under(container, "args"), item(`ne .Values.agent.scope "opted-in"`, "--scope={{ .Values.agent.scope }}")},
	{agents, under(container, "args"), item(`ne (toString .Values.agent.logLevel) "info"`, `{{ printf "--log-level=%v" .Values.agent.logLevel | quote }}`)},
	{agents, under(container, "args"), more(".Values.agent.extraArgs")},
	{agents, under(container, "env"), memoryLimit(`{{ include "inshore.goMemLimit" (list .Values.agent.resources 1 2) }}`)},
	{agents, under(container, "env"), more(".Values.agent.extraEnv")},
}

// optional is value for a scalar.
func optional(path string) func(*node, any) error {
	return func(parent *node, key any) error {
		parent.keys[key.(string)] = &node{when: path, text: "{{ " + path + " }}"}
		return nil
	}
}

// memoryLimit fills the variable GOMEMLIMIT, wherever it stands in the list.
func memoryLimit(text string) func(*node, any) error {
	return func(parent *node, key any) error {
		for _, variable := range parent.at(key).items {
			if name := variable.at("name"); name != nil && name.scalar == "GOMEMLIMIT" {
				return inline(text)(variable, "value")
			}
		}
		return fmt.Errorf("no variable GOMEMLIMIT")
	}
}

// fill cuts out all places.
func fill(all map[id]*document) error {
	for _, p := range places {
		d := all[p.id]
		if d == nil {
			return fmt.Errorf("%v: there is no such object", p.id)
		}
		parent := d.root.at(p.path[:len(p.path)-1]...)
		if parent == nil {
			return fmt.Errorf("%v: there is no %v", p.id, p.path)
		}
		if err := p.fill(parent, p.path[len(p.path)-1]); err != nil {
			return fmt.Errorf("%v: %v: %w", p.id, p.path, err)
		}
	}
	for _, p := range []struct{ kind, labels string }{
		{"ServiceMonitor", ".Values.metrics.serviceMonitor.labels"}, {"PrometheusRule", ".Values.alerts.labels"}, {"ConfigMap", ".Values.dashboards.labels"},
	} {
		for _, d := range all {
			if d.folder == "monitoring" && d.kind == p.kind {
				if err := d.fillMonitoring(p.labels); err != nil {
					return fmt.Errorf("%v: %w", d.id, err)
				}
			}
		}
	}
	all[quota].root.when = ".Values.priorityClassName"
	all[policies].root.when = ".Values.crds.install"
	annotations := all[policies].root.at("metadata", "annotations")
	annotations.keys["helm.sh/resource-policy"] = &node{when: ".Values.crds.keep", text: "keep"}
	// The release lives in it, so it is there before the chart is: Helm would
	// refuse to create it, and would take the record of the release away with it.
	delete(all, namespace)
	for _, d := range all {
		labels := d.root.at("metadata", "labels")
		if labels == nil {
			labels = &node{keys: map[string]*node{}}
			d.root.at("metadata").keys["labels"] = labels
		}
		labels.keys["~helm"] = &node{block: func(indent int) string {
			return fmt.Sprintf("%s{{- include \"inshore.labels\" . | nindent %d }}\n", pad(indent), indent)
		}}
	}
	return nil
}

// fillMonitoring puts the labels by which others find an object, and how often it is asked.
func (d *document) fillMonitoring(labels string) error {
	metadata := d.root.at("metadata")
	// The default of the value.
	delete(metadata.at("labels").keys, "grafana_dashboard")
	if err := entries(labels)(metadata, "labels"); err != nil || d.kind != "ServiceMonitor" {
		return err
	}
	endpoint := d.root.at("spec", "endpoints", 0)
	if endpoint == nil {
		return fmt.Errorf("there is no endpoint")
	}
	return inline("{{ .Values.metrics.serviceMonitor.interval }}")(endpoint, "interval")
}

// fileName is where an object's template goes: its kind and name, without what
// all names begin with.
func (d *document) fileName() string {
	name := strings.TrimPrefix(strings.TrimSuffix(d.name, ".inshore.dev"), "inshore-")
	return fmt.Sprintf("templates/%s/%s-%s.yaml", d.folder, strings.ToLower(d.kind), name)
}
