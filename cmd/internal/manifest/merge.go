package manifest

import yaml "go.yaml.in/yaml/v3"

// maxMerged bounds how many keys one object's merges may visit: merges of
// merges multiply as aliases do, without a byte to show for it.
const maxMerged = 1 << 20

// merger resolves `<<` in the mappings of one object.
type merger struct {
	visited int
}

// pairs is a mapping's keys and values in turn, with `<<` resolved: a key
// written in the mapping itself wins over a merged one, an earlier merge over a
// later.
func (m *merger) pairs(node *yaml.Node, depth int) ([]*yaml.Node, *fault) {
	if m.visited += len(node.Content); m.visited > maxMerged || depth > maxObjectDepth {
		return nil, &fault{node, "merges (<<) without end", "write out what the anchors stand for"}
	}
	if !hasMerge(node) {
		return node.Content, nil
	}
	seen := map[string]bool{}
	var pairs, merges []*yaml.Node
	for i := 0; i < len(node.Content); i += 2 {
		key, value := resolveAlias(node.Content[i]), resolveAlias(node.Content[i+1])
		switch {
		case !isMerge(key):
			seen[key.Value] = true
			pairs = append(pairs, node.Content[i], node.Content[i+1])
		case value.Kind == yaml.SequenceNode:
			merges = append(merges, value.Content...)
		default:
			merges = append(merges, value)
		}
	}
	for _, merge := range merges {
		if merge = resolveAlias(merge); merge.Kind != yaml.MappingNode {
			return nil, &fault{merge, "<< merges something that is not a mapping", "merge an anchored mapping"}
		}
		inherited, fault := m.pairs(merge, depth+1)
		if fault != nil {
			return nil, fault
		}
		for i := 0; i < len(inherited); i += 2 {
			if key := resolveAlias(inherited[i]).Value; !seen[key] {
				seen[key] = true
				pairs = append(pairs, inherited[i], inherited[i+1])
			}
		}
	}
	return pairs, nil
}

func hasMerge(node *yaml.Node) bool {
	for i := 0; i < len(node.Content); i += 2 {
		if isMerge(resolveAlias(node.Content[i])) {
			return true
		}
	}
	return false
}
