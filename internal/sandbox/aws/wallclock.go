package aws

import (
	"context"
	"time"
)

// This is the one file that may look at the real clock. Everything that the
// emulated services do follows Options.Now.

// systemNow is the clock of a sandbox that was started without one.
func systemNow() time.Time { return time.Now() }

// pause waits in real time for d, or until ctx ends and then returns its error.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stopwatch starts measuring real time; the function it returns reads it.
func stopwatch() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

// every calls step at once and then each period until step returns false or ctx ends.
func every(ctx context.Context, period time.Duration, step func(n int) bool) {
	for n := 0; step(n); n++ {
		if pause(ctx, period) != nil {
			return
		}
	}
}
