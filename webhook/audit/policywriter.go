package audit

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

const policiesPath = "/apis/inshore.dev/v1alpha1/nodelocalpolicies"

// policyWriter reads and writes the status of NodeLocalPolicies.
type policyWriter struct {
	client rest.Interface
}

// statusWrite is a status to be written.
type statusWrite struct {
	name   string
	uid    types.UID
	status v1alpha1.NodeLocalPolicyStatus
}

// load reads the statuses there are, by the policies' UIDs.
func (w *policyWriter) load(ctx context.Context) (map[types.UID]v1alpha1.NodeLocalPolicyStatus, error) {
	text, err := w.client.Get().AbsPath(policiesPath).DoRaw(ctx)
	if apierrors.IsNotFound(err) {
		return nil, nil // without the CRD
	}
	if err != nil {
		return nil, fmt.Errorf("listing NodeLocalPolicies: %w", err)
	}
	var list v1alpha1.NodeLocalPolicyList
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("reading the list of NodeLocalPolicies: %w", err)
	}
	statuses := map[types.UID]v1alpha1.NodeLocalPolicyStatus{}
	for i := range list.Items {
		statuses[list.Items[i].UID] = list.Items[i].Status
	}
	return statuses, nil
}

// apply writes a status by server-side apply. The UID is part of it, so that it
// does not go to another policy of that name; one that is gone needs none.
func (w *policyWriter) apply(ctx context.Context, write statusWrite) error {
	text, err := json.Marshal(map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": "NodeLocalPolicy",
		"metadata": map[string]any{"name": write.name, "uid": write.uid}, "status": write.status,
	})
	if err != nil {
		return fmt.Errorf("writing the status of NodeLocalPolicy %s as JSON: %w", write.name, err)
	}
	err = w.client.Patch(types.ApplyPatchType).AbsPath(policiesPath, write.name, "status").
		Param("fieldManager", fieldManager).Param("force", "true").Body(text).Do(ctx).Error()
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("applying the status of NodeLocalPolicy %s: %w", write.name, err)
	}
	return nil
}
