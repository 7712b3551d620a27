package policies

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// The findings that Go makes, because no rule can: there is nothing yet that a
// rule could read.
const (
	// IDMalformed is a file that is not YAML, or not a Kubernetes object.
	IDMalformed = "ISH001"
	// IDAnnotation is an annotation under inshore.dev/ that says nothing we know.
	IDAnnotation = "ISH002"
)

var bothKinds = []v1alpha1.Kind{v1alpha1.KindService, v1alpha1.KindDaemonSet}

// Malformed describes [IDMalformed]. Review in CI makes these findings.
var Malformed = Rule{
	ID:       IDMalformed,
	Title:    "The file cannot be read",
	Severity: SeverityError,
	Description: "A file under review is not valid YAML, or a document in it is not a Kubernetes object. Nothing in that\n" +
		"document was checked, so the review cannot pass; the other documents and files were.",
	Message: "the document cannot be read: {error}",
	Remedy:  "Correct the document at the line named, or leave the file out of the review if it is not a manifest.",
	Since:   "v0.1.0",
	Kinds:   bothKinds,
}

// Annotation describes [IDAnnotation]. Every front door makes these findings,
// by [FieldErrors].
var Annotation = Rule{
	ID:       IDAnnotation,
	Title:    "An annotation under inshore.dev/ is not understood",
	Severity: SeverityError,
	Description: "An unknown key under inshore.dev/ or a value outside the grammar is refused rather than ignored: a mistyped\n" +
		"opt-in that is silently ignored looks like node-local routing and is none.",
	Message: "{error}",
	Remedy:  "Correct the key or the value; the message says what is allowed.",
	Since:   "v0.1.0",
	Kinds:   bothKinds,
}

// FieldErrors turns what v1alpha1.Parse found wrong into results, in the same
// words at every front door.
func FieldErrors(errs field.ErrorList) []Result {
	results := make([]Result, 0, len(errs))
	for _, err := range errs {
		results = append(results, Result{
			ID:       IDAnnotation,
			Severity: SeverityError,
			Field:    err.Field,
			Message:  err.Error(),
			Remedy:   Annotation.Remedy,
		})
	}
	SortResults(results)
	return results
}
