package audit

import (
	"fmt"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// target names one Service or DaemonSet.
type target struct {
	kind            v1alpha1.Kind
	namespace, name string
}

func targetOf(object input.Object) target {
	return target{object.Kind(), object.Meta().Namespace, object.Meta().Name}
}

// String is kind, namespace and name, as messages have it.
func (t target) String() string { return fmt.Sprintf("%s %s/%s", t.kind, t.namespace, t.name) }

// path is where the API server has the object.
func (t target) path() string {
	if t.kind == v1alpha1.KindService {
		return fmt.Sprintf("/api/v1/namespaces/%s/services/%s", t.namespace, t.name)
	}
	return fmt.Sprintf("/apis/apps/v1/namespaces/%s/daemonsets/%s", t.namespace, t.name)
}

func refer(object input.Object) reference {
	meta := object.Meta()
	return reference{APIVersion: apiVersions[object.Kind()], Kind: string(object.Kind()), Namespace: meta.Namespace, Name: meta.Name}
}
