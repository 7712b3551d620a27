package audit

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// objects are the Services and DaemonSets in the API server.
type objects struct {
	client rest.Interface
	// manager is the field manager of what is written.
	manager string
}

// stored is what is read of an object: the projection that mutation works on, and
// what binds a patch to this very version.
type stored struct {
	object       input.Object
	uid, version string
}

// read reads an object from the API server: the mirror may be behind, and keeps
// neither UID nor version.
func (o objects) read(ctx context.Context, object target) (stored, error) {
	text, err := o.client.Get().AbsPath(object.path()).DoRaw(ctx)
	if err != nil {
		return stored{}, fmt.Errorf("reading %s: %w", object, err)
	}
	return storedIn(object, text)
}

// storedIn reads what the API server answers.
func storedIn(object target, text []byte) (stored, error) {
	var meta struct {
		Metadata struct {
			UID             string `json:"uid"`
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(text, &meta, jsontext.AllowDuplicateNames(true)); err != nil {
		return stored{}, fmt.Errorf("reading %s: %w", object, err)
	}
	s := stored{uid: meta.Metadata.UID, version: meta.Metadata.ResourceVersion}
	if object.kind == v1alpha1.KindService {
		s.object = &input.Service{}
	} else {
		s.object = &input.DaemonSet{}
	}
	if err := json.Unmarshal(text, s.object, jsontext.AllowDuplicateNames(true)); err != nil {
		return stored{}, fmt.Errorf("reading %s: %w", object, err)
	}
	return s, nil
}

// patch writes a patch into the version of the object that it was made from, and
// returns what admission made of it.
func (o objects) patch(ctx context.Context, object target, now stored, patch mutate.Patch) (after stored, err error) {
	version, err := json.Marshal(now.version)
	if err != nil {
		return stored{}, fmt.Errorf("writing the patch of %s: %w", object, err)
	}
	bound := append(mutate.Patch{{Op: "test", Path: "/metadata/resourceVersion", Value: version}}, patch...)
	result := o.client.Patch(types.JSONPatchType).AbsPath(object.path()).Param("fieldManager", o.manager).
		Body(bound.AppendJSON(nil)).Do(ctx)
	// Raw's own error does not say what the API server says.
	if err := result.Error(); err != nil {
		return stored{}, fmt.Errorf("patching %s: %w", object, err)
	}
	text, err := result.Raw()
	if err != nil {
		return stored{}, fmt.Errorf("reading the patched %s: %w", object, err)
	}
	return storedIn(object, text)
}

// changedMeanwhile reports whether a patch failed because the object is no
// longer the version that it was made from. The API server answers a failing
// test of a JSON patch with the same 422 as a value that it does not like, so the
// object has to be looked at.
func (o objects) changedMeanwhile(ctx context.Context, object target, version string, err error) bool {
	if apierrors.IsConflict(err) {
		return true
	}
	if code(err) != http.StatusUnprocessableEntity {
		return false
	}
	now, err := o.read(ctx, object)
	return err == nil && now.version != version
}
