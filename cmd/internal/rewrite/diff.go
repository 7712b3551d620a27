package rewrite

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// context is how many unchanged lines a diff shows around a change.
const context = 3

// Diff is the edits as a unified diff that git apply and patch -p1 take, with
// the path behind a/ and b/; empty if there are none. Lines end at \n, as they
// do to git, so that those of Windows show their carriage return.
func Diff(path string, data []byte, edits []Edit) string {
	d := differ{data: data, before: lines(data), starts: []int{0}}
	for _, line := range d.before {
		d.starts = append(d.starts, d.starts[len(d.starts)-1]+len(line))
	}
	hunks := d.hunks(d.blocks(edits))
	if len(hunks) == 0 {
		return ""
	}
	var b strings.Builder
	path = strings.TrimLeft(path, "/")
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", diffName("a/"+path), diffName("b/"+path))
	shift := 0
	for _, hunk := range hunks {
		shift += d.write(&b, hunk, shift)
	}
	return b.String()
}

// differ writes the differences between a text and the same text edited.
type differ struct {
	data   []byte
	before []string
	starts []int // of each line, and the end
}

// block is lines of the text before, from start to before end, that are others
// after.
type block struct {
	start, end int
	after      []string
}

func lines(data []byte) []string {
	var all []string
	for line := range bytes.Lines(data) {
		all = append(all, string(line))
	}
	return all
}

// line is the number of the line that holds an offset; that behind the last one
// if the text has ended.
func (d *differ) line(offset int) int {
	i := sort.SearchInts(d.starts, offset+1) - 1
	if unended := len(d.before) - 1; i > unended && unended >= 0 && !strings.HasSuffix(d.before[unended], "\n") {
		return unended
	}
	return i
}

// blocks are the lines that edits touch, in order and apart.
func (d *differ) blocks(edits []Edit) []block {
	var blocks []block
	edits = inOrder(edits)
	for len(edits) > 0 {
		start, end, n := d.line(edits[0].Start), 0, 0
		for n < len(edits) && (n == 0 || d.line(edits[n].Start) < end) {
			end = max(end, min(d.line(edits[n].End)+1, len(d.before)))
			n++
		}
		blocks = join(blocks, d.block(start, end, edits[:n]))
		edits = edits[n:]
	}
	return blocks
}

// join adds a block to the others; to the last of them if they touch, so that
// what is removed is shown together and in front of what is added.
func join(blocks []block, b block) []block {
	last := len(blocks) - 1
	switch {
	case b.end == b.start && len(b.after) == 0:
	case last >= 0 && blocks[last].end == b.start:
		blocks[last].end = b.end
		blocks[last].after = append(blocks[last].after, b.after...)
	default:
		blocks = append(blocks, b)
	}
	return blocks
}

// block makes the edits in some lines and leaves out those at the ends that
// stay the same.
func (d *differ) block(start, end int, edits []Edit) block {
	base := d.starts[start]
	moved := slices.Clone(edits)
	for i := range moved {
		moved[i].Start -= base
		moved[i].End -= base
	}
	b := block{start: start, end: end, after: lines(Apply(d.data[base:d.starts[end]], moved))}
	for b.start < b.end && len(b.after) > 0 && d.before[b.start] == b.after[0] {
		b.start, b.after = b.start+1, b.after[1:]
	}
	for b.start < b.end && len(b.after) > 0 && d.before[b.end-1] == b.after[len(b.after)-1] {
		b.end, b.after = b.end-1, b.after[:len(b.after)-1]
	}
	return b
}

// hunks are the blocks, those together whose context meets.
func (d *differ) hunks(blocks []block) [][]block {
	var hunks [][]block
	for _, b := range blocks {
		if last := len(hunks) - 1; last >= 0 && b.start-hunks[last][len(hunks[last])-1].end <= 2*context {
			hunks[last] = append(hunks[last], b)
		} else {
			hunks = append(hunks, []block{b})
		}
	}
	return hunks
}

// write writes a hunk. shift is by how many lines the hunks before it have made
// the text longer; what this one adds to that is returned.
func (d *differ) write(b *strings.Builder, hunk []block, shift int) int {
	start := max(0, hunk[0].start-context)
	end := min(len(d.before), hunk[len(hunk)-1].end+context)
	grown := 0
	for _, block := range hunk {
		grown += len(block.after) - (block.end - block.start)
	}
	fmt.Fprintf(b, "@@ -%s +%s @@\n", span(start, end-start), span(start+shift, end-start+grown))
	at := start
	for _, block := range hunk {
		writeLines(b, ' ', d.before[at:block.start])
		writeLines(b, '-', d.before[block.start:block.end])
		writeLines(b, '+', block.after)
		at = block.end
	}
	writeLines(b, ' ', d.before[at:end])
	return grown
}

// span is lines as a hunk's head names them: from 1, and an empty span by the
// line in front of it.
func span(start, count int) string {
	switch count {
	case 0:
		return fmt.Sprintf("%d,0", start)
	case 1:
		return strconv.Itoa(start + 1)
	}
	return fmt.Sprintf("%d,%d", start+1, count)
}

func writeLines(b *strings.Builder, sign byte, lines []string) {
	for _, line := range lines {
		b.WriteByte(sign)
		b.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// diffName is a path as git writes it in a diff: in quotes if it holds what
// would end it, and with a tab behind it if it holds a space.
func diffName(path string) string {
	quote := func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }
	if strings.ContainsFunc(path, quote) {
		var b strings.Builder
		b.WriteByte('"')
		for i := range len(path) {
			if c := path[i]; quote(rune(c)) {
				fmt.Fprintf(&b, `\%03o`, c)
			} else {
				b.WriteByte(c)
			}
		}
		return b.String() + `"`
	}
	if strings.Contains(path, " ") {
		return path + "\t"
	}
	return path
}
