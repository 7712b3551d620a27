package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
)

const (
	reportsPath = "/apis/openreports.io/v1alpha1"
	// reportName is the name of our report in every namespace.
	reportName = "inshore"
	// managedBy is the label by which our reports are found.
	managedBy = "app.kubernetes.io/managed-by"
	// annotationDigest is the digest of what the report says.
	annotationDigest = "inshore.dev/digest"
	fieldManager     = "inshore-audit"
)

// errNoReports says that the cluster does not know OpenReports.
var errNoReports = errors.New("the CRD reports.openreports.io is not installed")

// reports are those in the cluster, as far as we know.
type reports struct {
	client rest.Interface
	// home is our namespace, which owns all reports; owner is it, once it was read.
	home  string
	owner []metav1.OwnerReference
	mu    sync.Mutex
	// digests are by namespace, of what is there; empty for a report that is
	// there and does not say what we wrote.
	digests map[string]string
	// written are the namespaces whose report was written or deleted since a
	// listing began, which may not show that yet.
	written map[string]bool
}

func newReport(namespace string) *report {
	return &report{
		APIVersion: "openreports.io/v1alpha1", Kind: "Report", Source: source,
		Metadata: reportMetadata{
			Name: reportName, Namespace: namespace, Labels: map[string]string{managedBy: source},
		},
		Scope:         reference{APIVersion: "v1", Kind: "Namespace", Name: namespace},
		Configuration: configuration{limits{maxResults}},
	}
}

// seal puts the digest of the report into it.
func (r *report) seal() error {
	r.Metadata.Annotations = nil
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("writing the report as JSON: %w", err)
	}
	sum := sha256.Sum256(text)
	r.Metadata.Annotations = map[string]string{annotationDigest: hex.EncodeToString(sum[:8])}
	return nil
}

// of is the report about what was found.
func (r *reports) of(found *tally) *report {
	report := found.report()
	r.mu.Lock()
	defer r.mu.Unlock()
	report.Metadata.OwnerReferences = r.owner
	return report
}

// learnOwner reads our namespace. Without it, which happens only outside a
// cluster, reports belong to nobody.
func (r *reports) learnOwner(ctx context.Context) error {
	r.mu.Lock()
	known := r.owner != nil
	r.mu.Unlock()
	if known {
		return nil
	}
	text, err := r.client.Get().AbsPath("/api/v1/namespaces", r.home).SetHeader("Accept", mediaPartial).DoRaw(ctx)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading namespace %s: %w", r.home, err)
	}
	var found metav1.PartialObjectMetadata
	if err := json.Unmarshal(text, &found); err != nil {
		return fmt.Errorf("reading namespace %s: %w", r.home, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owner = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: r.home, UID: found.UID}}
	return nil
}

// load learns which reports there are, without reading what they say.
func (r *reports) load(ctx context.Context) error {
	r.mu.Lock()
	r.written = map[string]bool{}
	r.mu.Unlock()
	digests := map[string]string{}
	options := metav1.ListOptions{LabelSelector: managedBy + "=" + source, Limit: 500}
	for {
		request := r.client.Get().AbsPath(reportsPath, "reports").
			SetHeader("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1").
			Param("labelSelector", options.LabelSelector).Param("limit", fmt.Sprint(options.Limit))
		if options.Continue != "" {
			request = request.Param("continue", options.Continue)
		}
		text, err := request.DoRaw(ctx)
		if apierrors.IsNotFound(err) {
			return errNoReports
		}
		if err != nil {
			return fmt.Errorf("listing reports: %w", err)
		}
		var page metav1.PartialObjectMetadataList
		if err := json.Unmarshal(text, &page); err != nil {
			return fmt.Errorf("reading the list of reports: %w", err)
		}
		for i := range page.Items {
			if item := &page.Items[i]; item.Name == reportName {
				digests[item.Namespace] = digestOf(item)
			}
		}
		if options.Continue = page.Continue; options.Continue == "" {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for namespace := range r.written {
		if digest, known := r.digests[namespace]; known {
			digests[namespace] = digest
		} else {
			delete(digests, namespace)
		}
	}
	r.digests, r.written = digests, nil
	return nil
}

// digestOf is the digest that a report carries; empty if somebody else wrote to
// it since.
func digestOf(report *metav1.PartialObjectMetadata) string {
	for _, fields := range report.ManagedFields {
		if fields.Manager != fieldManager {
			return ""
		}
	}
	return report.Annotations[annotationDigest]
}

// note keeps what became of a namespace's report.
func (r *reports) note(namespace, digest string, there bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.written != nil {
		r.written[namespace] = true
	}
	if there {
		r.digests[namespace] = digest
	} else {
		delete(r.digests, namespace)
	}
}

// namespaces are those with a report.
func (r *reports) namespaces() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for name := range r.digests {
		names = append(names, name)
	}
	return names
}

// digest is that of the namespace's report, if there is one.
func (r *reports) digest(namespace string) (digest string, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	digest, known = r.digests[namespace]
	return digest, known
}

// apply writes a report by server-side apply, unless it says what is there.
func (r *reports) apply(ctx context.Context, report *report) (wrote bool, err error) {
	if err := report.seal(); err != nil {
		return false, err
	}
	namespace, digest := report.Metadata.Namespace, report.Metadata.Annotations[annotationDigest]
	if there, known := r.digest(namespace); known && there == digest {
		return false, nil
	}
	text, err := json.Marshal(report)
	if err != nil {
		return false, fmt.Errorf("writing the report as JSON: %w", err)
	}
	err = r.client.Patch(types.ApplyPatchType).AbsPath(reportsPath, "namespaces", namespace, "reports", reportName).
		Param("fieldManager", fieldManager).Param("force", "true").Body(text).Do(ctx).Error()
	switch {
	case namespaceGone(err):
		return false, nil
	case apierrors.IsNotFound(err):
		return false, errNoReports
	case err != nil:
		return false, fmt.Errorf("applying the report of namespace %s: %w", namespace, err)
	}
	r.note(namespace, digest, true)
	return true, nil
}

// namespaceGone reports whether nothing can be created because the namespace is
// being deleted or has been: its report goes with it.
func namespaceGone(err error) bool {
	if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return true
	}
	status := apierrors.APIStatus(nil)
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details != nil && details.Kind == "namespaces"
}

// remove deletes a namespace's report, if there is one.
func (r *reports) remove(ctx context.Context, namespace string) (wrote bool, err error) {
	if _, known := r.digest(namespace); !known {
		return false, nil
	}
	err = r.client.Delete().AbsPath(reportsPath, "namespaces", namespace, "reports", reportName).Do(ctx).Error()
	if err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("deleting the report of namespace %s: %w", namespace, err)
	}
	r.note(namespace, "", false)
	return true, nil
}
