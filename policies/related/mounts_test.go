package related_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

// The lists must never answer otherwise than a look at every object would,
// whatever was put, replaced and deleted before.
func TestClientsAreCountedAsALookAtEveryObjectWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var store related.Store
		mounted := map[string][]string{}
		name := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"})
		path := rapid.SampledFrom([]string{"/run", "/run/x", "/run/x/y", "/var/run/x", "/etc"})
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			name := name.Draw(t, "name")
			if rapid.Bool().Draw(t, "put") {
				mounted[name] = rapid.SliceOfN(path, 0, 3).Draw(t, "paths")
				store.PutWorkload(client("Deployment", "core", name, mounted[name]...))
			} else {
				delete(mounted, name)
				store.DeleteWorkload("Deployment", "core", name)
			}
			asked := path.Draw(t, "asked")
			var want []string
			for _, name := range slices.Sorted(maps.Keys(mounted)) {
				if slices.ContainsFunc(mounted[name], func(p string) bool { return within(p, asked) }) {
					want = append(want, "Deployment core/"+name)
				}
			}
			daemon := daemonSet("daemon", nil)
			daemon.Spec.Template = mounting(asked)
			var got input.Mount
			if all := store.For(daemon).Mounts; len(all) > 0 {
				got = all[0]
			}
			if got.Clients != len(want) || !slices.Equal(got.Names, want[:min(3, len(want))]) {
				t.Fatalf("clients of %s: got %+v, want %q", asked, got, want)
			}
		}
	})
}

// within is the meaning of being below a directory, written down once more.
func within(path, directory string) bool {
	path, directory = strings.TrimPrefix(path, "/var"), strings.TrimPrefix(directory, "/var")
	return path == directory || strings.HasPrefix(path, directory+"/")
}

func BenchmarkForWithClients(b *testing.B) {
	var store related.Store
	for i := range 5000 {
		store.PutWorkload(client("Deployment", fmt.Sprint("n", i%50), fmt.Sprint("d", i), "/var/log/pods"))
	}
	daemon := daemonSet("daemon", nil)
	daemon.Spec.Template = mounting("/var/log")
	b.ReportAllocs()
	for b.Loop() {
		if store.For(daemon).Mounts[0].Clients != 5000 {
			b.Fatal("want 5,000 clients")
		}
	}
}

func TestAPathThatNobodyCanMountIsNotKept(t *testing.T) {
	for sentence, path := range map[string]string{
		"deeper than any socket":   strings.Repeat("/a", 100_000),
		"longer than a kernel has": "/" + strings.Repeat("a", 5000),
	} {
		t.Run(sentence, func(t *testing.T) {
			store := &related.Store{}
			daemon := daemonSet("router", nil)
			daemon.Spec.Template = mounting(path, "/run/router")
			store.PutDaemonSet(daemon)
			store.PutWorkload(client("Deployment", "web", "app", path, "/run/router/socket"))
			want := []input.Mount{{Path: "/run/router", Clients: 1, Names: []string{"Deployment web/app"}}}
			if diff := cmp.Diff(want, store.For(daemon).Mounts); diff != "" {
				t.Error(diff)
			}
		})
	}
}
