package runner_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand"
	rand2 "math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// A kind is what one sort of platform is like. Five of them stand for the
// clouds: what is promised must hold on every one.
type kind struct {
	name       string
	limits     rollout.Limits
	hasDefault bool          // Lambda alias, App Service
	twoWrites  bool          // promotion is a swap and then a rule: App Service
	pinned     time.Duration // stickiness
	cuts       bool
	roomy      bool // needs room made for it: ALB
	arrive     time.Duration
	settle     time.Duration
	freeAtZero bool // every revision is reachable: Lambda
}

var kinds = []kind{
	{
		name: "cloud_run", settle: 20 * time.Second,
		limits: rollout.Limits{Grain: 100, MaxShares: 50, Settle: 5 * time.Minute},
	},
	{
		name: "lambda_alias", hasDefault: true, freeAtZero: true,
		limits: rollout.Limits{Grain: 1, MaxShares: 2, Settle: time.Minute},
	},
	{
		name: "alb", roomy: true, pinned: 3 * time.Minute, settle: 10 * time.Second,
		limits: rollout.Limits{Grain: 10, MaxShares: 5, Settle: 5 * time.Minute, Guard: rollout.CheckThenAct},
	},
	{
		name: "app_service", hasDefault: true, twoWrites: true, pinned: time.Hour, settle: 70 * time.Second, cuts: true,
		limits: rollout.Limits{Grain: 100, MaxShares: 2, Settle: 10 * time.Minute, Guard: rollout.CheckThenAct},
	},
	{
		name: "cloudfront", arrive: 30 * time.Second, settle: 4 * time.Minute, pinned: 5 * time.Minute,
		limits: rollout.Limits{Grain: 1, MaxCanary: 1500, MaxShares: 2, Settle: 15 * time.Minute},
	},
}

var errLost = errors.New("the connection was lost")

// crash is what a dying process panics with, stuck what ends one that would
// not end.
type (
	crash struct{}
	stuck struct{}
)

// world is one target and everything around it. It implements Target, Maker
// and, by gate, Source; it does what platforms do, and keeps the journal that
// the promises are checked against.
type world struct {
	kind
	seed  int64
	rng   *rand.Rand
	mu    sync.Mutex
	clock *clocktest.Clock

	object  string
	live    rollout.Routing
	before  rollout.Routing // shown until visible
	visible time.Time
	settled time.Time
	partial bool
	abort   string // a person's word
	token   int
	health  map[rollout.Revision]rollout.Health
	readyAt map[rollout.Revision]time.Time
	bad     map[rollout.Revision]bool
	exists  map[string]rollout.Revision // content to revision
	wanted  string
	made    int

	faults  float64 // how hostile it is
	crashIn int     // operations until the process dies; below 0 never
	stopIn  int     // operations until it is interrupted
	stop    context.CancelFunc
	foreign int // moves of traffic by somebody else
	ops     int
	denied  bool
	chores  []*chore
	audit   *audit
	journal []string
}

func newWorld(seed int64) *world {
	rng := rand.New(rand.NewSource(seed)) //nolint:gosec // a walk is repeated from its seed
	w := &world{
		kind: kinds[rng.Intn(len(kinds))], seed: seed, rng: rng, clock: clocktest.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)),
		object: "o1", health: map[rollout.Revision]rollout.Health{}, readyAt: map[rollout.Revision]time.Time{},
		bad: map[rollout.Revision]bool{}, exists: map[string]rollout.Revision{}, crashIn: -1, stopIn: -1,
	}
	w.chores = newChores(w)
	w.exists["content-0"] = "r0"
	w.health["r0"] = rollout.Health{State: rollout.Ready}
	if rng.Intn(12) > 0 {
		w.live = rollout.Routing{Split: rollout.All("r0")}
		if w.hasDefault {
			w.live.Default = "r0"
		}
	}
	return w
}

