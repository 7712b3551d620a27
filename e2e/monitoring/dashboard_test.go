package monitoring

import (
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// dashboard is what is looked at of Grafana's model (schema version 39).
type dashboard struct {
	UID           string  `json:"uid"`
	Title         string  `json:"title"`
	SchemaVersion int     `json:"schemaVersion"`
	Panels        []panel `json:"panels"`
	Templating    struct {
		List []struct {
			Name       string      `json:"name"`
			Type       string      `json:"type"`
			Datasource *datasource `json:"datasource"`
			Definition string      `json:"definition"`
		} `json:"list"`
	} `json:"templating"`
}

type panel struct {
	ID          int                      `json:"id"`
	Type        string                   `json:"type"`
	Title       string                   `json:"title"`
	Description string                   `json:"description"`
	Datasource  *datasource              `json:"datasource"`
	GridPos     struct{ H, W, X, Y int } `json:"gridPos"`
	Targets     []struct {
		RefID      string      `json:"refId"`
		Expr       string      `json:"expr"`
		Datasource *datasource `json:"datasource"`
	} `json:"targets"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

func readDashboard(t *testing.T, program string) *dashboard {
	t.Helper()
	text, err := os.ReadFile(shipped(t, program, "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

// labelValues is how a variable asks for its values.
var labelValues = regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)

// expressions are those of a dashboard's panels and variables, by where they are.
func (d *dashboard) expressions() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, panel := range d.Panels {
			for _, target := range panel.Targets {
				if !yield(fmt.Sprintf("panel %q %s", panel.Title, target.RefID), target.Expr) {
					return
				}
			}
		}
		for _, variable := range d.Templating.List {
			if parts := labelValues.FindStringSubmatch(variable.Definition); parts != nil {
				if !yield("variable "+variable.Name, fmt.Sprintf("group by (%s) (%s)", parts[2], parts[1])) {
					return
				}
			}
		}
	}
}

func TestDashboards(t *testing.T) {
	for _, program := range programs {
		t.Run(program, func(t *testing.T) {
			d := readDashboard(t, program)
			if d.UID != "inshore-"+program || d.Title == "" || d.SchemaVersion < 36 {
				t.Errorf("uid %q, title %q, schema version %d", d.UID, d.Title, d.SchemaVersion)
			}
			// People have data sources of their own: each is the variable's.
			want := &datasource{Type: "prometheus", UID: "${datasource}"}
			check := func(where string, got *datasource) {
				if got == nil || *got != *want {
					t.Errorf("%s: the data source is %v, want %v", where, got, want)
				}
			}
			for i, variable := range d.Templating.List {
				switch {
				case i == 0:
					if variable.Name != "datasource" || variable.Type != "datasource" {
						t.Errorf("the first variable is %+v, want the data source", variable)
					}
				case !labelValues.MatchString(variable.Definition):
					t.Errorf("variable %s is %q, want label_values(series, label)", variable.Name, variable.Definition)
				default:
					check("variable "+variable.Name, variable.Datasource)
				}
			}
			d.checkPanels(t, check)
		})
	}
}

// checkPanels holds that panels have a number and a place of their own.
func (d *dashboard) checkPanels(t *testing.T, check func(string, *datasource)) {
	t.Helper()
	ids, places := map[int]bool{}, map[[2]int]string{}
	for _, panel := range d.Panels {
		if panel.ID <= 0 || ids[panel.ID] {
			t.Errorf("panel %q has id %d, as another has", panel.Title, panel.ID)
		}
		ids[panel.ID] = true
		for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
			for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
				if other, taken := places[[2]int{x, y}]; taken {
					t.Fatalf("panels %q and %q overlap", panel.Title, other)
				}
				places[[2]int{x, y}] = panel.Title
			}
		}
		if panel.GridPos.X+panel.GridPos.W > 24 {
			t.Errorf("panel %q is wider than the page", panel.Title)
		}
		if panel.Type == "row" {
			continue
		}
		if panel.Title == "" || panel.Description == "" || len(panel.Targets) == 0 {
			t.Errorf("panel %q lacks a title, a description or a query", panel.Title)
		}
		check("panel "+panel.Title, panel.Datasource)
		for _, target := range panel.Targets {
			check("panel "+panel.Title, target.Datasource)
			for _, variable := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(target.Expr, -1) {
				if !strings.HasPrefix(variable[1], "__") && !d.has(variable[1]) {
					t.Errorf("panel %q uses variable %s, which is not there", panel.Title, variable[1])
				}
			}
		}
	}
}

func (d *dashboard) has(variable string) bool {
	for _, v := range d.Templating.List {
		if v.Name == variable {
			return true
		}
	}
	return false
}

// render is what kubectl apply -k would apply.
func render(t *testing.T, folder string) resmap.ResMap {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(root, "manifests", folder))
	if err != nil {
		t.Fatalf("rendering %s: %v", folder, err)
	}
	return rendered
}

func TestWhatIsApplied(t *testing.T) {
	var got []string
	for _, resource := range render(t, "monitoring").Resources() {
		got = append(got, fmt.Sprintf("%s %s/%s", resource.GetKind(), resource.GetNamespace(), resource.GetName()))
		if resource.GetKind() != "ConfigMap" {
			continue
		}
		if resource.GetLabels()["grafana_dashboard"] != "1" {
			t.Errorf("%s has the labels %v, by which Grafana does not find it", resource.GetName(), resource.GetLabels())
		}
		for file, text := range resource.GetDataMap() {
			if !json.Valid([]byte(text)) || filepath.Ext(file) != ".json" {
				t.Errorf("%s holds %s, which is no JSON", resource.GetName(), file)
			}
		}
	}
	slices.Sort(got)
	want := []string{
		"ConfigMap inshore-agent/inshore-agent-dashboard", "ConfigMap inshore-system/inshore-webhook-dashboard",
		"PrometheusRule inshore-agent/inshore-agent", "PrometheusRule inshore-system/inshore-webhook",
		"ServiceMonitor inshore-agent/inshore-agent", "ServiceMonitor inshore-system/inshore-webhook",
	}
	if !slices.Equal(got, want) {
		t.Errorf("applied are %q, want %q", got, want)
	}
}
