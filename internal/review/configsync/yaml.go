package configsync

import (
	"errors"

	"go.yaml.in/yaml/v3"
)

// deepest is how far aliases are followed.
const deepest = 32

var errYAML = errors.New("it is no YAML file with members")

// tree reads the first document of a file. An error says the line, and quotes
// nothing.
func tree(text []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil || len(doc.Content) != 1 {
		return nil, errYAML
	}
	root := plainNode(doc.Content[0])
	if root == nil || root.Kind != yaml.MappingNode {
		return nil, errYAML
	}
	return root, nil
}

// plainNode follows aliases; nil where they go on for ever.
func plainNode(n *yaml.Node) *yaml.Node {
	for range deepest {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// pair is a member of a mapping.
type pair struct {
	key   string
	line  int
	value *yaml.Node
}

// pairs are the members of a mapping, those that are merged into it included; nil
// if it is none.
func pairs(n *yaml.Node) []pair { return pairsIn(n, map[*yaml.Node]bool{}) }

func pairsIn(n *yaml.Node, seen map[*yaml.Node]bool) []pair {
	n = plainNode(n)
	if n == nil || n.Kind != yaml.MappingNode || seen[n] {
		return nil
	}
	seen[n] = true // a mapping may be merged into itself
	var out, merged []pair
	own := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := plainNode(n.Content[i]), plainNode(n.Content[i+1])
		if key == nil || v == nil {
			continue
		}
		if key.Value == "<<" {
			for _, m := range items(v, true) {
				merged = append(merged, pairsIn(m, seen)...)
			}
			continue
		}
		own[key.Value] = true
		out = append(out, pair{key.Value, n.Content[i].Line, v})
	}
	for _, m := range merged {
		if !own[m.key] {
			own[m.key] = true
			out = append(out, m)
		}
	}
	return out
}

// at is what a mapping has under a name, by several names below each other; nil if
// there is nothing.
func at(n *yaml.Node, names ...string) *yaml.Node {
	for _, name := range names {
		var found *yaml.Node
		for _, p := range pairs(n) {
			if p.key == name {
				found = p.value
			}
		}
		if found == nil {
			return nil
		}
		n = found
	}
	return n
}

// items are those of a list; of something else, if single, that itself.
func items(n *yaml.Node, single bool) []*yaml.Node {
	n = plainNode(n)
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.SequenceNode:
		var out []*yaml.Node
		for _, c := range n.Content {
			if c = plainNode(c); c != nil {
				out = append(out, c)
			}
		}
		return out
	case single:
		return []*yaml.Node{n}
	}
	return nil
}

// text is a scalar, or "".
func text(n *yaml.Node) string {
	if n = plainNode(n); n != nil && n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		return n.Value
	}
	return ""
}

// lineOf is the line of a text's first line: that of a block begins below its mark.
func lineOf(n *yaml.Node) int {
	if n.Style == yaml.LiteralStyle || n.Style == yaml.FoldedStyle {
		return n.Line + 1
	}
	return n.Line
}
