package review

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"unique"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/govern"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// fileContent is what one file holds.
type fileContent struct {
	objects  int
	kept     []*kept
	problems []manifest.Problem
}

// subject is an object that is judged, or that others are judged by.
type subject struct {
	Ref
	// object is the Service or DaemonSet after mutation by its own words, sent the
	// same before it. They are nil for what others are judged by only: one of
	// workload, node and namespace.
	object    input.Object
	sent      input.Object
	workload  *input.Workload
	node      *input.Node
	namespace *input.Namespace
	// asked reports that the object carries an annotation of ours, be it
	// misspelt, or that a policy may hold for it: only then has it a verdict.
	asked    bool
	mutation mutate.Result
	// positions is filled where there may be results to place.
	positions manifest.Positions
}

// Ref says which object, and where it is written.
type Ref struct {
	File       string `json:"file"`
	Line       int    `json:"line"`
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
}

// Title is the object as people name it: DaemonSet core/mcrouter.
func (r Ref) Title() string {
	switch {
	case r.Kind == "":
		return ""
	case r.Namespace == "":
		return r.Kind + " " + r.Name
	}
	return fmt.Sprintf("%s %s/%s", r.Kind, r.Namespace, r.Name)
}

func readFile(config Config, reader *manifest.Reader, file string, stdin []byte) fileContent {
	data := stdin
	if file != manifest.Stdin {
		var err error
		if data, err = os.ReadFile(file); err != nil {
			return fileContent{problems: []manifest.Problem{unreadable(file, err)}}
		}
	}
	objects, problems := reader.Parse(file, data)
	content := fileContent{objects: len(objects), problems: problems}
	for i := range objects {
		read, problem := readObject(config, &objects[i])
		if problem != nil {
			content.problems = append(content.problems, *problem)
		} else if read != nil {
			content.kept = append(content.kept, read.keep(config.governs()))
			if problem := idle(&objects[i]); read.workload != nil && problem != nil {
				content.problems = append(content.problems, *problem)
			}
		}
	}
	return content
}

// readObject projects and mutates an object; nil for kinds that no verdict
// depends on.
func readObject(config Config, object *manifest.Object) (*subject, *manifest.Problem) {
	s := &subject{Ref: Ref{File: object.File, Line: object.Line, APIVersion: object.APIVersion, Kind: object.Kind}}
	// The items of a typed list need not repeat what they are, so the type is
	// always set.
	var meta *input.Metadata
	var problem *manifest.Problem
	switch object.APIVersion + " " + object.Kind {
	case "v1 Service":
		service := new(input.Service)
		problem = object.Project(service)
		service.APIVersion, service.KindName = object.APIVersion, object.Kind
		s.object, meta = service, &service.Metadata
	case "apps/v1 DaemonSet":
		daemonSet := new(input.DaemonSet)
		problem = object.Project(daemonSet)
		daemonSet.APIVersion, daemonSet.KindName = object.APIVersion, object.Kind
		s.object, meta = daemonSet, &daemonSet.Metadata
	case "apps/v1 Deployment", "apps/v1 StatefulSet":
		s.workload = new(input.Workload)
		problem = object.Project(s.workload)
		meta = &s.workload.Metadata
		s.workload.APIVersion, s.workload.KindName = object.APIVersion, object.Kind
	case "v1 Node":
		s.node = new(input.Node)
		problem = object.Project(s.node)
		s.Name = s.node.Metadata.Name
		return s, problem
	case "v1 Namespace":
		var namespace struct {
			Metadata input.Metadata `json:"metadata"`
		}
		problem = object.Project(&namespace)
		s.Name = namespace.Metadata.Name
		s.namespace = &input.Namespace{Name: s.Name, Labels: namespace.Metadata.Labels}
		return s, problem
	default:
		return nil, cmp.Or(object.Check(), idle(object))
	}
	if problem != nil {
		return nil, problem
	}
	meta.Namespace = unique.Make(cmp.Or(meta.Namespace, config.Namespace)).Value()
	s.Namespace, s.Name = meta.Namespace, cmp.Or(meta.Name, meta.GenerateName)
	if s.sent = s.object; s.object == nil {
		return s, nil
	}
	ours := v1alpha1.HasOurs(meta.Annotations) || misplaced(s.object)
	if s.asked = ours || config.governs(); s.asked {
		s.positions = object.Positions()
	}
	if ours {
		s.mutate(config.Platform)
	}
	return s, nil
}

// copies are the kinds whose annotations controllers write, ours among them.
var copies = []string{"ControllerRevision", "Endpoints", "EndpointSlice", "Report"}

// idle tells of an annotation of ours on an object that Inshore does not act on:
// admission is not even asked about it. A kind in the wrong case, or an API
// version of the past, is found that way too.
func idle(object *manifest.Object) *manifest.Problem {
	key, line := object.Annotation(v1alpha1.Prefix)
	if key == "" || slices.Contains(copies, object.Kind) {
		return nil
	}
	return &manifest.Problem{
		File: object.File, Line: line, ID: policies.IDAnnotation, Foreign: true,
		Message: fmt.Sprintf("%s on %s %s does nothing: Inshore acts on v1 Service and apps/v1 DaemonSet only", key, object.APIVersion, object.Kind),
		Remedy:  "annotate the DaemonSet and the Service in front of it, or correct apiVersion and kind",
	}
}

// misplaced reports whether an annotation of ours stands on a DaemonSet's pod
// template. Admission would not be asked about it, and nobody tell its author.
func misplaced(object input.Object) bool {
	daemonSet, is := object.(*input.DaemonSet)
	return is && len(daemonSet.Spec.Template.Metadata.Annotations) > 0
}

// mutate does to the subject what admission would without policies: those can be
// asked only when all files have been read.
func (s *subject) mutate(platform v1alpha1.Platform) {
	s.mutation, _ = govern.Mutate(context.Background(), validate.Rules{}, &govern.Request{
		Object: s.object, Operation: input.OperationCreate, Platform: platform,
	})
	s.object = s.mutation.Object
}

func unreadable(file string, err error) manifest.Problem {
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		err = pathError.Err
	}
	return manifest.Problem{
		File: file, Line: 1,
		Message: fmt.Sprintf("cannot be read: %v", err),
		Remedy:  "make it readable, or leave it out of the paths under review",
	}
}

func sortProblems(problems []manifest.Problem) {
	slices.SortStableFunc(problems, func(a, b manifest.Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
