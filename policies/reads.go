package policies

import (
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/inshore-dev/inshore/policies/input"
)

// readsOldObject reports whether any rule may look at input.oldObject. Ours do
// not, and making a term of a whole second object costs an update a tenth of its
// time. In doubt (input as a whole, or a member by a computed name) a rule does.
func readsOldObject(compiler *ast.Compiler) bool {
	reads := false
	for _, module := range compiler.Modules {
		ast.WalkRefs(module, func(ref ast.Ref) bool {
			if !ref.HasPrefix(ast.InputRootRef) {
				return false
			}
			if len(ref) == 1 {
				reads = true
				return true
			}
			member, constant := ref[1].Value.(ast.String)
			reads = reads || !constant || member == "oldObject"
			return reads
		})
	}
	return reads
}

// read is a document without what no rule looks at.
func (e *Engine) read(document *input.Document) *input.Document {
	if e.readsOld || document.OldObject == nil {
		return document
	}
	read := *document
	read.OldObject = nil
	return &read
}
