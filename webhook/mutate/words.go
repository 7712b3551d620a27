package mutate

import "github.com/inshore-dev/inshore/api/v1alpha1"

// Words are what is asked of an object.
type Words struct {
	// Intent is the object's own words over those of the policy that it follows.
	v1alpha1.Intent
	// EnforcedBy is what [v1alpha1.AnnotationEnforcedBy] is to hold: the record of
	// that policy, "" for none.
	EnforcedBy string
}

// Own are the words of an object that follows no policy.
func Own(own v1alpha1.Intent) Words { return Words{Intent: own} }

// Under are the words of an object that says own itself and follows a policy.
// record is followed as text, as [v1alpha1.EnforcedBy.String] writes it.
func Under(own v1alpha1.Intent, followed v1alpha1.EnforcedBy, record string) Words {
	return Words{Intent: followed.Under(own), EnforcedBy: record}
}
