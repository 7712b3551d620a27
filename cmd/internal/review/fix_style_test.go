package review

import (
	"fmt"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// pair is a key and its value: a scalar's text, a list or a tree again.
type pair struct {
	key   string
	value any
}

// tree is an object with its keys in an order.
type tree []pair

type list []any

// literal is a scalar that is rendered as a block.
type literal string

// null is a value that is not there.
type null struct{}

// stylist renders objects in all the ways that people write them.
type stylist struct {
	t    *rapid.T
	b    strings.Builder
	step int // of mappings
	dash int // of lists
	json bool
}

// render is the documents in a random style.
func render(t *rapid.T, documents []tree) string {
	s := &stylist{t: t, step: rapid.IntRange(1, 4).Draw(t, "step")}
	s.dash = rapid.IntRange(0, s.step).Draw(t, "dash")
	if rapid.Bool().Draw(t, "marker") {
		s.b.WriteString("---\n")
	}
	for i, document := range documents {
		if i > 0 {
			s.b.WriteString(s.pick("---\n", "...\n---\n", "--- # next\n"))
		}
		s.document(document)
	}
	text := s.b.String()
	if s.chance(30) {
		text = strings.TrimRight(text, "\n")
	}
	if s.chance(30) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if s.chance(10) {
		text = "\ufeff" + text
	}
	return text
}

func (s *stylist) document(document tree) {
	if s.json = s.chance(15); s.json {
		s.b.WriteString(s.flow(document, rapid.Bool().Draw(s.t, "pretty"), 0) + "\n")
		return
	}
	s.mapping(document, 0)
}

func (s *stylist) chance(percent int) bool {
	return rapid.IntRange(1, 100).Draw(s.t, "chance") <= percent
}

func (s *stylist) pick(from ...string) string { return rapid.SampledFrom(from).Draw(s.t, "pick") }

// between is what may stand between two entries.
func (s *stylist) between(indent int) {
	for s.chance(15) {
		s.b.WriteString(s.pick("\n", "   \n", "# at the margin\n", strings.Repeat(" ", indent)+"# on\ta level\n"))
	}
}

func (s *stylist) remark() string {
	if s.chance(10) {
		return s.pick(" # said: so", " # {\ttab", "   ")
	}
	return ""
}

func (s *stylist) mapping(m tree, indent int) {
	for i, f := range m {
		if i > 0 {
			s.between(indent)
			s.b.WriteString(strings.Repeat(" ", indent))
		}
		s.b.WriteString(s.scalar(f.key, true) + ":")
		s.value(f.value, indent)
	}
}

// value ends the line of the key or dash at an indentation.
func (s *stylist) value(v any, indent int) {
	inner := indent + s.step
	switch v := v.(type) {
	case null:
		s.b.WriteString(s.pick("", " ~", " null") + s.remark() + "\n")
	case literal:
		s.literal(string(v), inner)
	case string:
		s.b.WriteString(" " + s.scalar(v, false) + s.remark() + "\n")
	case tree:
		if len(v) == 0 || s.chance(12) {
			s.b.WriteString(" " + s.flow(v, false, inner) + s.remark() + "\n")
			return
		}
		s.b.WriteString(s.remark() + "\n")
		s.between(inner)
		s.b.WriteString(strings.Repeat(" ", inner))
		s.mapping(v, inner)
	case list:
		if len(v) == 0 || s.chance(8) {
			s.b.WriteString(" " + s.flow(v, false, inner) + s.remark() + "\n")
			return
		}
		s.b.WriteString(s.remark() + "\n")
		s.items(v, indent+s.dash)
	}
}

func (s *stylist) items(l list, indent int) {
	gap := strings.Repeat(" ", rapid.IntRange(1, 3).Draw(s.t, "gap"))
	for _, item := range l {
		s.between(indent)
		s.b.WriteString(strings.Repeat(" ", indent) + "-")
		if m, ok := item.(tree); ok && len(m) > 0 && !s.chance(10) {
			s.b.WriteString(gap)
			s.mapping(m, indent+1+len(gap))
			continue
		}
		s.value(item, indent)
	}
}

func (s *stylist) literal(text string, indent int) {
	s.b.WriteString(s.pick(" |", " |-", " |+", " >", " >-", " >+") + s.pick("", " # a block") + "\n")
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			s.b.WriteString(strings.Repeat(" ", indent))
		}
		s.b.WriteString(line)
	}
}

func (s *stylist) scalar(text string, key bool) string {
	number := false
	if _, err := strconv.Atoi(text); err == nil && !key {
		number = true
	}
	switch {
	case number:
		return text
	case s.json || strings.ContainsAny(text, "\n{},") || s.chance(15):
		return strconv.Quote(text)
	case s.chance(15):
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return text
}

// flow is a value in brackets; pretty on a line for each entry.
func (s *stylist) flow(v any, pretty bool, indent int) string {
	var entries []string
	open, close := "{", "}"
	switch v := v.(type) {
	case null:
		return "null"
	case literal:
		return strconv.Quote(string(v))
	case string:
		return s.scalar(v, false)
	case tree:
		for _, f := range v {
			entries = append(entries, s.scalar(f.key, true)+": "+s.flow(f.value, pretty, indent+s.step))
		}
	case list:
		open, close = "[", "]"
		for _, item := range v {
			entries = append(entries, s.flow(item, pretty, indent+s.step))
		}
	}
	if !pretty || len(entries) == 0 {
		return open + strings.Join(entries, ", ") + close
	}
	inner := "\n" + strings.Repeat(" ", indent+s.step)
	return fmt.Sprintf("%s%s%s\n%s%s", open, inner, strings.Join(entries, ","+inner), strings.Repeat(" ", indent), close)
}
