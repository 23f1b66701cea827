package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// The files in testdata are stories. Each says on its first lines what it
// shows; `go test -rewrite` writes down what the engine says now. Commit a
// changed story only if you understand what changed it.
//
// Commands: world (what the platform shows), apply (a process begins), elapse
// (time passes, gates are measured), crash, meddle (somebody else moves
// traffic), health (a revision breaks or recovers), interrupt, abort (a person's
// word; none takes it back), recreate.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		st := newStory(engine.Next)
		datadriven.RunTest(t, path, st.command)
	})
}

func transcripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	return files
}

// A story is a platform of one target, and the process that works on it.
type story struct {
	next func(engine.Situation) engine.Decision
	now  time.Time

	object          string
	shows           rollout.Routing
	abort           string
	partial         bool
	health          map[rollout.Revision]rollout.Health
	room            map[rollout.Revision]rollout.Weight
	pinned, settles time.Duration
	cuts            time.Duration // requests in flight would be cut, and run so long
	arrives         time.Duration
	jobs            map[string]jobRun // what was begun, which the platform remembers
	lost            bool
	drops           int // writes that neither take effect nor are answered
	writes          int
	marked          bool // by a mark of ours that names nobody, until the next write
	reachable       bool // whoever exists is reachable by a name of its own
	pending         *rollout.Routing
	arriveAt        time.Time
	settledAt       time.Time

	s       engine.Situation
	running bool
	makes   rollout.Revision
	gates   []rollout.Gate
	tallies map[string]engine.Tally
	reads   map[string]string
	said    string
	out     strings.Builder
}

// jobRun is one execution of a job. It takes a minute, and does what the story
// reads of it: succeed, or fail.
type jobRun struct {
	ends  time.Time
	fails bool
}

func newStory(next func(engine.Situation) engine.Decision) *story {
	return &story{
		next: next, now: time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC), object: "service-1",
		health: map[rollout.Revision]rollout.Health{}, room: map[rollout.Revision]rollout.Weight{}, reads: map[string]string{},
		jobs: map[string]jobRun{},
	}
}

func (st *story) command(t *testing.T, d *datadriven.TestData) string {
	t.Helper()
	st.out.Reset()
	args := map[string]string{}
	for _, a := range d.CmdArgs {
		args[a.Key] = strings.Join(a.Vals, ", ")
		if args[a.Key] == "" {
			args[a.Key] = "true"
		}
	}
	switch d.Cmd {
	case "world":
		st.world(t, args)
	case "apply":
		st.apply(t, args)
	case "elapse":
		st.elapse(t, d.CmdArgs[0].Key, args)
	case "crash":
		st.running, st.pending = false, nil
	case "interrupt":
		st.s = st.s.Stopped(engine.Stop{Kind: engine.Interrupted, Why: "this apply was interrupted"})
		st.act(st.next(st.s))
		st.run(st.now)
	case "abort":
		st.abort = args["why"]
		st.run(st.now)
	case "health":
		for r, state := range args {
			st.health[rollout.Revision(r)] = parseHealth(t, state)
		}
		st.run(st.now)
	case "meddle":
		st.shows.Split = parseSplit(t, args["shows"])
		st.pending = nil
		st.run(st.now)
	case "recreate":
		st.object = "service-2"
		st.shows = rollout.Routing{Split: parseSplit(t, args["shows"])}
		st.run(st.now)
	default:
		t.Fatalf("unknown command %q", d.Cmd)
	}
	if st.out.Len() == 0 {
		return "ok\n"
	}
	return st.out.String()
}

func (st *story) world(t *testing.T, args map[string]string) {
	t.Helper()
	for k, v := range args {
		switch k {
		case "shows":
			st.shows.Split = parseSplit(t, v)
			for r := range st.shows.Split {
				st.health[r] = rollout.Health{State: rollout.Ready}
			}
		case "home":
			st.shows.Home = rollout.Revision(v)
		case "keep":
			st.shows.Keep = []rollout.Revision{rollout.Revision(v)}
		case "default":
			st.shows.Default = rollout.Revision(v)
		case "partial":
			st.partial = v == "true"
		case "pinned":
			st.pinned = parseDuration(t, v)
		case "cuts":
			st.cuts = parseDuration(t, v)
		case "settles":
			st.settles = parseDuration(t, v)
		case "arrives":
			st.arrives = parseDuration(t, v)
		case "room":
			for r, w := range parseWeights(t, v) {
				st.room[r] = w
			}
		case "answers":
			st.lost = v == "lost"
		case "marked":
			st.marked = v == "true"
		case "reachable":
			st.reachable = v == "always"
		case "drops":
			st.drops, _ = strconv.Atoi(v)
		case "busy":
			st.settledAt = st.now.Add(parseDuration(t, v))
		default:
			t.Fatalf("world: unknown %q", k)
		}
	}
}

