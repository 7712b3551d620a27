package rewrite

import (
	"cmp"
	"slices"
)

// Edit puts Text in place of the bytes from Start to before End.
type Edit struct {
	Start, End int
	Text       string
	// depth is how deep in its object the edit is. Where a list and the mapping
	// around it both grow at their ends, the list's item comes first.
	depth int
}

// Apply is data with the edits made. They must not overlap; insertions at one
// place are made in the order given.
func Apply(data []byte, edits []Edit) []byte {
	edits = inOrder(edits)
	after := make([]byte, 0, len(data)+256)
	at := 0
	for _, edit := range edits {
		after = append(after, data[at:edit.Start]...)
		after = append(after, edit.Text...)
		at = edit.End
	}
	return append(after, data[at:]...)
}

func inOrder(edits []Edit) []Edit {
	return slices.SortedStableFunc(slices.Values(edits), func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.depth, a.depth))
	})
}

// apart reports whether no edit overlaps another, or lies outside the text.
func apart(edits []Edit, length int) bool {
	at := 0
	for _, edit := range inOrder(edits) {
		if edit.Start < at || edit.End < edit.Start || edit.End > length {
			return false
		}
		at = edit.End
	}
	return true
}
