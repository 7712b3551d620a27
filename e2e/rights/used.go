package rights

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// Unused are the rights that none of the requests needed.
func Unused(granted []Right, requests []cluster.Request) []Right {
	return slices.DeleteFunc(slices.Clone(granted), func(right Right) bool {
		return slices.ContainsFunc(requests, func(request cluster.Request) bool { return right.allows(request) })
	})
}

// Forbidden says which requests authorization refused, each once.
func Forbidden(requests []cluster.Request) []string {
	var refused []string
	for _, request := range requests {
		if request.Forbidden {
			refused = append(refused, fmt.Sprintf("%s (%s): %s %s/%s %s in %q",
				request.User, request.Agent, request.Verb, request.Group, resource(request), request.Name, request.Namespace))
		}
	}
	slices.Sort(refused)
	return slices.Compact(refused)
}

// allows reports whether the request needs this right, or one of its kind.
func (r Right) allows(request cluster.Request) bool {
	switch {
	case request.Forbidden || r.User != request.User || r.Group != request.Group || r.Resource != resource(request):
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
