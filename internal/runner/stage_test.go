package runner_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// stage is a well-behaved target on which one thing goes wrong: what the tests
// by name play on. The random walks have a world of their own.
type stage struct {
	*testing.T
	clock *clocktest.Clock

	live    rollout.Routing
	health  map[rollout.Revision]rollout.Health
	token   int
	settle  time.Duration
	settled time.Time
	pinned  time.Duration
	abort   string           // a person's word
	wanted  rollout.Revision // what Make makes
	values  map[rollout.Revision]float64

	// before is called before every operation; its error is the answer.
	before func(ctx context.Context, op string, nth int) error
	// after is called once an operation has taken effect; its error is the answer.
	after func(ctx context.Context, op string, nth int) error

	mu     sync.Mutex
	counts map[string]int
	log    []string // what happened, in order
	told   []rollout.Event
}

func newStage(t *testing.T) *stage {
	return &stage{
		T: t, clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)),
		live: rollout.Routing{Split: rollout.All("api-1")}, wanted: "api-2",
		health: map[rollout.Revision]rollout.Health{"api-1": {State: rollout.Ready}, "api-2": {State: rollout.Ready}},
		values: map[rollout.Revision]float64{}, counts: map[string]int{},
	}
}

// rollout moves api-2 over 10 % and 50 %, a minute each, and watches a minute.
func (s *stage) rollout() runner.Rollout {
	return runner.Rollout{
		Target: s, Candidate: "api-2", Clock: s.clock, Limits: rollout.Limits{Settle: 5 * time.Minute},
		Memory: engine.Memory{Promoted: "api-1"}, Grace: 30 * time.Second,
		Ladder: engine.Ladder{
			Steps: []engine.Step{{Weight: 1000, Bake: time.Minute}, {Weight: 5000, Bake: time.Minute}}, Watch: time.Minute,
		},
		Say: func(e rollout.Event) { s.told = append(s.told, e) },
	}
}

// gate fails above 1, and looks at a minute.
func (s *stage) gate() runner.Gate {
	one := 1.0
	return runner.Gate{Source: s, Gate: rollout.Gate{
		Name: "errors", Unit: "%", FailAbove: &one, Window: 30 * time.Second, Interval: 10 * time.Second, WaitFor: 5 * time.Minute,
	}}
}

// run carries a rollout out, and fails the test unless it ends so.
func (s *stage) run(r runner.Rollout, want engine.Outcome) runner.Result {
	s.Helper()
	res := r.Run(s.Context())
	if res.Outcome != want {
		s.Fatalf("ended %s: %s (%v)\nwant %s\n%s", res.Outcome, res.Why, res.Err, want, strings.Join(s.log, "\n"))
	}
	return res
}

// did lists what happened of these kinds, in order.
func (s *stage) did(kinds ...string) []string {
	var out []string
	for _, line := range s.log {
		if word, _, _ := strings.Cut(line, " "); slices.Contains(kinds, word) {
			out = append(out, line)
		}
	}
	return out
}

func (s *stage) expect(got []string, want ...string) {
	s.Helper()
	if !slices.Equal(got, want) {
		s.Errorf("it did\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func (s *stage) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

func (s *stage) begins(ctx context.Context, op string) error {
	s.mu.Lock()
	s.counts[op]++
	n := s.counts[op]
	s.mu.Unlock()
	if n > 5_000 {
		panic("it does not end: " + op)
	}
	if s.before != nil {
		if err := s.before(ctx, op, n); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *stage) ends(ctx context.Context, op string) error {
	if s.after == nil {
		return nil
	}
	return s.after(ctx, op, s.counts[op])
}

func (s *stage) Observe(ctx context.Context, ask ...rollout.Revision) (rollout.Observation, error) {
	if err := s.begins(ctx, "observe"); err != nil {
		return rollout.Observation{}, err
	}
	s.note("observe")
	o := rollout.Observation{
		Object: "service-1", Routing: clone(s.live), Pinned: s.pinned, Settled: !s.clock.Now().Before(s.settled), Token: rollout.Token(strconv.Itoa(s.token)), Abort: s.abort,
		Health: map[rollout.Revision]rollout.Health{}, Room: map[rollout.Revision]rollout.Weight{},
	}
	for _, r := range append(ask, s.live.Split.Revisions()...) {
		o.Health[r], o.Room[r] = s.health[r], rollout.Whole
	}
	return o, s.ends(ctx, "observe")
}

func (s *stage) Apply(ctx context.Context, want rollout.Routing, at rollout.Token) error {
	if err := s.begins(ctx, "apply"); err != nil {
		s.note("refused %s", want)
		return err
	}
	if at != rollout.Token(strconv.Itoa(s.token)) {
		s.note("conflict %s", want)
		return rollout.ErrConflict
	}
	mark := ""
	if want.Home != "" {
		mark = ", home " + string(want.Home)
	}
	s.note("apply %s%s", want, mark)
	s.live, s.token, s.settled = clone(want), s.token+1, s.clock.Now().Add(s.settle)
	return s.ends(ctx, "apply")
}

func (s *stage) Subject(ctx context.Context, r rollout.Revision) (rollout.Subject, error) {
	if err := s.begins(ctx, "subject"); err != nil {
		return rollout.Subject{}, err
	}
	if _, ok := s.health[r]; !ok {
		return rollout.Subject{}, fmt.Errorf("%s %w", r, rollout.ErrGone)
	}
	return rollout.Subject{Revision: r, Facts: map[string]string{"content": "content of " + string(r)}}, nil
}

func (s *stage) Content(context.Context) (string, error) {
	return "content of " + string(s.wanted), nil
}

func (s *stage) Find(ctx context.Context) (rollout.Revision, error) {
	if err := s.begins(ctx, "find"); err != nil {
		return "", err
	}
	if _, ok := s.health[s.wanted]; ok {
		return s.wanted, nil
	}
	return "", nil
}

func (s *stage) Make(ctx context.Context, at rollout.Token) (rollout.Revision, error) {
	if err := s.begins(ctx, "make"); err != nil {
		return "", err
	}
	if at != rollout.Token(strconv.Itoa(s.token)) {
		return "", rollout.ErrConflict
	}
	s.note("make %s", s.wanted)
	s.health[s.wanted] = rollout.Health{State: rollout.Ready}
	s.live.Keep, s.token, s.settled = []rollout.Revision{s.wanted}, s.token+1, s.clock.Now().Add(s.settle)
	return s.wanted, s.ends(ctx, "make")
}

func (s *stage) Measure(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	if err := s.begins(ctx, "measure"); err != nil {
		return rollout.Measurement{}, err
	}
	s.note("measure %s %s", of.Revision, w)
	return rollout.Measurement{Value: s.values[of.Revision], Samples: 100}, nil
}

// checks are requirements that say what finding does, and that they ran.
func (s *stage) checks(finding func(candidate *rollout.Subject, nth int) rollout.Finding) func(context.Context, *rollout.Subject, *rollout.Subject) []rollout.Finding {
	n := 0
	return func(_ context.Context, candidate, live *rollout.Subject) []rollout.Finding {
		n++
		name := func(of *rollout.Subject) string {
			if of == nil {
				return "nobody"
			}
			return string(of.Revision)
		}
		s.note("check %s beside %s", name(candidate), name(live))
		return []rollout.Finding{finding(candidate, n)}
	}
}
