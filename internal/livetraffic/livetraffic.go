package livetraffic

import (
	"context"
	"sync"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// A Mix says how many users of each kind are at work at the same time, and what
// they do.
type Mix struct {
	Short, Long, Streams, Sockets, Visits int

	Pause time.Duration // between two short requests of a user; 0: at once
	Lasts time.Duration // how long a long request, a stream and a websocket take
	Every time.Duration // between two events of a stream, two messages of a websocket, two pages of a visit
	Stays time.Duration // how long a visit goes from page to page before its last one, a long request
}

// Users is how many of a kind are at work.
func (m Mix) Users(k Kind) int {
	return map[Kind]int{Short: m.Short, Long: m.Long, Stream: m.Streams, Socket: m.Sockets, Visit: m.Visits}[k]
}

// A Load is users at work, from Start to Stop.
type Load struct {
	url   string
	mix   Mix
	clock rollout.Clock
	tally tally

	closing sync.Once
	closed  chan struct{}
	users   sync.WaitGroup
}

// Start lets users begin to use the service at url. Those whose requests last
// begin one after the other, so that at any moment some have just begun, and
// some are nearly done. If ctx ends they break off what they do; Stop is the
// orderly way.
func Start(ctx context.Context, url string, mix Mix, clock rollout.Clock) *Load {
	l := &Load{url: url, mix: mix, clock: clock, closed: make(chan struct{})}
	for _, kind := range Kinds() {
		n := mix.Users(kind)
		for i := range n {
			delay := mix.Lasts * time.Duration(i) / time.Duration(n)
			if kind == Short {
				delay = 0
			}
			l.users.Go(func() { l.work(ctx, kind, delay) })
		}
	}
	return l
}

// Stop starts no further request, waits until every one that is under way has
// ended, and returns what became of them all. It may be called again.
func (l *Load) Stop() Report {
	l.closing.Do(func() { close(l.closed) })
	l.users.Wait()
	return l.Report()
}

// Report is what became of the requests so far.
func (l *Load) Report() Report { return l.tally.report() }

// work is a user: one request after the other. Between start and end stands
// nothing that could lose a request.
func (l *Load) work(ctx context.Context, kind Kind, delay time.Duration) {
	u := newUser(l.url, l.mix, l.clock)
	defer u.leave()
	_ = l.clock.Sleep(ctx, delay) // its error is the end of ctx, which over sees
	for n := 0; !l.over(ctx); n++ {
		l.tally.start(kind)
		revision, err := u.request(ctx, kind, n)
		l.tally.end(kind, revision, err, ctx.Err() != nil)
		if kind == Short {
			_ = l.clock.Sleep(ctx, l.mix.Pause) // as above
		}
	}
}

func (l *Load) over(ctx context.Context) bool {
	select {
	case <-l.closed:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}
