package migration

import "strings"

// allowance is a person's word beside a statement: -- rollout:allow RULE reason.
type allowance struct {
	rule, reason string
	line         int
}

const allows = "rollout:allow"

// allowances reads them from comments. Several rules are separated by commas.
func allowances(comments []comment) []allowance {
	var out []allowance
	for _, c := range comments {
		rest, ok := strings.CutPrefix(c.text, allows)
		if !ok {
			continue
		}
		rules, reason, _ := strings.Cut(strings.TrimLeft(rest, " \t=:"), " ")
		for id := range strings.SplitSeq(rules, ",") {
			out = append(out, allowance{rule: strings.TrimSuffix(id, ":"), reason: strings.TrimSpace(reason), line: c.line})
		}
	}
	return out
}
