// Package fast is a clock that runs faster than the system's, and is the same in
// several processes.
package fast

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock"
)

// variable tells other processes of a clock.
const variable = "BENCH_CLOCK"

// Clock implements rollout.Clock.
type Clock struct {
	since time.Time
	times int // seconds that pass in one
}

// New returns a clock that is started now, and on which so many seconds pass in
// one.
func New(times int) Clock { return Clock{time.Now(), times} }

// Environ tells a process of the clock, which joins it by Joined.
func (c Clock) Environ() string {
	return fmt.Sprintf("%s=%d*%d", variable, c.since.UnixNano(), c.times)
}

// Joined is the clock of the process that started this one.
func Joined() (Clock, error) {
	var since int64
	var c Clock
	if _, err := fmt.Sscanf(os.Getenv(variable), "%d*%d", &since, &c.times); err != nil || c.times < 1 {
		return c, fmt.Errorf("%s is %q: %w", variable, os.Getenv(variable), err)
	}
	c.since = time.Unix(0, since)
	return c, nil
}

// Now returns the time on the clock.
func (c Clock) Now() time.Time { return c.since.Add(time.Duration(c.times) * time.Since(c.since)) }

// Sleep waits until d has passed on the clock, or until the context ends.
func (c Clock) Sleep(ctx context.Context, d time.Duration) error {
	return clock.System{}.Sleep(ctx, d/time.Duration(c.times))
}
