package review

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/manifest"
)

// ReadPolicies reads the NodeLocalPolicies in folders or files. They come from
// whoever may grant exceptions, so nothing in them is passed over: the error
// names every fault by file and line, as an API server would word it. Other
// objects are left alone.
func ReadPolicies(paths []string) ([]*v1alpha1.NodeLocalPolicy, error) {
	tree, err := manifest.Find(paths)
	if err != nil {
		return nil, fmt.Errorf("finding policies: %w", err)
	}
	problems := slices.Clone(tree.Problems)
	var found []*v1alpha1.NodeLocalPolicy
	for _, file := range tree.Files {
		read, faults := readPolicyFile(file)
		found = append(found, read...)
		problems = append(problems, faults...)
	}
	sortProblems(problems)
	var errs []error
	for i := range problems {
		errs = append(errs, &problems[i])
	}
	return found, errors.Join(errs...)
}

func readPolicyFile(file string) ([]*v1alpha1.NodeLocalPolicy, []manifest.Problem) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, []manifest.Problem{unreadable(file, err)}
	}
	objects, problems := manifest.Parse(file, data)
	var found []*v1alpha1.NodeLocalPolicy
	for i := range objects {
		object := &objects[i]
		if object.Kind != "NodeLocalPolicy" || !strings.HasPrefix(object.APIVersion, v1alpha1.GroupVersion.Group+"/") {
			continue
		}
		policy, faults := readPolicy(object)
		problems = append(problems, faults...)
		found = append(found, policy)
	}
	return found, problems
}

func readPolicy(object *manifest.Object) (*v1alpha1.NodeLocalPolicy, []manifest.Problem) {
	if object.APIVersion != v1alpha1.GroupVersion.String() {
		return nil, []manifest.Problem{{File: object.File, Line: object.Line,
			Message: fmt.Sprintf("there is no %s NodeLocalPolicy; it is %s", object.APIVersion, v1alpha1.GroupVersion)}}
	}
	policy := new(v1alpha1.NodeLocalPolicy)
	problems := object.DecodeStrict(policy)
	if len(problems) > 0 {
		return policy, problems
	}
	positions := object.Positions()
	for _, err := range checkPolicy(policy) {
		problems = append(problems, manifest.Problem{File: object.File, Line: positions.Line(err.Field), Message: err.Error()})
	}
	return policy, problems
}

// checkPolicy finds what the API server would refuse in what a review reads of a
// policy: its name and its exceptions.
func checkPolicy(policy *v1alpha1.NodeLocalPolicy) field.ErrorList {
	var errs field.ErrorList
	if policy.Name == "" {
		errs = append(errs, field.Required(field.NewPath("metadata", "name"), "reports name the policy of each exception"))
	}
	for i, exception := range policy.Spec.Exceptions {
		errs = append(errs, checkException(field.NewPath("spec", "exceptions").Index(i), exception)...)
	}
	return errs
}

func checkException(path *field.Path, exception v1alpha1.Exception) field.ErrorList {
	var errs field.ErrorList
	object := path.Child("object")
	for _, required := range []struct {
		path  *field.Path
		value string
	}{
		{path.Child("rule"), exception.Rule},
		{object.Child("namespace"), exception.Object.Namespace},
		{object.Child("name"), exception.Object.Name},
		{path.Child("owner"), exception.Owner},
		{path.Child("reason"), exception.Reason},
	} {
		if strings.TrimSpace(required.value) == "" {
			errs = append(errs, field.Required(required.path, "an exception names its rule, its object, who answers for it, why, and until when"))
		}
	}
	if exception.Expires.IsZero() {
		errs = append(errs, field.Required(path.Child("expires"), "an exception without an end is a rule switched off; write a time, 2027-01-31T00:00:00Z"))
	}
	if strings.HasPrefix(exception.Rule, "ISH0") {
		errs = append(errs, field.Forbidden(path.Child("rule"), "annotations and manifests that cannot be read (ISH0xx) have no exceptions: correct them"))
	}
	if kind := exception.Object.Kind; kind != v1alpha1.KindService && kind != v1alpha1.KindDaemonSet {
		errs = append(errs, field.NotSupported(object.Child("kind"), kind, []v1alpha1.Kind{v1alpha1.KindService, v1alpha1.KindDaemonSet}))
	}
	return errs
}
