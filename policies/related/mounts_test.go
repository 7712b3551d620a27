package related_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

func mounting(paths ...string) input.PodTemplate {
	var template input.PodTemplate
	for _, path := range paths {
		template.Spec.Volumes = append(template.Spec.Volumes, input.Volume{HostPath: &input.HostPath{Path: path}})
	}
	template.Spec.Volumes = append(template.Spec.Volumes, input.Volume{Name: "other"})
	return template
}

func client(kind, namespace, name string, paths ...string) *input.Workload {
	w := &input.Workload{Metadata: input.Metadata{Namespace: namespace, Name: name}}
	w.KindName = kind
	w.Spec.Template = mounting(paths...)
	return w
}

func TestWhoElseMountsAHostPathIsFoundInAnyNamespace(t *testing.T) {
	store := &related.Store{}
	daemon := daemonSet("router", nil)
	daemon.Spec.Template = mounting("/var/run/router", "/etc/router")
	store.PutDaemonSet(daemon)
	if got := store.For(daemon).Mounts; got != nil {
		t.Errorf("nobody else mounts it, got %+v", got)
	}
	store.PutWorkload(client("Deployment", "shop", "web", "/run/router/router.sock"))
	store.PutWorkload(client("StatefulSet", "shop", "db", "/var/run//router/"))
	store.PutWorkload(client("Deployment", "blog", "web", "/var/run/router", "/run/router"))
	store.PutWorkload(client("Deployment", "blog", "other", "/run/routers", "/run"))
	viewer := daemonSet("viewer", nil)
	viewer.Metadata.Namespace = "tools"
	viewer.Spec.Template = mounting("/var/run/router")
	store.PutDaemonSet(viewer)
	want := []input.Mount{{
		Path: "/var/run/router", Clients: 4, Names: []string{"DaemonSet tools/viewer", "Deployment blog/web", "Deployment shop/web"},
	}}
	if diff := cmp.Diff(want, store.For(daemon).Mounts); diff != "" {
		t.Error(diff)
	}
	store.PutWorkload(client("Deployment", "shop", "web"))
	store.DeleteWorkload("Deployment", "blog", "web")
	store.DeleteDaemonSet("tools", "viewer")
	want = []input.Mount{{Path: "/var/run/router", Clients: 1, Names: []string{"StatefulSet shop/db"}}}
	if diff := cmp.Diff(want, store.For(daemon).Mounts); diff != "" {
		t.Error(diff)
	}
	store.DeleteWorkload("StatefulSet", "shop", "db")
	if got := store.For(daemon).Mounts; got != nil {
		t.Errorf("all have moved, got %+v", got)
	}
}
