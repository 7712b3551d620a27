package review

import (
	"regexp"
	"strings"

	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

var ruleID = regexp.MustCompile(`^[A-Z]{2,}[0-9]{3,}$`)

// checkExceptions is the part of checkPolicy about exceptions.
func checkExceptions(path *field.Path, exceptions []v1alpha1.Exception) field.ErrorList {
	type subject struct {
		rule   string
		object v1alpha1.ObjectReference
	}
	errs := checkCount(path, len(exceptions), maxExceptions)
	known := map[subject]bool{}
	for i, exception := range exceptions {
		errs = append(errs, checkException(path.Index(i), exception)...)
		about := subject{exception.Rule, exception.Object}
		if known[about] {
			errs = append(errs, field.Duplicate(path.Index(i), exception.Rule+" "+string(exception.Object.Kind)+" "+exception.Object.Namespace+"/"+exception.Object.Name))
		}
		known[about] = true
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
	switch {
	case strings.HasPrefix(exception.Rule, "ISH0"):
		errs = append(errs, field.Forbidden(path.Child("rule"), "annotations and manifests that cannot be read (ISH0xx) have no exceptions: correct them"))
	case exception.Rule != "" && !ruleID.MatchString(exception.Rule):
		errs = append(errs, field.Invalid(path.Child("rule"), exception.Rule, "the id of a rule is capital letters, then digits, such as ISH203"))
	}
	return append(errs, checkReference(object, exception.Object)...)
}

func checkReference(path *field.Path, object v1alpha1.ObjectReference) field.ErrorList {
	var errs field.ErrorList
	if object.Namespace != "" {
		for _, problem := range utilvalidation.IsDNS1123Label(object.Namespace) {
			errs = append(errs, field.Invalid(path.Child("namespace"), object.Namespace, problem))
		}
	}
	if object.Name != "" {
		for _, problem := range utilvalidation.IsDNS1123Subdomain(object.Name) {
			errs = append(errs, field.Invalid(path.Child("name"), object.Name, problem))
		}
	}
	if object.Kind == "" {
		return append(errs, field.Required(path.Child("kind"), "Service or DaemonSet"))
	}
	return append(errs, checkWord(path.Child("kind"), object.Kind, v1alpha1.KindService, v1alpha1.KindDaemonSet)...)
}
