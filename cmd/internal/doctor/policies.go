package doctor

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/audit"
)

// CRD is what is read of a CustomResourceDefinition.
type CRD struct {
	Spec struct {
		Versions []struct {
			Name   string `json:"name"`
			Served bool   `json:"served"`
			Schema struct {
				OpenAPIV3Schema Schema `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

// Schema is what is read of a JSON schema: which fields there are.
type Schema struct {
	Properties map[string]Schema `json:"properties"`
}

// reports is the kind that audit writes.
const reports = "openreports.io/v1alpha1"

// lookAtAudit gathers what policies and audit need, and what they say of themselves.
func (f *Facts) lookAtAudit(ctx context.Context, config Config) {
	if config.CRD != nil {
		f.CRD = found(config.CRD(ctx))
	}
	if config.Policies != nil {
		var err error
		var all []*v1alpha1.NodeLocalPolicy
		all, err = config.Policies(ctx)
		f.NodeLocalPolicies = Known[[]*v1alpha1.NodeLocalPolicy]{all, err}
	}
	f.Leader = found(config.Client.CoordinationV1().Leases(config.Namespace).Get(ctx, audit.LeaseName, metav1.GetOptions{}))
	f.Reports = found(config.Client.Discovery().ServerResourcesForGroupVersion(reports))
}
