package review

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

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
