package manifest

import (
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// maxPlainKey is below the 1024 characters after which YAML knows no key.
const maxPlainKey = 1000

// key is a key, with the line read up to behind its colon; nil if there is none
// or none that is plain.
func (p *plainReader) key() *yaml.Node {
	end := p.keyEnd(p.at)
	if end == 0 {
		return nil
	}
	at := p.at
	p.at = end + 1
	if quote := p.text[at]; quote == '"' || quote == '\'' {
		return p.scalar(p.text[at+1:end-1], quoteStyle(quote), at)
	}
	return p.scalar(p.text[at:end], 0, at)
}

// keyEnd is the offset of the colon behind the key at an offset, 0 if there is
// none.
func (p *plainReader) keyEnd(at int) int {
	end := at
	switch c := p.text[at]; {
	case c == '"' || c == '\'':
		var escaped bool
		if _, end, escaped = p.quotedText(at); escaped {
			return 0
		}
	case isWord[c] && c != '-' && c != '+' && c != '%' && c != '=':
		for end < p.end && isWord[p.text[end]] {
			end++
		}
	}
	if end == at || end >= p.end || p.text[end] != ':' || !p.blankAt(end+1) || end-at > maxPlainKey {
		return 0
	}
	return end
}

// isWord are the characters that have no meaning of their own behind the first,
// in block or flow style.
var isWord = func() (word [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-+=%" {
		word[c] = true
	}
	return word
}()

// quotedText is the text between quotes as it is written, and where it ends; the
// same offset if it goes on in the next line. escaped reports backslashes in it.
func (p *plainReader) quotedText(at int) (text string, end int, escaped bool) {
	quote := p.text[at]
	for end = at + 1; end < p.end && p.text[end] != quote; end++ {
		if quote == '"' && p.text[end] == '\\' {
			escaped = true
			end++
		}
	}
	// A single quote that is doubled is an escape too, and rare.
	if end >= p.end || quote == '\'' && end+1 < p.end && p.text[end+1] == quote {
		return "", at, false
	}
	return p.text[at+1 : end], end + 1, escaped
}

func (p *plainReader) quoted(at int) (*yaml.Node, int) {
	text, end, escaped := p.quotedText(at)
	if escaped {
		var known bool
		if text, known = unescape(text); !known {
			return nil, at
		}
	}
	if end == at {
		return nil, at
	}
	return p.scalar(text, quoteStyle(p.text[at]), at), end
}

// unescape resolves the escapes that JSON in a string is written with; others
// are not known.
func unescape(text string) (string, bool) {
	var value strings.Builder
	for {
		before, after, found := strings.Cut(text, `\`)
		value.WriteString(before)
		if !found {
			return value.String(), true
		}
		switch after[0] {
		case '"', '\\':
			value.WriteByte(after[0])
		case 'n':
			value.WriteByte('\n')
		case 't':
			value.WriteByte('\t')
		default:
			return "", false
		}
		text = after[1:]
	}
}

func quoteStyle(quote byte) yaml.Style {
	if quote == '"' {
		return yaml.DoubleQuotedStyle
	}
	return yaml.SingleQuotedStyle
}

// word is a scalar without quotes up to a comment or the end of the line.
func (p *plainReader) word() (*yaml.Node, int) {
	switch c := p.text[p.at]; {
	case c == '-' && !p.blankAt(p.at+1):
	case strings.IndexByte("-?:,[]{}#&*!|>'\"%@`", c) >= 0:
		return nil, p.at
	}
	end := p.end
	if comment := strings.Index(p.text[p.at:end], " #"); comment >= 0 {
		end = p.at + comment
	}
	value := strings.TrimRight(p.text[p.at:end], " ")
	end = p.at + len(value)
	if value[len(value)-1] == ':' || strings.Contains(value, ": ") {
		return nil, p.at
	}
	return p.scalar(value, 0, p.at), end
}

// plainTag is how YAML reads a scalar without quotes. The library's own word on
// it is taken but where it is obvious.
func plainTag(value string) string {
	if value != "" {
		c := value[0]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if (letter || c == '/' || c == '_' || c == '$') && strings.IndexByte("yntfoYNTFO", c) < 0 {
			return "!!str"
		}
	}
	node := yaml.Node{Kind: yaml.ScalarNode, Value: value}
	return node.ShortTag()
}

// literal is a block of text behind |, whose lines are indented deeper than
// indent.
func (p *plainReader) literal(indent int) *yaml.Node {
	header := p.text[p.at:p.end]
	if header != "|" && header != "|-" {
		return nil
	}
	node := p.scalar("", yaml.LiteralStyle, p.at)
	var value strings.Builder
	blanks, margin := 0, 0
	for p.next < len(p.text) {
		end := p.next + strings.IndexByte(p.text[p.next:], '\n')
		at := p.next
		for p.text[at] == ' ' {
			at++
		}
		if at == end {
			// Blanks alone may be text, or not, depending on how many they are.
			if end > p.next || margin == 0 {
				return nil
			}
			blanks++
			p.line, p.next = p.line+1, end+1
			continue
		}
		if margin == 0 {
			margin = at - p.next
			if margin <= indent || margin == 0 {
				return nil
			}
		} else if at-p.next < margin {
			break
		} else {
			blanks++
		}
		for ; blanks > 0; blanks-- {
			value.WriteByte('\n')
		}
		value.WriteString(p.text[p.next+margin : end])
		p.line, p.next = p.line+1, end+1
	}
	if margin == 0 {
		return nil
	}
	if header == "|" {
		value.WriteByte('\n')
	}
	node.Value = value.String()
	p.advance()
	return node
}
