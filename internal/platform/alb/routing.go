package alb

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// share is one target group of a forward action.
type share struct {
	arn    string
	weight int
}

// Weights count in proportion to their total, so the total is free, and our mark
// stands there: it tells how many groups are attached, and which of them, in the
// order of their names, is home. No other place in an action is ours, and a tag
// would take a write of its own and be taken away by who made the listener. That a
// group is attached at weight 0 marks nobody: ECS wants its groups attached for
// good.
//
// Without a mark the total is 100, or 1000 where a share is no whole percent.
const (
	permille  = 1000
	maxShares = 5
)

// markBases: a total of the first divides some shares so that they would be read as
// others, such as halves where it is odd; then one of the next is taken.
var markBases = []int{957, 902, 857, 802}

// total marks the group at place i of n.
func total(base, n, i int) int { return base + maxShares*n + i }

// readMark returns which of n attached groups a total marks as home; -1 for nobody.
// marked reports whether it is a mark, also one of other groups than those.
func readMark(sum, n int) (i int, marked bool) {
	for _, base := range markBases {
		of, at := (sum-base)/maxShares, (sum-base)%maxShares
		if sum < base || of < 1 || of > maxShares || at >= of {
			continue
		}
		if of != n {
			return -1, true
		}
		return at, true
	}
	return -1, false
}

// fromNative reads the traffic of a forward action, and our mark in it.
func fromNative(groups []share) (r rollout.Routing, marked bool) {
	names, weights, sum := attached(groups), make([]int, 0, len(groups)), 0
	for _, g := range groups {
		weights = append(weights, g.weight)
		sum += g.weight
	}
	r.Split = rollout.Split{}
	home, marked := readMark(sum, len(groups))
	if home >= 0 {
		r.Home = names[home]
	}
	whole, unit := int(rollout.Whole), rollout.Weight(1)
	if marked { // only shares of a grain are written beside a mark
		whole, unit = permille, limits.Grain
	}
	for i, w := range apportion(weights, whole) {
		if w > 0 {
			r.Split[name(groups[i].arn)] = rollout.Weight(w) * unit
		}
	}
	for _, n := range names {
		if n != r.Home {
			r.Keep = append(r.Keep, n)
		}
	}
	return r, marked
}

// attached are the names of groups, in their order.
func attached(groups []share) []rollout.Revision {
	out := make([]rollout.Revision, 0, len(groups))
	for _, g := range groups {
		out = append(out, name(g.arn))
	}
	slices.Sort(out)
	return out
}

// apportion divides whole in proportion to weights: each gets what it is owed
// rounded down, those who lose most by that one more, and who has any weight at
// least one. All are 0 where no weight is.
func apportion(weights []int, whole int) []int {
	sum, left := 0, whole
	for _, w := range weights {
		sum += w
	}
	out, order := make([]int, len(weights)), make([]int, len(weights))
	if sum == 0 {
		return out
	}
	for i, w := range weights {
		order[i], out[i] = i, w*whole/sum
		left -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weights[b]*whole%sum, weights[a]*whole%sum) })
	for _, i := range order[:left] {
		out[i]++
	}
	for i, w := range weights {
		if most := slices.Index(out, slices.Max(out)); w > 0 && out[i] == 0 {
			out[i], out[most] = 1, out[most]-1
		}
	}
	return out
}

// toNative writes a routing into the groups that are attached. Who is attached
// stays so; who is asked for and is not is added, by the ARN that arns has.
func toNative(want rollout.Routing, groups []share, arns map[rollout.Revision]string) ([]share, error) {
	out := slices.Clone(groups)
	for _, r := range slices.Concat(want.Split.Revisions(), want.Keep, []rollout.Revision{want.Home}) {
		if r == "" || slices.ContainsFunc(out, func(g share) bool { return name(g.arn) == r }) {
			continue
		}
		if arns[r] == "" {
			return nil, fmt.Errorf("%w: there is no target group %s", rollout.ErrInvalid, r)
		}
		out = append(out, share{arn: arns[r]})
	}
	if len(out) > maxShares {
		return nil, fmt.Errorf("%w: %d target groups would be attached, and %d can be", rollout.ErrInvalid, len(out), maxShares)
	}
	want10 := make([]int, len(out))
	for i, g := range out {
		want10[i] = int(want.Split[name(g.arn)] / limits.Grain)
	}
	weights, err := weightsFor(want10, slices.Index(attached(out), want.Home))
	for i := range out {
		out[i].weight = weights[i]
	}
	return out, err
}

// weightsFor returns weights that divide requests as parts of a thousand do, with
// the mark of the group at place home; -1 for none.
func weightsFor(parts []int, home int) ([]int, error) {
	unmarked := permille
	if !slices.ContainsFunc(parts, func(p int) bool { return p%10 != 0 }) {
		unmarked = 100
	}
	totals := []int{unmarked}
	if home >= 0 {
		totals = nil
		for _, base := range markBases {
			totals = append(totals, total(base, len(parts), home))
		}
	}
	for _, sum := range totals {
		weights := apportion(parts, sum)
		if slices.Equal(apportion(weights, permille), parts) {
			return weights, nil
		}
	}
	if slices.Max(parts) == 0 {
		return make([]int, len(parts)), nil
	}
	return make([]int, len(parts)), fmt.Errorf("%w: no weights up to 999 say this", rollout.ErrInvalid)
}
