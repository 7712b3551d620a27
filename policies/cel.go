package policies

import (
	"embed"
	"io/fs"
)

//go:embed rules/*/*/native.cel.yaml
var embeddedCEL embed.FS

// NativeFile is the file beside a built-in rule that says the same in CEL; a
// rule has it or gives the reason in [Rule].Native.
const NativeFile = "native.cel.yaml"

// CEL holds the [NativeFile] of each built-in rule, at
// rules/GROUP/NAME/native.cel.yaml. Package native reads them.
func CEL() fs.FS { return embeddedCEL }
