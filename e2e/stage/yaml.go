package stage

import (
	"embed"
	"fmt"
)

//go:embed yaml/*.yaml
var files embed.FS

// YAML is one of the manifests that the demo and the scenarios apply, by its
// name under yaml/ without the ending. An unknown name is a programming error.
func YAML(name string) string {
	text, err := files.ReadFile("yaml/" + name + ".yaml")
	if err != nil {
		panic(fmt.Sprintf("reading an embedded manifest: %v", err))
	}
	return string(text)
}
