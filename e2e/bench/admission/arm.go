package admission

// Arm is one way of admission.
type Arm string

// The arms.
const (
	None Arm = "none"
	// Plain answers with net/http and decodes nothing, mutating and validating: what
	// two hops cost at least.
	Plain Arm = "plain"
	// PlainMatched is Plain with the matchConditions of ours.
	PlainMatched Arm = "plain, our conditions"
	// Canned is PlainMatched that answers with the very patch of ours, which it has
	// from a file: what any webhook would cost that has the API server write the same.
	Canned Arm = "plain, our patch"
	// Library is a handler of controller-runtime that allows.
	Library Arm = "controller-runtime"
	Ours    Arm = "ours"
	Native  Arm = "native policies"
)

// Arms are all of them, in the order of the report.
func Arms() []Arm { return []Arm{None, Plain, PlainMatched, Canned, Library, Ours, Native} }

// namespaces are those whose writes meet the arm.
var namespaces = map[Arm]string{
	None: "none", Plain: "plain", PlainMatched: "plain-matched", Canned: "canned", Library: "library", Ours: "ours", Native: "native",
}

// mutates says whether what comes back must hold our mutation.
func (a Arm) mutates() bool { return a == Ours || a == Canned || a == Native }

// Write is a kind of request.
type Write string

// The writes, each of an object that is opted in.
const (
	CreateService   Write = "create Service"
	UpdateService   Write = "update Service"
	CreateDaemonSet Write = "create DaemonSet"
	UpdateDaemonSet Write = "update DaemonSet"
)

// Writes are all of them, in the order of the report.
func Writes() []Write {
	return []Write{CreateService, UpdateService, CreateDaemonSet, UpdateDaemonSet}
}

func (w Write) update() bool { return w == UpdateService || w == UpdateDaemonSet }

// kind is the name of the samples, which are those of the handler's benchmark.
func (w Write) kind() string {
	if w == CreateService || w == UpdateService {
		return "service"
	}
	return "daemonset"
}

// resource is the path of the kind's objects in a namespace.
func (w Write) resource(namespace string) string {
	if w.kind() == "service" {
		return "/api/v1/namespaces/" + namespace + "/services"
	}
	return "/apis/apps/v1/namespaces/" + namespace + "/daemonsets"
}