func (st *story) apply(t *testing.T, args map[string]string) {
	t.Helper()
	s := engine.Situation{Settle: 5 * time.Minute}
	m := engine.Memory{}
	st.gates, st.makes = nil, ""
	for k, v := range args {
		switch k {
		case "candidate":
			s.Candidate = rollout.Revision(v)
			if _, ok := st.health[s.Candidate]; !ok {
				st.health[s.Candidate] = rollout.Health{State: rollout.Ready}
			}
		case "makes":
			st.makes = rollout.Revision(v)
		case "steps":
			s.Ladder.Steps = parseSteps(t, v)
		case "watch":
			s.Ladder.Watch = parseDuration(t, v)
		case "hold_at":
			w := parseWeight(t, v)
			s.Ladder.HoldAt = &w
		case "one_step":
			s.Ladder.OneStep = true
		case "return":
			s.Ladder.ReturnBySteps = v == "steps"
		case "on_failure":
			s.Ladder.OnFailure = engine.Stay
		case "on_interrupt":
			s.Ladder.OnInterrupt = engine.Stay
		case "create":
			s.Create = true
		case "promoted":
			s.Promoted, m.Promoted = rollout.Revision(v), rollout.Revision(v)
		case "home":
			m.Configured = rollout.Revision(v)
		case "before":
			for _, r := range strings.Fields(v) {
				s.Before = append(s.Before, rollout.Revision(r))
			}
		case "blocked":
			s.Blocked = true
		case "no_way_back":
			s.NoWayBack = true
		case "job_before":
			s.OwesBefore = v
		case "job_after":
			s.OwesAfter = v
		case "since":
			s.Since = st.now.Add(-parseDuration(t, v))
		case "gates", "probes":
			for _, g := range parseGates(t, v) {
				g.Probe = k == "probes"
				st.gates = append(st.gates, g)
			}
		default:
			t.Fatalf("apply: unknown %q", k)
		}
	}
	s.Home = engine.HomeOf(st.shows, s.Candidate, m)
	s = st.remembers(s)
	st.s, st.running, st.said = s, true, ""
	st.resetTallies()
	st.run(st.now)
}

// remembers takes in what was begun by an earlier process: what has succeeded is
// not owed, what is running is waited for, and what has failed is begun again.
func (st *story) remembers(s engine.Situation) engine.Situation {
	if _, begun := st.jobs[s.OwesAfter]; begun {
		s = s.Began()
	}
	for _, owed := range []*string{&s.OwesBefore, &s.OwesAfter} {
		switch run, begun := st.jobs[*owed]; {
		case !begun || run.ends.After(st.now):
		case run.fails:
			delete(st.jobs, *owed)
		default:
			*owed = ""
		}
	}
	return s
}

// runs begins the job that is owed, or looks at it.
func (st *story) runs(a engine.Run, why string) (until time.Time, idle bool) {
	owed := &st.s.OwesBefore
	if a.After {
		owed = &st.s.OwesAfter
	}
	run, begun := st.jobs[*owed]
	switch {
	case !begun:
		st.say("job", "%s", why)
		st.jobs[*owed] = jobRun{st.now.Add(time.Minute), st.reads[*owed] == "fail"}
		if a.After {
			st.s = st.s.Began()
		}
	case st.now.Before(run.ends):
		return run.ends, true
	case run.fails:
		st.say("job", "%s has failed", *owed)
		st.s = st.s.Stopped(engine.Stop{Kind: engine.JobFailed, Why: fmt.Sprintf("job %q failed", *owed)})
	default:
		st.say("job", "%s has succeeded", *owed)
		*owed = ""
	}
	return time.Time{}, false
}

func (st *story) elapse(t *testing.T, d string, args map[string]string) {
	t.Helper()
	for k, v := range args {
		if k != d {
			st.reads[k] = v
		}
	}
	st.run(st.now.Add(parseDuration(t, d)))
}

// run lets the process work until it needs time beyond the limit.
func (st *story) run(limit time.Time) {
	for range 1_000 {
		if !st.running {
			st.now = limit
			return
		}
		st.settle()
		st.s = st.s.Observed(st.observe(), st.now)
		st.s.Gates, st.s.Probes = st.verdicts()
		if stop, ok := st.s.Aborts(); ok {
			st.s = st.s.Stopped(stop)
			st.resetTallies()
		}
		d := st.next(st.s)
		if d.Stop != nil {
			st.s = st.s.Stopped(*d.Stop)
			st.resetTallies()
		}
		until, idle := st.act(d)
		if !idle {
			continue
		}
		next := st.now.Add(10 * time.Second)
		if !until.IsZero() && until.Before(next) {
			next = until
		}
		if next.After(limit) {
			st.now = limit
			return
		}
		st.now = next
		if m, ok := d.Action.(engine.Measure); ok {
			st.measure(m)
		}
	}
	st.say("…", "this never ends")
}

