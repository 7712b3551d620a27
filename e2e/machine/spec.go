package machine

// spec is what a machine's first process is told, as one line of JSON on its standard input.
type spec struct {
	Hostname    string
	Hierarchies []Hierarchy
	// Folder is the machine's cgroup folder, relative to the root of every hierarchy.
	Folder string
	// Leaf is the folder below Folder in which the machine's own processes run.
	Leaf   string
	Mounts []Mount
}

// Mount is one mount that a machine sees and the host does not.
type Mount struct {
	// Source is a path on the host for a bind mount, else what mount(8) would show as device.
	Source string
	Target string
	// Type is the file system's type, empty for a bind mount.
	Type string
	Data string
}

// release is the line that tells a machine's first process to outlive its maker.
const release = "release\n"

// ready is the line with which the first process says that its namespaces are as the spec wants them.
const ready = "ready\n"
