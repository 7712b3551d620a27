package metricdoc

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Metric is one that a program may expose.
type Metric struct {
	Name string
	// Type is counter, gauge, histogram or summary.
	Type   string
	Labels []string
	Help   string
}

// description takes a [prometheus.Desc] apart, which has no other way in.
var description = regexp.MustCompile(`^Desc\{fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*"),(?: unit: "[^"]*",)? constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)

// name is a label in the text of a description: with its value, if it is constant.
var name = regexp.MustCompile(`([a-zA-Z_]\w*)(?:="(?:[^"\\]|\\.)*")?`)

// Describe returns what is registered, by name: also what has no series yet,
// because it appears with its first event only.
func Describe(registry *prometheus.Registry) ([]Metric, error) {
	descriptions := make(chan *prometheus.Desc)
	go func() {
		registry.Describe(descriptions)
		close(descriptions)
	}()
	found := map[string]Metric{}
	var err error
	for d := range descriptions {
		metric, parseErr := parse(d.String())
		if parseErr != nil {
			err = parseErr
			continue // And read on: who sends must not wait for ever.
		}
		found[metric.Name] = metric
	}
	if err != nil {
		return nil, err
	}
	// After the descriptions: a program that is still starting registers more
	// meanwhile, and what is described must have its type.
	types, err := typesOf(registry)
	if err != nil {
		return nil, err
	}
	var metrics []Metric
	for _, metric := range found {
		if metric.Type = types[metric.Name]; metric.Type == "" {
			metric.Type = guess(metric.Name)
		}
		metrics = append(metrics, metric)
	}
	slices.SortFunc(metrics, func(a, b Metric) int { return cmp.Compare(a.Name, b.Name) })
	return metrics, nil
}

// typesOf are the types of what has series now.
func typesOf(registry *prometheus.Registry) (map[string]string, error) {
	families, err := registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("gathering metrics: %w", err)
	}
	types := map[string]string{}
	for _, family := range families {
		types[family.GetName()] = strings.ToLower(family.GetType().String())
	}
	return types, nil
}

// guess is the type of what has no series yet: histograms and summaries of ours
// have some from the start, and counters are named as such.
func guess(name string) string {
	if strings.HasSuffix(name, "_total") {
		return "counter"
	}
	return "gauge"
}

func parse(text string) (Metric, error) {
	parts := description.FindStringSubmatch(text)
	if parts == nil {
		return Metric{}, fmt.Errorf("cannot read %s: the client library writes descriptions in another way now", text)
	}
	metric := Metric{}
	var err error
	if metric.Name, err = strconv.Unquote(parts[1]); err != nil {
		return Metric{}, fmt.Errorf("reading the name in %s: %w", text, err)
	}
	if metric.Help, err = strconv.Unquote(parts[2]); err != nil {
		return Metric{}, fmt.Errorf("reading the help in %s: %w", text, err)
	}
	for _, labels := range parts[3:5] {
		for _, label := range name.FindAllStringSubmatch(labels, -1) {
			metric.Labels = append(metric.Labels, label[1])
		}
	}
	slices.Sort(metric.Labels)
	return metric, nil
}
