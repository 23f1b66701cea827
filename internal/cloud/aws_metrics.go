package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// MetricQuery is one of the queries of a question to CloudWatch: a statistic of a
// metric, or an expression over the ids of others of the same question.
type MetricQuery struct {
	// ID begins with a small letter, and is unique in its question.
	ID                         string
	Namespace, Name, Statistic string
	Dimensions                 map[string]string
	// Expression is metric math, in place of a metric.
	Expression string
	// Hidden: its value is not asked for, only used by an expression.
	Hidden bool
}

// MetricSpan is the time that one value stands for: whole minutes, [Start, End).
type MetricSpan struct {
	Start, End time.Time
	// Late is how long after End everything in it can be seen.
	Late time.Duration
}

func (s MetricSpan) minutes() int { return int(s.End.Sub(s.Start) / time.Minute) }

// MetricData returns a value for each query that is not hidden and has one in the
// span; CloudWatch leaves out what it has no data of. Questions of all callers
// that come within a moment go into one call, and with them those that were
// answered for the minute before: who watches asks them next. So many rollouts
// together ask once a minute. What is wrong with one question is told to who asked
// it alone.
func (c *Clients) MetricData(ctx context.Context, region string, span MetricSpan, queries []MetricQuery) (map[string]float64, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("ask CloudWatch: %w", err)
	}
	_, in, err := c.awsIn(ctx, region)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(queries)
	if err != nil {
		return nil, fmt.Errorf("ask CloudWatch: %w", err)
	}
	return in.figures.get(ctx, c, region, &metricAsk{key: string(text), like: like(queries), queries: queries, span: span})
}

// like names what the same queries have in common, whomever they are about.
func like(queries []MetricQuery) string {
	var b strings.Builder
	for _, q := range queries {
		fmt.Fprintf(&b, "%q %q %q %q\n", q.Namespace, q.Name, q.Statistic, q.Expression)
	}
	return b.String()
}

const (
	// moment is how long a question waits for others to go with it.
	moment = 500 * time.Millisecond

	// breath is how long the first one of a rollout waits. Ten rollouts that begin
	// together read their functions first, fifteen calls a second of all: so they
	// come to it within some seconds. What they ask next is foreseen.
	breath = 5 * time.Second
)

type unhurried struct{}

// Unhurried returns a context whose first questions to CloudWatch have time to
// wait for those of others: a rollout's, which bakes for minutes. At plan somebody
// waits for them.
func Unhurried(ctx context.Context) context.Context {
	return context.WithValue(ctx, unhurried{}, true)
}

// metricAsk is one question about one span.
type metricAsk struct {
	key     string // the queries
	like    string // without whom they are about
	queries []MetricQuery
	span    MetricSpan

	round  *round        // in which it is asked
	done   chan struct{} // closed once there is an answer
	values map[string]float64
	err    error
}

// about names the question and its span, without how late the data are.
func (a *metricAsk) about() metricAbout {
	return metricAbout{a.key, a.span.Start.Unix(), a.span.End.Unix()}
}

type metricAbout struct {
	key        string
	start, end int64
}

// shape is a question that is asked again for later spans of the same length.
type shape struct {
	key     string
	minutes int
}

// followed is when a question of a shape was asked last.
type followed struct {
	*metricAsk
	moves bool // its spans begin later each time: the window is full
}

// figures gathers the questions to CloudWatch in one region.
type figures struct {
	mu      sync.Mutex
	round   *round // which is being gathered; nil if none is
	asked   map[metricAbout]*metricAsk
	follows map[shape]followed
	longest map[string]int // minutes that such queries were asked about at once
}

// round is what goes to CloudWatch together.
type round struct {
	asks    []*metricAsk
	waiting int                // callers
	cancel  context.CancelFunc // once nobody waits
	over    bool
}

// get waits for the answer to a question, which somebody else may have asked.
func (f *figures) get(ctx context.Context, c *Clients, region string, ask *metricAsk) (map[string]float64, error) {
	a, leave := f.join(ctx, c, region, ask)
	defer leave()
	select {
	case <-a.done:
		return a.values, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("ask CloudWatch: %w", ctx.Err())
	}
}

