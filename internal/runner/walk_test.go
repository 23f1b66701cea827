package runner_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

var (
	walks = flag.Int("walks", 20_000, "how many random rollouts")
	seed  = flag.Int64("seed", 0, "one walk to repeat and print; 0 for all")
)

// TestPromises takes random walks over every kind of platform: bad candidates,
// lost answers, conflicts, meddlers, interrupts, and processes that die at any
// moment, with and without their memory. Every process is held to the
// promises; a walk that breaks one is printed and can be repeated by -seed.
func TestPromises(t *testing.T) {
	if *seed != 0 {
		walk := newWalk(*seed)
		walk.run()
		t.Log("\n" + strings.Join(walk.w.journal, "\n"))
		for _, b := range walk.broken {
			t.Error(b)
		}
		return
	}
	const shards = 4
	var mu sync.Mutex
	var found atomic.Bool
	ended := map[engine.Outcome]int{}
	crashes, interrupts, aborts := 0, 0, 0
	t.Run("walks", func(t *testing.T) {
		for shard := range shards {
			t.Run(strconv.Itoa(shard), func(t *testing.T) {
				t.Parallel()
				for i := shard; i < *walks && !found.Load(); i += shards {
					walk := newWalk(int64(i + 1))
					walk.run()
					if len(walk.broken) > 0 {
						found.Store(true)
						t.Fatalf("walk -seed %d on %s:\n%s\n\n%s", i+1, walk.w.name,
							strings.Join(walk.broken, "\n"), strings.Join(walk.w.journal, "\n"))
					}
					mu.Lock()
					for o, n := range walk.ended {
						ended[o] += n
					}
					crashes += walk.crashes
					interrupts += walk.interrupts
					aborts += walk.aborts
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d walks: %d crashes, %d interrupts, %d taken home at a person's word, ended %v", *walks, crashes, interrupts, aborts, ended)
	if aborts == 0 && !found.Load() {
		t.Error("no rollout under way was stopped by a person's word: the walks do not reach it")
	}
	for o := engine.Promoted; o <= engine.Halted; o++ {
		if ended[o] == 0 && !found.Load() {
			t.Errorf("no process ended as %s: the walks do not reach it", o)
		}
	}
}

// walk is a story of several applies on one world.
type walk struct {
	w      *world
	ladder engine.Ladder
	gates  []rollout.Gate

	promoted rollout.Revision
	before   []rollout.Revision
	blocked  []string
	state    bool // Terraform has state
	since    time.Time
	raising  rollout.Revision
	left     rollout.Split

	ended      map[engine.Outcome]int
	crashes    int
	interrupts int
	aborts     int
	broken     []string
}

func newWalk(seed int64) *walk {
	w := newWorld(seed)
	k := &walk{w: w, ended: map[engine.Outcome]int{}}
	r := w.rng
	w.faults = []float64{0, 0.3, 1, 3}[r.Intn(4)]
	w.denied = r.Intn(20) == 0
	var weights []int
	for range r.Intn(4) {
		weights = append(weights, r.Intn(20)*500)
	}
	slices.Sort(weights)
	for _, v := range slices.Compact(weights) {
		weight := rollout.Weight(v)
		if w.limits.MaxCanary > 0 {
			weight = weight * w.limits.MaxCanary / rollout.Whole
		}
		k.ladder.Steps = append(k.ladder.Steps, engine.Step{Weight: weight, Bake: time.Duration(r.Intn(5)) * time.Minute})
	}
	k.ladder.Watch = time.Duration(r.Intn(4)) * time.Minute
	k.ladder.OneStep = r.Intn(6) == 0
	k.ladder.ReturnBySteps = r.Intn(4) == 0
	if n := len(k.ladder.Steps); n > 0 && r.Intn(8) == 0 {
		hold := k.ladder.Steps[r.Intn(n)].Weight
		k.ladder.HoldAt = &hold
	}
	k.ladder.OnFailure = []engine.OnStop{engine.RollBack, engine.RollBack, engine.RollBack, engine.Stay}[r.Intn(4)]
	k.ladder.OnInterrupt = []engine.OnStop{engine.RollBack, engine.Stay}[r.Intn(2)]
	limit := 0.5
	for i := range r.Intn(3) {
		k.gates = append(k.gates, rollout.Gate{
			Name: fmt.Sprintf("g%d", i), FailAbove: &limit, Interval: 10 * time.Second,
			Window: time.Duration(r.Intn(2)) * time.Minute, For: time.Duration(r.Intn(2)) * 30 * time.Second,
			WaitFor: time.Duration(r.Intn(3)) * 5 * time.Minute, DryRun: r.Intn(8) == 0,
		})
	}
	if r.Intn(2) == 0 {
		k.gates = append(k.gates, rollout.Gate{Name: "probe", FailAbove: &limit, Probe: true, Interval: 10 * time.Second, FailuresAllowed: r.Intn(2)})
	}
	if w.live.Split != nil {
		k.promoted, k.state = "r0", true
	}
	return k
}

func (k *walk) run() {
	w := k.w
	w.wanted = "content-1"
	for i := range 5 {
		w.crashIn, w.stopIn = -1, -1
		if w.rng.Intn(2) == 0 {
			w.crashIn = 1 + w.rng.Intn(120)
		} else if w.rng.Intn(3) == 0 {
			w.stopIn = 1 + w.rng.Intn(120)
		}
		if k.apply() && i > 1 {
			break
		}
		if len(k.broken) > 0 {
			return
		}
		k.between()
	}
	// In the end nothing disturbs any more: two calm applies bring it to rest.
	w.faults, w.crashIn, w.stopIn, w.denied, w.abort = 0, -1, -1, false, ""
	k.ladder.OneStep, k.ladder.HoldAt, k.blocked = false, nil, nil
	k.apply()
	if len(k.broken) == 0 {
		k.idle()
	}
}

// between is what happens from one apply to the next: time passes, state is
// lost, another merge, somebody moves traffic.
func (k *walk) between() {
	r := k.w.rng
	k.w.clock.Advance(time.Duration(r.Intn(3600)) * time.Second)
	if k.w.abort != "" && r.Intn(2) == 0 {
		k.w.aborts("")
	}
	switch r.Intn(8) {
	case 0:
		k.w.note("— state is lost")
		k.state, k.promoted, k.before, k.blocked = false, "", nil, nil
	case 1:
		k.w.wanted = fmt.Sprintf("content-%d", r.Intn(4))
		k.w.note("— another merge wants %s", k.w.wanted)
	case 2:
		k.w.faults = 1
		k.w.meddle()
	case 3:
		k.blocked = nil
	case 4:
		if k.w.faults > 0 {
			k.w.aborts("not tonight")
		}
	}
}

// apply runs one process; it reports whether Terraform called it a success.
func (k *walk) apply() (ok bool) {
	w := k.w
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.stop = cancel
	candidate := func() rollout.Revision {
		if r := w.exists[w.wanted]; w.health[r].State != rollout.Broken {
			return r
		}
		return ""
	}
	w.audit = &audit{
		ladder: k.ladder, gates: k.gates, before: k.before, promoted: k.promoted, candidate: candidate,
		readings: map[string]reading{},
	}
	interrupts := w.stopIn > 0
	w.ops = 0
	defer func() {
		k.broken = append(k.broken, w.audit.broken...)
		switch died := recover(); died {
		case nil:
		case crash{}:
			k.crashes++
			k.since = time.Time{}
		case stuck{}:
			k.broken = append(k.broken, "it does not end")
		default:
			panic(died)
		}
	}()
	w.note("— apply %s (state: %v, promoted %s, live %s)", w.wanted, k.state, k.promoted, w.live)
	rest := clone(w.live)
	nothing := w.exists[w.wanted] == k.promoted && k.promoted != "" && rest.HasAll(k.promoted) && !w.partial
	nothing = nothing && rest.Home == "" // a mark is what a dead process left, to be taken away
	writes := w.token
	res := k.rollout().Run(ctx)
	w.note("ends %s: %s", res.Outcome, res.Why)
	k.ended[res.Outcome]++
	if interrupts && w.stopIn <= 0 {
		k.interrupts++
	}
	if nothing && w.foreign == 0 && w.faults == 0 && w.token != writes {
		k.broken = append(k.broken, "something moved though nothing changed")
	}
	if res.Stop != nil && res.Stop.Kind == engine.Aborted && res.Outcome == engine.RolledBack {
		k.aborts++
	}
	k.truth(res)
	k.remember(res)
	return res.Outcome.Success()
}

func (k *walk) rollout() runner.Rollout {
	w := k.w
	r := runner.Rollout{
		Target: w, Maker: w, Limits: w.limits, Ladder: k.ladder, Clock: w, Create: !k.state,
		Memory: engine.Memory{Promoted: k.promoted}, Before: k.before, Grace: 30 * time.Second,
		Blocked: func(_ rollout.Revision, content string) bool { return slices.Contains(k.blocked, content) },
	}
	if k.ladder.OneStep && !k.since.IsZero() && w.live.Split.Equal(k.left) {
		r.Since, r.Raising, r.Unattended = k.since, k.raising, 24*time.Hour
	}
	for _, c := range w.chores {
		c.mine = map[string]bool{}
		if c.after {
			r.JobsAfter = append(r.JobsAfter, c.job())
		} else {
			r.JobsBefore = append(r.JobsBefore, c.job())
		}
	}
	w.audit.settled = time.Time{}
	if !r.Since.IsZero() && w.exists[w.wanted] == k.raising {
		w.audit.settled, w.audit.split = r.Since, w.live.Split
	}
	for _, g := range k.gates {
		r.Gates = append(r.Gates, runner.Gate{Gate: g, Source: meter{w, g}})
	}
	return r
}

// truth: what Terraform is told is what is live.
func (k *walk) truth(res runner.Result) {
	w := k.w
	if res.Seen && !res.Shows.Routing.Same(w.shows()) && w.faults == 0 {
		k.broken = append(k.broken, fmt.Sprintf("state says %s, live is %s", res.Shows.Routing, w.shows()))
	}
	switch res.Outcome {
	case engine.Promoted, engine.Unchanged:
		if !w.shows().HasAll(res.Candidate) && !w.audit.interfered {
			k.broken = append(k.broken, fmt.Sprintf("%s, and %s is live", res.Outcome, w.shows()))
		}
		k.promotes(res)
	case engine.RolledBack:
		if !w.live.HasAll(res.Home) && !w.audit.interfered {
			k.broken = append(k.broken, fmt.Sprintf("rolled back, and %s is live", w.live))
		}
	case engine.Held, engine.NothingMoved, engine.Stayed, engine.NotVerified, engine.Halted:
	}
}

// promotes: not before what is pinned has drained, and nothing that was owed is
// owed again while the marks go.
func (k *walk) promotes(res runner.Result) {
	a, now := k.w.audit, k.w.clock.Now()
	switch {
	case res.Outcome != engine.Promoted:
	case a.unmarks.IsZero():
		if k.w.pinned > 0 && now.Sub(a.settled) < k.w.pinned {
			k.broken = append(k.broken, "promoted before what is pinned has drained")
		}
	case k.w.faults == 0 && now.Sub(a.unmarks) > k.w.arrive+k.w.settle+time.Minute:
		k.broken = append(k.broken, fmt.Sprintf("the marks took %s to go", now.Sub(a.unmarks)))
	}
}

// remember is what the provider writes into state.
func (k *walk) remember(res runner.Result) {
	k.since = time.Time{}
	if res.Outcome == engine.Held {
		k.since, k.raising, k.left = res.Since, res.Candidate, res.Shows.Routing.Split
	}
	if res.Outcome.Success() || k.state {
		k.state = true
	}
	switch {
	case res.Outcome == engine.Promoted && res.Candidate != k.promoted:
		if k.promoted != "" {
			k.before = append([]rollout.Revision{k.promoted}, k.before...)
		}
		k.promoted = res.Candidate
	case res.Outcome == engine.Unchanged:
		k.promoted = res.Candidate
	case res.Stop != nil && (res.Stop.Kind == engine.Failed || res.Stop.Kind == engine.Broken || res.Stop.Kind == engine.Aborted && res.Begun):
		k.blocked = append(k.blocked, k.w.wanted)
	}
}

// idle: another apply of the same moves nothing, once a rollout was promoted.
func (k *walk) idle() {
	w := k.w
	if w.exists[w.wanted] != k.promoted || !w.live.HasAll(k.promoted) || w.live.Home != "" {
		return // a mark is what a dead process left, to be taken away
	}
	writes := w.token
	k.apply()
	if w.token != writes {
		k.broken = append(k.broken, "something moved though nothing changed")
	}
}
