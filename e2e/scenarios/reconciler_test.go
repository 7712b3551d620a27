package scenarios

import (
	"encoding/json"
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/dynamic"
)

// reconciler brings an object in the cluster to what git has, if it thinks that it is not, and says whether it wrote.
type reconciler struct {
	name string
	sync func(s story, r dynamic.ResourceInterface, want *unstructured.Unstructured) (wrote bool)
}

// reconcilers are the ways in which git reaches clusters. Each call makes them anew: one of them remembers.
func reconcilers() []reconciler {
	released := map[types.NamespacedName][]byte{}
	return []reconciler{
		{"argo", func(s story, r dynamic.ResourceInterface, want *unstructured.Unstructured) bool {
			return merge(s, r, "argocd-controller", withLastApplied(s, want), func(live *unstructured.Unstructured) []byte {
				return []byte(live.GetAnnotations()[corev1.LastAppliedConfigAnnotation])
			})
		}},
		{"flux", apply},
		{"helm", func(s story, r dynamic.ResourceInterface, want *unstructured.Unstructured) bool {
			key := types.NamespacedName{Namespace: want.GetNamespace() + "/" + want.GetKind(), Name: want.GetName()}
			before := released[key]
			released[key] = marshal(s, want)
			return merge(s, r, "helm", want, func(*unstructured.Unstructured) []byte { return before })
		}},
	}
}

// merge is an apply by the client: a strategic merge patch of what changed in git since last, and of what in the
// cluster is not as git has it. Argo CD keeps the last manifest in an annotation as kubectl does, Helm in its release.
func merge(s story, r dynamic.ResourceInterface, manager string, want *unstructured.Unstructured, last func(live *unstructured.Unstructured) []byte) bool {
	s.Helper()
	live, err := r.Get(s.ctx, want.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		if _, err := r.Create(s.ctx, want, metav1.CreateOptions{FieldManager: manager}); err != nil {
			s.Fatal(err)
		}
		return true
	}
	if err != nil {
		s.Fatal(err)
	}
	var kind any = &corev1.Service{}
	if want.GetKind() == "DaemonSet" {
		kind = &appsv1.DaemonSet{}
	}
	schema, err := strategicpatch.NewPatchMetaFromStruct(kind)
	if err != nil {
		s.Fatal(err)
	}
	patch, err := strategicpatch.CreateThreeWayMergePatch(last(live), marshal(s, want), marshal(s, live), schema, true)
	if err != nil {
		s.Fatal(err)
	}
	if string(patch) == "{}" {
		return false
	}
	_, err = r.Patch(s.ctx, want.GetName(), types.StrategicMergePatchType, patch, metav1.PatchOptions{FieldManager: manager})
	if err != nil {
		s.Fatalf("%s %s/%s, by %s: %v", want.GetKind(), want.GetNamespace(), want.GetName(), manager, err)
	}
	return true
}

// apply is Flux's way: a server-side apply with force, if a dry run of it shows that it would change something.
func apply(s story, r dynamic.ResourceInterface, want *unstructured.Unstructured) bool {
	s.Helper()
	const manager = "kustomize-controller"
	live, err := r.Get(s.ctx, want.GetName(), metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		s.Fatal(err)
	}
	if err == nil {
		dry, err := r.Apply(s.ctx, want.GetName(), want, metav1.ApplyOptions{FieldManager: manager, Force: true, DryRun: []string{metav1.DryRunAll}})
		if err != nil {
			s.Fatalf("%s %s/%s, dry: %v", want.GetKind(), want.GetNamespace(), want.GetName(), err)
		}
		if reflect.DeepEqual(declared(dry), declared(live)) {
			return false
		}
	}
	if _, err := r.Apply(s.ctx, want.GetName(), want, metav1.ApplyOptions{FieldManager: manager, Force: true}); err != nil {
		s.Fatalf("%s %s/%s: %v", want.GetKind(), want.GetNamespace(), want.GetName(), err)
	}
	return true
}

// declared is what somebody may have asked for: all but the status, and what the API server writes itself.
func declared(o *unstructured.Unstructured) map[string]any {
	o = o.DeepCopy()
	unstructured.RemoveNestedField(o.Object, "status")
	for _, field := range []string{"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid"} {
		unstructured.RemoveNestedField(o.Object, "metadata", field)
	}
	return o.Object
}

func withLastApplied(s story, want *unstructured.Unstructured) *unstructured.Unstructured {
	s.Helper()
	text := marshal(s, want)
	want = want.DeepCopy()
	annotations := want.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[corev1.LastAppliedConfigAnnotation] = string(text)
	want.SetAnnotations(annotations)
	return want
}

func marshal(s story, o *unstructured.Unstructured) []byte {
	s.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		s.Fatal(err)
	}
	return text
}
