package cluster

import (
	"context"
	"os"
)

// prometheusPrograms are promtool, without the discovery of cloud providers'
// targets, and a program that reads PromQL.
var prometheusPrograms = component{
	name: "prometheus", source: "github.com/prometheus/prometheus",
	packages: []string{"github.com/prometheus/prometheus/cmd/promtool", "github.com/inshore-dev/inshore/e2e/build/prometheus"},
	tags:     "remove_all_sd",
}

// BuildPrometheus builds promtool and prometheus, the program in
// e2e/build/prometheus that reads PromQL, and returns the folder that they are in.
// The first time that takes minutes; they are kept in the cache.
func BuildPrometheus(ctx context.Context) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	return prometheusPrograms.build(ctx, root, &progress{out: os.Stderr})
}