// join adds a question to the round that is being gathered, unless it is answered
// already or on its way, and returns what its caller calls at the end.
func (f *figures) join(ctx context.Context, c *Clients, region string, ask *metricAsk) (a *metricAsk, leave func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	wait := moment
	if foreseen := f.follow(ask, c.config.Clock.Now()); !foreseen && ctx.Value(unhurried{}) != nil {
		wait = breath
	}
	if a = f.asked[ask.about()]; a == nil {
		if f.round == nil {
			f.round = &round{}
			var all context.Context
			all, f.round.cancel = context.WithCancel(context.WithoutCancel(ctx))
			go f.run(all, c, region, f.round, wait)
		}
		a = f.add(f.round, ask)
	}
	a.round.waiting++
	return a, func() { f.leave(a.round) }
}

// add puts a question into a round.
func (f *figures) add(r *round, ask *metricAsk) *metricAsk {
	ask.round, ask.done = r, make(chan struct{})
	f.asked[ask.about()] = ask
	r.asks = append(r.asks, ask)
	return ask
}

// leave ends a round for which nobody waits any more.
func (f *figures) leave(r *round) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.waiting--; r.waiting > 0 || r.over {
		return
	}
	r.cancel()
	if f.round == r {
		f.round = nil
	}
	f.forget(r, func(*metricAsk) bool { return true })
}

// forget takes from the answers of a round those that are not good for anybody
// who asks later.
func (f *figures) forget(r *round, which func(*metricAsk) bool) {
	for _, a := range r.asks {
		if which(a) && f.asked[a.about()] == a {
			delete(f.asked, a.about())
		}
	}
}

// follow remembers what is asked, and forgets what nobody asks any more. It
// reports whether the like was asked of the minute before: then what goes with
// it has been foreseen.
func (f *figures) follow(ask *metricAsk, now time.Time) (foreseen bool) {
	if f.asked == nil {
		f.asked, f.follows, f.longest = map[metricAbout]*metricAsk{}, map[shape]followed{}, map[string]int{}
	}
	f.longest[ask.like] = max(f.longest[ask.like], ask.span.minutes())
	is := shape{ask.key, ask.span.minutes()}
	last, known := f.follows[is]
	for _, before := range []shape{is, {is.key, is.minutes - 1}} {
		if last, ok := f.follows[before]; ok && ask.span.End.Sub(last.span.End) <= time.Minute {
			foreseen = true
		}
	}
	if !known || last.span.End.Before(ask.span.End) {
		f.follows[is] = followed{ask, known}
	}
	over := func(s MetricSpan) bool { return now.Sub(s.End) > s.Late+3*time.Minute }
	for is, last := range f.follows {
		if over(last.span) {
			delete(f.follows, is)
		}
	}
	for about, a := range f.asked {
		if over(a.span) {
			delete(f.asked, about)
		}
	}
	return foreseen
}

// run asks what was gathered meanwhile.
func (f *figures) run(ctx context.Context, c *Clients, region string, r *round, wait time.Duration) {
	defer r.cancel()
	waited := c.config.Clock.Sleep(ctx, wait)
	f.mu.Lock()
	if f.round == r {
		f.round = nil
	}
	if waited == nil {
		f.foresee(r, c.config.Clock.Now())
	}
	f.mu.Unlock()
	for _, call := range metricCalls(slices.Clone(r.asks)) {
		call.ask(ctx, c, region)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := c.config.Clock.Now()
	r.over = true
	f.forget(r, func(a *metricAsk) bool { // before it is complete there may be more to see
		return a.err != nil || now.Before(a.span.End.Add(a.span.Late))
	})
	for _, a := range r.asks {
		close(a.done)
	}
}

// foresee adds the questions that who watches asks next: those that were asked
// about the minute before, as far as the next one can be seen already. Until a
// window is full its beginning stays where it is. How long one is at most was
// seen when what served before was asked about.
func (f *figures) foresee(r *round, now time.Time) {
	for _, last := range f.follows {
		next := last.span
		next.End = next.End.Add(time.Minute)
		if now.Before(next.End.Add(next.Late)) {
			continue
		}
		starts := []time.Time{next.Start.Add(time.Minute)}
		if !last.moves && last.span.minutes() < f.longest[last.like] {
			starts = append(starts, next.Start)
		}
		for _, next.Start = range starts {
			ask := &metricAsk{key: last.key, like: last.like, queries: last.queries, span: next}
			if f.asked[ask.about()] == nil {
				f.add(r, ask)
			}
		}
	}
}
