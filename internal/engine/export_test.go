package engine

// Rows lists the rows of the table.
func Rows() []int {
	var out []int
	for _, r := range table {
		out = append(out, r.row)
	}
	return out
}

// Without returns Next as it would be with one row cut out.
func Without(row int) func(Situation) Decision {
	var rest []rule
	for _, r := range table {
		if r.row != row {
			rest = append(rest, r)
		}
	}
	return func(s Situation) Decision { return decide(rest, s) }
}
