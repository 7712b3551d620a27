package manifest

import yaml "go.yaml.in/yaml/v3"

// flow is a list or a mapping in brackets at an offset, and where it ends; nil
// if it is not plain, or goes on in the next line.
func (p *plainReader) flow(at int) (*yaml.Node, int) {
	if p.depth >= maxPlainDepth {
		return nil, at
	}
	p.depth++
	defer func() { p.depth-- }()
	kind, tag, closing := yaml.SequenceNode, "!!seq", byte(']')
	if p.text[at] == '{' {
		kind, tag, closing = yaml.MappingNode, "!!map", '}'
	}
	node, base := p.node(kind, tag, at), len(p.stack)
	node.Style = yaml.FlowStyle
	at = p.skipBlanks(at + 1)
	for first := true; at < p.end && (p.text[at] != closing || !first); first = false {
		if kind == yaml.MappingNode {
			key, end := p.flowScalar(at)
			if key == nil || end+1 >= p.end || p.text[end] != ':' || p.text[end+1] != ' ' {
				return nil, at
			}
			p.stack = append(p.stack, key)
			at = p.skipBlanks(end + 1)
		}
		entry, end := p.flowEntry(at)
		if entry == nil {
			return nil, at
		}
		p.stack = append(p.stack, entry)
		at = p.skipBlanks(end)
		if at < p.end && p.text[at] == closing {
			break
		}
		if at >= p.end || p.text[at] != ',' {
			return nil, at
		}
		at = p.skipBlanks(at + 1)
	}
	if at >= p.end {
		return nil, at
	}
	return p.close(node, base), at + 1
}

func (p *plainReader) flowEntry(at int) (*yaml.Node, int) {
	if at < p.end && (p.text[at] == '[' || p.text[at] == '{') {
		return p.flow(at)
	}
	return p.flowScalar(at)
}

func (p *plainReader) flowScalar(at int) (*yaml.Node, int) {
	if at >= p.end {
		return nil, at
	}
	switch c := p.text[at]; {
	case c == '"' || c == '\'':
		return p.quoted(at)
	case !isWord[c] || c == '%' || c == '-' && (at+1 >= p.end || !isWord[p.text[at+1]]):
		return nil, at
	}
	end := at
	for end < p.end && isWord[p.text[end]] {
		end++
	}
	if end-at > maxPlainKey {
		return nil, at
	}
	return p.scalar(p.text[at:end], 0, at), end
}
