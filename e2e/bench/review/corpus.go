package review

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed corpus/*.yaml
var templates embed.FS

// Corpus says what manifests to write.
type Corpus struct {
	// Files are how many, each with one object.
	Files int `json:"files"`
	// OneIn is of how many files one is opted in: 1 for all of them.
	OneIn int `json:"oneIn"`
}

// String is the corpus as reports name it.
func (c Corpus) String() string {
	if c.OneIn == 1 {
		return fmt.Sprintf("%d files, all opted in", c.Files)
	}
	return fmt.Sprintf("%d files, %g %% opted in", c.Files, 100/float64(c.OneIn))
}

// perFolder is how many files a folder has.
const perFolder = 100

// write writes the files below a folder and returns their size in bytes.
func (c Corpus) write(folder string) (int64, error) {
	var size int64
	for i := range c.Files {
		text, err := c.manifest(i)
		if err != nil {
			return 0, err
		}
		dir := filepath.Join(folder, namespace(i))
		if i%perFolder == 0 {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return 0, fmt.Errorf("create a folder for manifests: %w", err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.yaml", i)), []byte(text), 0o644); err != nil {
			return 0, fmt.Errorf("write a manifest: %w", err)
		}
		size += int64(len(text))
	}
	return size, nil
}

func namespace(i int) string { return fmt.Sprintf("team-%03d", i/perFolder) }

// ordinary are the files that are not opted in, by their number's last digit.
var ordinary = [10]string{
	"deployment", "ordinary-service", "configmap", "deployment", "ordinary-service",
	"deployment", "daemonset", "ordinary-service", "configmap", "deployment",
}

// manifest is the text of one file.
func (c Corpus) manifest(i int) (string, error) {
	name, annotation := ordinary[i%len(ordinary)], "example.com/owner: core"
	violates, turn := false, i/c.OneIn
	if i%c.OneIn == 0 {
		annotation = "inshore.dev/node-local: required"
		violates = turn/2%2 == 1
		if name = "service"; turn%2 == 1 {
			name = "daemonset"
		}
	}
	text, err := templates.ReadFile("corpus/" + name + ".yaml")
	if err != nil {
		return "", fmt.Errorf("read a template: %w", err)
	}
	address, host, probe := fmt.Sprintf("10.96.%d.%d", i/250, 1+i%250), "", "readinessProbe"
	switch {
	case !violates:
	case turn%8 < 4:
		// A headless Service (ISH101), a port of the node (ISH201).
		address, host = "None", fmt.Sprintf("\n          hostPort: %d", 8125)
	default:
		// A headless Service again, a container that is never unready (ISH204).
		address, probe = "None", "startupProbe"
	}
	return strings.NewReplacer(
		"NAMESPACE", namespace(i), "NAME", fmt.Sprintf("app-%05d", i), "ANNOTATION", annotation,
		"ADDRESS", address, "UDPHOST", "UDP"+host, "PROBE", probe,
	).Replace(string(text)), nil
}
