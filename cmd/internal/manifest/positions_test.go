package manifest

import "testing"

const daemonSet = `# line 1
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: a
  annotations:
    inshore.dev/node-local: required
    "inshore.dev/drain": 15s
spec:
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
      - name: one
      - name: two
        ports:
        - containerPort: 1
        - containerPort: 2

          hostPort: 2
      -
        name: three
  shared: &shared
    x: 1
  use: *shared
  merged:
    <<: *shared
    y: 2
`

func TestPositionsFindTheLine(t *testing.T) {
	for name, test := range map[string]struct {
		field string
		line  int
	}{
		"the object":                          {"", 2},
		"a top-level field":                   {"kind", 3},
		"a nested field":                      {"spec.template.spec", 12},
		"a field in flow style":               {"spec.template.metadata.labels.app", 11},
		"an annotation with dots and a slash": {"metadata.annotations[inshore.dev/node-local]", 7},
		"an annotation whose key is quoted":   {"metadata.annotations[inshore.dev/drain]", 8},
		"a key in quotes in the path":         {`metadata.annotations["inshore.dev/drain"]`, 8},
		"an annotation that is not there":     {"metadata.annotations[inshore.dev/max-surge]", 6},
		"an item":                             {"spec.template.spec.containers[1]", 15},
		"a field of an item":                  {"spec.template.spec.containers[1].ports[1].hostPort", 20},
		"an item whose dash stands alone":     {"spec.template.spec.containers[2]", 22},
		"a field that the item does not have": {"spec.template.spec.containers[0].readinessProbe", 14},
		"a field whose parents are not there": {"spec.updateStrategy.rollingUpdate.maxSurge", 9},
		"an item beyond the end":              {"spec.template.spec.containers[9].name", 13},
		"a field below a scalar":              {"kind.deeper", 3},
		"a field behind an alias":             {"spec.use.x", 24},
		"a merged field":                      {"spec.merged.x", 24},
		"a field beside a merge":              {"spec.merged.y", 28},
		"a path that makes no sense":          {"]]..[", 2},
	} {
		t.Run(name, func(t *testing.T) {
			objects, problems := Parse("f.yaml", []byte(daemonSet))
			if len(objects) != 1 || len(problems) > 0 {
				t.Fatalf("Parse = %d objects, problems %v; want one object", len(objects), problems)
			}
			if got := objects[0].Positions().Line(test.field); got != test.line {
				t.Errorf("Line(%q) = %d, want %d", test.field, got, test.line)
			}
		})
	}
}

func TestPositionsCountFromTheFile(t *testing.T) {
	objects, _ := Parse("f.yaml", []byte("# a\n---\n# b\n---\n"+daemonSet))
	if got := objects[0].Positions().Line("kind"); got != 7 {
		t.Errorf("Line(kind) = %d, want 7", got)
	}
}

func TestPositionsOfABombAreBounded(t *testing.T) {
	objects, _ := Parse("f.yaml", []byte(header+bomb("[%s]")))
	_, below := (&cursor{rest: objects[0].Positions().packed}).next().place()
	if below >= maxPositions {
		t.Errorf("%d entries, want at most %d", below+1, maxPositions)
	}
}
