package layout

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// maxLines is the length beyond which a file holds more than one noun.
const maxLines = 400

// nameless are package names that say nothing about what is inside.
var nameless = []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "lib", "tools"}

func checkLength(s source) []string {
	if s.lines <= maxLines {
		return nil
	}
	return []string{fmt.Sprintf("%s: %d lines; split it by noun, %d is the limit", s.path, s.lines, maxLines)}
}

func checkPackageName(s source) []string {
	name := s.ast.Name.Name
	if !slices.Contains(nameless, strings.TrimSuffix(name, "_test")) {
		return nil
	}
	return []string{fmt.Sprintf("%s: package %s says nothing about what is inside", s.path, name)}
}

// checkDocs reports packages that do not introduce themselves: a library in
// doc.go, a command in any of its files.
func checkDocs(all []source) []string {
	documented, command, folders := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, s := range all {
		folders[s.folder()] = true
		command[s.folder()] = command[s.folder()] || s.ast.Name.Name == "main"
	}
	for _, s := range all {
		inDoc := path.Base(s.path) == "doc.go"
		if s.ast.Doc != nil && (inDoc || command[s.folder()]) {
			documented[s.folder()] = true
		}
	}
	var problems []string
	for folder := range folders {
		switch {
		case documented[folder]:
		case command[folder]:
			problems = append(problems, folder+": the command has no package comment")
		default:
			problems = append(problems, folder+": there is no doc.go with a package comment")
		}
	}
	return problems
}

// checkMain reports mains of cmd/ that hold more than one call: what they do is
// in packages, where it is tested.
func checkMain(s source) []string {
	if s.ast.Name.Name != "main" || path.Dir(s.folder()) != "cmd" {
		return nil
	}
	if path.Base(s.path) != "main.go" {
		return []string{s.path + ": a command is its main.go; the rest belongs in a package"}
	}
	var problems []string
	for _, declaration := range s.ast.Decls {
		function, is := declaration.(*ast.FuncDecl)
		if is && (function.Name.Name != "main" || len(function.Body.List) != 1) {
			problems = append(problems, fmt.Sprintf("%s: %s is more than one call", s.path, function.Name.Name))
		}
	}
	return problems
}