func (w *world) note(format string, args ...any) {
	w.journal = append(w.journal, w.clock.Now().Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

// op is one moment at which a process can die or be interrupted.
func (w *world) op() {
	if w.ops++; w.ops > 50_000 {
		panic(stuck{})
	}
	if w.crashIn--; w.crashIn == 0 {
		w.note("— the process dies")
		panic(crash{})
	}
	if w.stopIn--; w.stopIn == 0 && w.stop != nil {
		w.note("— the process is interrupted")
		w.audit.hurried = true
		w.stop()
	}
}

func (w *world) chance(p float64) bool { return w.rng.Float64() < p*w.faults }

func (w *world) shows() rollout.Routing {
	if w.clock.Now().Before(w.visible) {
		return w.before
	}
	return w.live
}

func (w *world) Observe(ctx context.Context, ask ...rollout.Revision) (rollout.Observation, error) {
	w.op()
	if err := ctx.Err(); err != nil {
		return rollout.Observation{}, err
	}
	if w.chance(0.05) {
		return rollout.Observation{}, errLost
	}
	if w.chance(0.004) {
		w.meddle()
	}
	if w.chance(0.002) {
		w.aborts("bad checkout")
	}
	now := w.clock.Now()
	r := w.shows()
	o := rollout.Observation{
		Object: w.object, Routing: clone(r), Partial: w.partial, Settled: !now.Before(w.settled),
		Health: map[rollout.Revision]rollout.Health{}, Room: map[rollout.Revision]rollout.Weight{},
		Pinned: w.pinned, InFlight: time.Minute, Cuts: w.cuts, Token: rollout.Token(strconv.Itoa(w.token)), Abort: w.abort,
	}
	for v := range r.Split {
		ask = append(ask, v)
	}
	for _, v := range ask {
		o.Health[v] = w.state(v)
		o.Room[v] = rollout.Whole
		if w.roomy && w.chance(0.1) {
			o.Room[v] = rollout.Weight(w.rng.Intn(10001))
		}
		if w.freeAtZero && !o.Routing.Keeps(v) {
			o.Routing.Keep = append(o.Routing.Keep, v)
		}
	}
	w.audit.observed(o, now)
	w.op()
	return o, nil
}

func (w *world) state(r rollout.Revision) rollout.Health {
	h, ok := w.health[r]
	if ok && h.State == rollout.Starting && !w.clock.Now().Before(w.readyAt[r]) {
		h = rollout.Health{State: rollout.Ready}
		w.health[r] = h
	}
	return h
}

// meddle is somebody else who moves traffic.
func (w *world) meddle() {
	old := w.live
	to := rollout.Routing{Split: rollout.All(w.anyone())}
	if w.hasDefault {
		to.Default = to.Split.Sole()
	}
	if to.Same(old) || w.partial {
		return
	}
	w.foreign++
	w.note("somebody else moves traffic: %s → %s", old, to)
	w.token++
	w.live, w.visible, w.settled = to, time.Time{}, time.Time{}
}

// aborts is a person who asks for rollouts to stop, or takes that back.
func (w *world) aborts(why string) {
	if w.abort == why {
		return
	}
	w.note("a person's word: %q", why)
	w.abort = why
	w.token++
}

func (w *world) anyone() rollout.Revision {
	var all []rollout.Revision
	for _, r := range slices.Sorted(maps.Keys(w.health)) {
		if w.state(r).State == rollout.Ready {
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return "r0"
	}
	return all[w.rng.Intn(len(all))]
}

func (w *world) Apply(ctx context.Context, want rollout.Routing, at rollout.Token) error {
	w.op()
	if err := ctx.Err(); err != nil {
		return err
	}
	switch {
	case w.denied && w.chance(0.5):
		return fmt.Errorf("run.services.update: %w", rollout.ErrDenied)
	case w.chance(0.03):
		w.note("lost before it took effect: %s", want)
		w.audit.asks(want)
		w.audit.dropped = true
		return errLost
	case w.chance(0.03):
		w.note("somebody touches it")
		w.token++
	}
	if w.chance(0.01) {
		w.meddle()
	}
	if at != rollout.Token(strconv.Itoa(w.token)) {
		w.note("conflict: %s", want)
		return rollout.ErrConflict
	}
	w.take(want)
	w.op()
	if w.chance(0.04) {
		w.note("the answer is lost")
		return errLost
	}
	return nil
}

// take makes a change effective; a promotion of two writes can be cut between
// them, and is then seen as half done.
func (w *world) take(want rollout.Routing) {
	now := w.clock.Now()
	w.audit.writes(w, want, now)
	w.token++
	if w.twoWrites && want.Default != w.live.Default {
		w.live.Default, w.partial = want.Default, true
		w.note("swapped to %s", want.Default)
		w.op()
		w.token++
	}
	if !want.Same(w.live) {
		w.before, w.visible = w.shows(), now.Add(w.arrive)
	}
	w.note("takes %s [home %s, keep %v]", want, want.Home, want.Keep)
	w.live, w.partial = clone(want), false
	w.settled = now.Add(w.arrive + w.settle)
}

func (w *world) Content(context.Context) (string, error) { return w.wanted, nil }

func (w *world) Find(ctx context.Context) (rollout.Revision, error) {
	w.op()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	r := w.exists[w.wanted]
	if w.health[r].State == rollout.Broken {
		return "", nil
	}
	return r, nil
}

func (w *world) Make(ctx context.Context, at rollout.Token) (rollout.Revision, error) {
	w.op()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if r := w.exists[w.wanted]; r != "" && w.health[r].State != rollout.Broken {
		return r, nil
	}
	if w.chance(0.03) {
		return "", errLost
	}
	if at != rollout.Token(strconv.Itoa(w.token)) {
		return "", rollout.ErrConflict
	}
	w.audit.makes(w)
	w.made++
	w.token++
	r := rollout.Revision(fmt.Sprintf("r%d", w.made))
	w.exists[w.wanted] = r
	w.health[r] = rollout.Health{State: rollout.Starting}
	w.readyAt[r] = w.clock.Now().Add(time.Duration(w.rng.Intn(60)) * time.Second)
	if w.chance(0.1) {
		w.health[r] = rollout.Health{State: rollout.Broken, Reason: "it does not start"}
	}
	w.bad[r] = w.rng.Intn(3) == 0
	w.live.Keep = append(slices.Clone(w.live.Keep), r)
	w.settled = w.clock.Now().Add(w.settle)
	w.note("makes %s of %s (bad: %v)", r, w.wanted, w.bad[r])
	w.op()
	if w.chance(0.05) {
		return "", errLost
	}
	return r, nil
}

func (w *world) Subject(_ context.Context, r rollout.Revision) (rollout.Subject, error) {
	return rollout.Subject{Revision: r, Facts: map[string]string{"content": string(r)}}, nil
}

// meter is a gate's source: what the world's revisions are like.
type meter struct {
	*world
	gate rollout.Gate
}

// Measure is called for several gates at once, so what it finds depends on the
// gate and the moment alone: a walk repeats exactly.
func (m meter) Measure(ctx context.Context, of rollout.Subject, win rollout.Window) (rollout.Measurement, error) {
	if err := ctx.Err(); err != nil {
		return rollout.Measurement{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, m.seed, m.gate.Name, m.clock.Now().UnixNano(), of.Revision)
	rng := rand2.New(rand2.NewPCG(h.Sum64(), 0)) //nolint:gosec // a walk is repeated from its seed
	out := rollout.Measurement{Samples: 100}
	var err error
	switch {
	case rng.Float64() < 0.03*m.faults:
		err = errLost
	case rng.Float64() < 0.05*m.faults:
		out.Samples = 0
	case m.bad[of.Revision] && rng.IntN(4) > 0:
		out.Value = 1
	}
	m.audit.measured(m.gate, of.Revision, win, out, err, m.clock.Now(), m.world)
	return out, err
}

func clone(r rollout.Routing) rollout.Routing {
	r.Split, r.Keep = maps.Clone(r.Split), slices.Clone(r.Keep)
	return r
}

// Now and Sleep make the world a clock, so that dying while asleep is as
// likely as anywhere.
func (w *world) Now() time.Time { return w.clock.Now() }

func (w *world) Sleep(ctx context.Context, d time.Duration) error {
	w.op()
	return w.clock.Sleep(ctx, d)
}
