package alb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// turns is a block of rollout_slot, decoded: which groups take turns, and where the
// content of one is read.
type turns struct {
	groups    map[string]string // ARNs by slot: two
	container string            // of the task definitions; "" for the only one
	label     string            // that has the content; "" where the image is it
}

// slot is one of two groups, as it was looked at.
type slot struct {
	name   string
	arn    string
	weight rollout.Weight
	holds  []string // its content; more than one while it changes; none where nothing is there
	by     string   // who brings it there
}

// serves reports whether users get what the slot holds: a share of the traffic alone
// gives them nothing as long as nothing is there.
func (s slot) serves() bool { return s.weight > 0 && len(s.holds) > 0 }

// choose implements platform.Slot.Choose.
func (t *balancer) choose(ctx context.Context, of turns, content string) (platform.Choice, error) {
	r, err := t.read(ctx)
	switch {
	case errors.Is(err, rollout.ErrGone):
		return platform.Choice{}, msgSlotGone.With("what", t.object())
	case err != nil:
		return platform.Choice{}, slotUnread(err)
	}
	shown, _ := fromNative(r.shares())
	slots, err := t.slots(ctx, r, shown, of)
	if err != nil {
		return platform.Choice{}, err
	}
	live := liveOf(slots, shown)
	chosen, err := fitting(slots, live, content)
	if err != nil {
		return platform.Choice{}, err
	}
	out := platform.Choice{ID: "alb/" + t.String(), Slot: chosen.name, Place: chosen.arn, Live: live, Contents: map[string]string{}}
	for _, s := range slots {
		out.Contents[s.name] = content
		if s.name != chosen.name && len(s.holds) > 0 {
			out.Contents[s.name] = s.holds[0]
		}
	}
	return out, nil
}

// slots looks at the two groups, in the order of their names.
func (t *balancer) slots(ctx context.Context, r *routed, shown rollout.Routing, of turns) ([]slot, error) {
	var names []rollout.Revision
	for _, arn := range of.groups {
		names = append(names, name(arn))
	}
	for _, v := range shown.Split.Revisions() {
		if !slices.Contains(names, v) {
			return nil, msgSlotOthers.With("group", v, "weight", shown.Split[v])
		}
	}
	if err := t.look(ctx, r, names); err != nil {
		return nil, slotUnread(err)
	}
	var out []slot
	for _, key := range slices.Sorted(maps.Keys(of.groups)) {
		s := slot{name: key, arn: of.groups[key], weight: shown.Split[name(of.groups[key])]}
		g := t.groups[name(s.arn)]
		if g == nil || g.arn != s.arn {
			return nil, msgSlotGone.With("what", s.arn)
		}
		var err error
		if s.by, s.holds, err = t.inside(ctx, g, of); err != nil {
			return nil, err
		}
		if s.serves() && len(s.holds) > 1 {
			return nil, msgSlotBetween.With("group", name(s.arn), "weight", s.weight, "by", s.by, "contents", strings.Join(s.holds, " and "))
		}
		out = append(out, s)
	}
	return out, nil
}

// liveOf is the slot that users are served from: the one that has them all, or the
// one to which a rollout that goes on would take them home.
func liveOf(slots []slot, shown rollout.Routing) string {
	who := cmp.Or(shown.Split.Sole(), shown.Home)
	for _, s := range slots {
		if name(s.arn) == who && s.serves() {
			return s.name
		}
	}
	return ""
}

// fitting is the slot that content belongs into: the one that has it, and of two who
// do the one that users are served from; otherwise one that serves nobody, first of
// all the one that the load balancer points at while nothing is there yet.
func fitting(slots []slot, live, content string) (slot, error) {
	var has, idle []slot
	for _, s := range slots {
		switch {
		case len(s.holds) > 0 && s.holds[0] == content:
			has = append(has, s)
		case !s.serves():
			idle = append(idle, s)
		}
	}
	rank := func(a, b slot) int {
		if a.name == live || b.name == live {
			return map[bool]int{true: -1, false: 1}[a.name == live]
		}
		return cmp.Compare(b.weight, a.weight)
	}
	slices.SortStableFunc(has, rank)
	slices.SortStableFunc(idle, rank)
	if both := append(has, idle...); len(both) > 0 {
		return both[0], nil
	}
	return slot{}, msgSlotNoneIdle.With("content", content, "one", slots[0].told(), "other", slots[1].told())
}

func (s slot) told() string {
	return fmt.Sprintf("%s has %s of the traffic and holds %q", name(s.arn), s.weight, s.holds[0])
}

// slotUnread says why nobody can tell which slot is idle.
func slotUnread(err error) rollout.Problem {
	var problem rollout.Problem
	if errors.As(err, &problem) { // there is nothing to sign with, or AWS does not take it
		return msgSlotUnsigned.With("why", problem.What+": "+problem.Why, "todo", problem.Fix)
	}
	return msgSlotUnread.With("why", err)
}
