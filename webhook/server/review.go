package server

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// object is a pointer to a projection: *input.Service or *input.DaemonSet.
type object[T any] interface {
	*T
	input.Object
}

// review is what is read of admission.k8s.io/v1's AdmissionReview, with the
// object decoded in the same pass as the envelope.
type review[T any] struct {
	APIVersion string      `json:"apiVersion"`
	Kind       string      `json:"kind"`
	Request    *request[T] `json:"request"`
}

// request is what is read of AdmissionRequest.
type request[T any] struct {
	UID         string          `json:"uid"`
	Kind        groupKind       `json:"kind"`
	SubResource string          `json:"subResource"`
	Name        string          `json:"name"`
	Namespace   string          `json:"namespace"`
	Operation   input.Operation `json:"operation"`
	DryRun      bool            `json:"dryRun"`
	Object      *T              `json:"object"`
	OldObject   *T              `json:"oldObject"`
}

// groupKind is the kind of the object in the review. The version is left out:
// matchPolicy Equivalent makes the API server convert to the one in the rule.
type groupKind struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
}

// kinds are the two kinds that are judged, as the API server names them.
var kinds = map[v1alpha1.Kind]groupKind{
	v1alpha1.KindService:   {Group: "", Kind: "Service"},
	v1alpha1.KindDaemonSet: {Group: "apps", Kind: "DaemonSet"},
}

// reviewOptions allow a name twice in an object: the API server never writes
// that, and looking for it costs a fifth of the whole decode. The last one
// counts, as it does in encoding/json.
var reviewOptions = jsontext.AllowDuplicateNames(true)

// decodeReview reads a review of kind from body. Nothing in the result points
// into body. The error is for the administrator who routed the review here.
func decodeReview[T any](kind v1alpha1.Kind, body []byte) (*request[T], error) {
	var r review[T]
	if err := json.Unmarshal(body, &r, reviewOptions); err != nil {
		return nil, fmt.Errorf("reading the AdmissionReview: %w", err)
	}
	if r.APIVersion != "admission.k8s.io/v1" || r.Kind != "AdmissionReview" {
		return nil, fmt.Errorf("got %q of %q, want an AdmissionReview of admission.k8s.io/v1: "+
			"set admissionReviewVersions: [v1] in the webhook configuration", r.Kind, r.APIVersion)
	}
	if r.Request == nil || r.Request.UID == "" {
		return nil, errors.New("the AdmissionReview holds no request with a uid")
	}
	if want := kinds[kind]; r.Request.Kind != want {
		return nil, fmt.Errorf("this path judges a %s, the review holds a %s: correct rules and "+
			"clientConfig.service.path in the webhook configuration", want, r.Request.Kind)
	}
	if r.Request.written() && r.Request.Object == nil {
		return nil, fmt.Errorf("the %s review holds no object", r.Request.Operation)
	}
	return r.Request, nil
}

// written reports whether the request writes the object itself. The rules ask
// for nothing else; a deletion or a subresource that reaches us by a widened
// rule is none of our business and passes.
func (r *request[T]) written() bool {
	return r.SubResource == "" &&
		(r.Operation == input.OperationCreate || r.Operation == input.OperationUpdate)
}

// String is the kind as kubectl names it, for example DaemonSet.apps.
func (g groupKind) String() string {
	return strings.TrimSuffix(g.Kind+"."+g.Group, ".")
}
