package rights

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// Unused are the rights that none of the requests needed. To list counts as used with
// the right to watch: client-go lists by a watch that begins with what there is
// (KEP-3157), and falls back where an API server has none, as those before
// Kubernetes 1.34 do.
func Unused(granted []Right, requests []cluster.Request) []Right {
	return slices.DeleteFunc(slices.Clone(granted), func(right Right) bool {
		return slices.ContainsFunc(requests, func(request cluster.Request) bool {
			if right.Verb == "list" && request.Verb == "watch" {
				request.Verb = "list"
			}
			return !request.Forbidden && right.covers(request)
		})
	})
}

// Lacking says which requests were refused that nothing granted allows, each once. One
// that is allowed was made while an installation came or went, or while a
// restarted API server had not read the roles yet.
func Lacking(granted []Right, requests []cluster.Request) []string {
	var lacking []string
	for _, request := range requests {
		if request.Forbidden && !slices.ContainsFunc(granted, func(right Right) bool { return right.covers(request) }) {
			lacking = append(lacking, fmt.Sprintf("%s (%s): %s %s/%s %s in %q",
				request.User, request.Agent, request.Verb, request.Group, resource(request), request.Name, request.Namespace))
		}
	}
	slices.Sort(lacking)
	return slices.Compact(lacking)
}

// covers reports whether the right is to do what the request does.
func (r Right) covers(request cluster.Request) bool {
	switch {
	case r.User != request.User || r.Group != request.Group || r.Resource != resource(request):
		return false
	case r.Namespace != "" && r.Namespace != request.Namespace:
		return false
	case r.Name != "" && r.Name != request.Name:
		return false
	}
	return r.Verb == request.Verb || r.Verb == "create" && created(request)
}

// created reports whether the request was a patch of what did not exist
// (server-side apply), for which an API server wants the right to create too.
func created(request cluster.Request) bool {
	return request.Verb == "patch" && request.Code == http.StatusCreated
}

func resource(request cluster.Request) string {
	if request.Subresource != "" {
		return request.Resource + "/" + request.Subresource
	}
	return request.Resource
}
