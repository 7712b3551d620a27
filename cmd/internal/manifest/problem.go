package manifest

import "fmt"

// Problem is something that could not be read, and where it stands.
type Problem struct {
	// File is the path as [Find] gave it, or [Stdin].
	File string
	// Line counts from 1.
	Line int
	// Message says what is wrong.
	Message string
	// Remedy says what to do about it.
	Remedy string
	// Foreign marks what is not ours to read or to act on, a Helm chart's
	// templates: worth saying, but not a fault in the file.
	Foreign bool
	// ID is the finding's, where it is not that something cannot be read.
	ID string
}

// Error is the problem on one line, as compilers write it.
func (p *Problem) Error() string {
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}
