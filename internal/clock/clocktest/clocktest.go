// Package clocktest provides a clock that moves only when somebody sleeps, so
// that a test of an hour's rollout takes a moment and asserts no duration.
package clocktest

import (
	"context"
	"sync"
	"time"
)

// Clock is a virtual clock. Sleeping moves it. The zero value is not usable.
type Clock struct {
	mu   sync.Mutex
	now  time.Time
	tick time.Duration
	each []func(now time.Time)
}

// New returns a clock that stands at start.
func New(start time.Time) *Clock { return &Clock{now: start} }

// Now returns where the clock stands.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Every has f called at every tick that passes while somebody sleeps: this is
// how the world goes on meanwhile. One tick serves all callers: the shortest.
func (c *Clock) Every(tick time.Duration, f func(now time.Time)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tick == 0 || tick < c.tick {
		c.tick = tick
	}
	c.each = append(c.each, f)
}

// Advance moves the clock as sleeping does.
func (c *Clock) Advance(d time.Duration) {
	_ = c.Sleep(context.Background(), d) // that context never ends
}

// Sleep moves the clock by d, a tick at a time, and returns without waiting.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	for d > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		step, each, now := c.step(d)
		for _, f := range each {
			f(now)
		}
		d -= step
	}
	return ctx.Err()
}

func (c *Clock) step(d time.Duration) (time.Duration, []func(time.Time), time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tick > 0 && d > c.tick {
		d = c.tick
	}
	c.now = c.now.Add(d)
	return d, c.each, c.now
}
