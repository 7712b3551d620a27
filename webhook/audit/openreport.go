package audit

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// report is what we write of OpenReports' Report (openreports.io/v1alpha1). The
// project's Go module would bring a client of its own for every kind; a test
// decodes what we write into its types.
type report struct {
	APIVersion    string         `json:"apiVersion"`
	Kind          string         `json:"kind"`
	Metadata      reportMetadata `json:"metadata"`
	Source        string         `json:"source"`
	Scope         reference      `json:"scope"`
	Configuration configuration  `json:"configuration"`
	Summary       summary        `json:"summary"`
	Results       []entry        `json:"results,omitempty"`
}

type reportMetadata struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// OwnerReferences are to our Namespace: the garbage collector deletes the
	// reports of all namespaces when Inshore is uninstalled.
	OwnerReferences []metav1.OwnerReference `json:"ownerReferences,omitempty"`
}

type configuration struct {
	Limits limits `json:"limits"`
}

type limits struct {
	MaxResults int `json:"maxResults"`
}

// summary counts all there is, also what did not fit into the report. Objects
// without any finding count as pass.
type summary struct {
	Pass  int `json:"pass"`
	Fail  int `json:"fail"`
	Warn  int `json:"warn"`
	Error int `json:"error"`
	Skip  int `json:"skip"`
}

// entry is a finding. It has no timestamp: the time of a pass would make each
// report differ from the last, and when a finding began no leader knows who came
// after.
type entry struct {
	Policy     string            `json:"policy"`
	Rule       string            `json:"rule"`
	Severity   string            `json:"severity,omitempty"`
	Result     string            `json:"result"`
	Scored     bool              `json:"scored"`
	Subjects   []reference       `json:"resources"`
	Message    string            `json:"message"`
	Properties map[string]string `json:"properties,omitempty"`
}

// reference is corev1.ObjectReference.
type reference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// The words of the format.
const (
	resultFail = "fail"
	resultWarn = "warn"
	resultSkip = "skip"

	severityHigh   = "high"
	severityMedium = "medium"
	severityInfo   = "info"
)
