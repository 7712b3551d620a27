package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fields are an object's leaf values by path, but for those that say nothing
// about what Inshore did: status, versions, and kubectl's own notes.
func (d *Demo) fields(ctx context.Context, object string) (map[string]string, error) {
	out, err := d.cluster.Kubectl(ctx, "", "-n", "cache", "get", object, "memcached", "-o", "json")
	if err != nil {
		return nil, err
	}
	var whole map[string]any
	if err := json.Unmarshal([]byte(out), &whole); err != nil {
		return nil, fmt.Errorf("reading the %s: %w", object, err)
	}
	leaves := map[string]string{}
	flatten("", whole, leaves)
	maps.DeleteFunc(leaves, func(path, _ string) bool {
		return strings.HasPrefix(path, "status.") || strings.Contains(path, "generation") ||
			strings.Contains(path, "resourceVersion") || strings.Contains(path, "kubectl.kubernetes.io") ||
			strings.HasSuffix(path, "[inshore.dev/node-local]") && strings.Contains(path, "annotations")
	})
	return leaves, nil
}

func flatten(path string, value any, into map[string]string) {
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			switch {
			case strings.ContainsAny(key, "./"):
				flatten(path+"["+key+"]", child, into)
			case path == "":
				flatten(key, child, into)
			default:
				flatten(path+"."+key, child, into)
			}
		}
	case []any:
		for i, child := range value {
			flatten(fmt.Sprintf("%s[%d]", path, i), child, into)
		}
	default:
		into[path] = fmt.Sprint(value)
	}
}

// changes prints what differs and returns how many fields do.
func (d *Demo) changes(before, after map[string]string) int {
	paths := slices.Sorted(maps.Keys(after))
	for path := range before {
		if _, still := after[path]; !still {
			paths = append(paths, path)
		}
	}
	count := 0
	for _, path := range paths {
		was, had := before[path]
		is, has := after[path]
		switch {
		case had && has && was != is:
			d.say("  ~ %s: %s → %s", path, was, is)
		case has && !had:
			d.say("  + %s: %s", path, is)
		case had && !has:
			d.say("  - %s: %s", path, was)
		default:
			continue
		}
		count++
	}
	return count
}