// act carries a decision out on the model; idle if time has to pass.
func (st *story) act(d engine.Decision) (until time.Time, idle bool) {
	switch a := d.Action.(type) {
	case engine.Make:
		st.say("make", "%s", d.Why)
		st.s = st.s.MadeCandidate(st.makes)
		st.shows.Keep = append(st.shows.Keep, st.makes)
		if _, ok := st.health[st.makes]; !ok {
			st.health[st.makes] = rollout.Health{State: rollout.Ready}
		}
	case engine.Run:
		return st.runs(a, d.Why)
	case engine.Apply:
		st.say("apply", "%s → %s%s", d.Why, a.Want, marks(a.Want))
		if st.drops > 0 {
			st.drops--
			st.s = st.s.Wrote(a.Want, true)
			return st.now.Add(time.Second), true
		}
		st.writes++
		st.marked = false
		st.s = st.s.Wrote(a.Want, st.lost)
		if st.lost && st.pending != nil { // asked for again
			return st.now.Add(time.Second), true
		}
		want := a.Want
		st.pending, st.arriveAt = &want, st.now.Add(st.arrives)
	case engine.Measure:
		st.say("measure", "%s", d.Why)
		st.s = st.s.Waits(a.For)
		return a.Until, true
	case engine.Wait:
		st.say("wait", "%s", d.Why)
		st.s = st.s.Waits(a.For)
		return a.Until, true
	case engine.Finish:
		word := "FAILED"
		if a.Outcome.Success() {
			word = "DONE"
		}
		st.say(word, "%s: %s", a.Outcome, d.Why)
		st.running = false
	}
	return time.Time{}, false
}

// say prints a line unless the process said the same kind of thing last.
func (st *story) say(word, format string, args ...any) {
	line := fmt.Sprintf("%-7s %s", word, fmt.Sprintf(format, args...))
	key := line
	if word == "measure" {
		key, _, _ = strings.Cut(line, ";")
	}
	if key == st.said {
		return
	}
	st.said = key
	fmt.Fprintf(&st.out, "%s  %s\n", st.now.UTC().Format(time.TimeOnly), line)
}

func marks(r rollout.Routing) string {
	out := ""
	if r.Home != "" {
		out += ", home " + string(r.Home)
	}
	for _, k := range r.Keep {
		out += ", keep " + string(k)
	}
	if out != "" {
		out = " [" + strings.TrimPrefix(out, ", ") + "]"
	}
	return out
}

func (st *story) settle() {
	if st.pending != nil && !st.now.Before(st.arriveAt) {
		st.shows, st.pending, st.partial = *st.pending, nil, false
		st.settledAt = st.now.Add(st.settles)
	}
}

func (st *story) observe() rollout.Observation {
	o := rollout.Observation{
		Object: st.object, Marked: st.marked, Token: rollout.Token(strconv.Itoa(st.writes)), Routing: st.shows, Partial: st.partial, Abort: st.abort, Pinned: st.pinned,
		InFlight: st.cuts, Cuts: st.cuts > 0,
		Settled: !st.now.Before(st.settledAt),
		Health:  st.health, Room: map[rollout.Revision]rollout.Weight{},
	}
	for r := range st.health {
		if st.reachable && !o.Routing.Keeps(r) {
			o.Routing.Keep = append(slices.Clone(o.Routing.Keep), r)
		}
		o.Room[r] = rollout.Whole
		if w, ok := st.room[r]; ok {
			o.Room[r] = w
		}
	}
	return o
}

func (st *story) resetTallies() {
	st.tallies = map[string]engine.Tally{}
}

func (st *story) tally(g rollout.Gate) engine.Tally {
	since := st.s.SettledAt
	if !st.s.Since.IsZero() {
		since = st.s.Since
	}
	t, ok := st.tallies[g.Name]
	if !ok || !t.Since.Equal(since) {
		t = engine.NewTally(g, since)
		t.Unattended = !st.s.Since.IsZero()
	}
	return t
}

func (st *story) verdicts() (gates, probes []rollout.Verdict) {
	for _, g := range st.gates {
		v := st.tally(g).Verdict()
		if g.Probe {
			probes = append(probes, v)
		} else {
			gates = append(gates, v)
		}
	}
	return gates, probes
}

func (st *story) measure(m engine.Measure) {
	for _, g := range st.gates {
		if !g.Probe && !m.Gates {
			continue
		}
		reading, err := st.reading(g.Name)
		tally := st.tally(g)
		st.tallies[g.Name] = tally.Add(st.now, tally.Window(st.now, 0), reading, err)
	}
}

// reading parses what the story says that a gate sees: pass, fail, none,
// error, or value/samples.
func (st *story) reading(name string) (rollout.Measurement, error) {
	v, ok := st.reads[name]
	switch {
	case !ok || v == "pass":
		return rollout.Measurement{Value: 0, Samples: 1000}, nil
	case v == "fail":
		return rollout.Measurement{Value: 100, Samples: 1000, Note: "GET /healthz answered 503"}, nil
	case v == "none":
		return rollout.Measurement{}, nil
	case v == "error":
		return rollout.Measurement{}, os.ErrDeadlineExceeded
	}
	value, samples, _ := strings.Cut(v, "/")
	x, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return rollout.Measurement{}, err
	}
	n, err := strconv.Atoi(samples)
	return rollout.Measurement{Value: x, Samples: n}, err
}
