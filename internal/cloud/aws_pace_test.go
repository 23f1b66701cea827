package cloud_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// TestAWSAgain counts how often each request is made: until it succeeds where it
// was certainly not done before, and once where it may have been.
func TestAWSAgain(t *testing.T) {
	type trouble struct {
		status        int
		code          string
		always, reads bool // asked again: whatever it is, only if it reads
	}
	for name, c := range map[string]trouble{
		"throttled by Lambda":              {429, "TooManyRequestsException", true, true},
		"throttled in JSON":                {400, "ThrottlingException", true, true},
		"throttled by a query":             {400, "Throttling", true, true},
		"throttled by EC2":                 {503, "RequestLimitExceeded", true, true},
		"throttled by S3":                  {503, "SlowDown", true, true},
		"throttled by status":              {429, "Unheard", true, true},
		"not well":                         {500, "InternalFailure", false, true},
		"not available":                    {503, "ServiceUnavailable", false, true},
		"no answer":                        {0, "", false, true},
		"a limit on how much there may be": {400, "LimitExceededException", false, false},
		"a conflict":                       {409, "ResourceConflictException", false, false},
		"denied":                           {403, "AccessDenied", false, false},
	} {
		for _, p := range protocols {
			t.Run(name+" "+p.name, func(t *testing.T) {
				f := newAWS(t)
				f.answer = func(n int, _ arrived) reply {
					switch {
					case n > 2:
						return reply{}
					case c.status == 0:
						return reply{cut: true}
					}
					return p.refuses(c.status, c.code, "no")
				}
				err := p.ask(t.Context(), f.clients())
				again := c.always || c.reads && !p.write
				if calls := len(f.seen()); again && (calls != 3 || err != nil) || !again && (calls != 1 || err == nil) {
					t.Errorf("%d calls, %v", calls, err)
				}
				if !again && c.status == 0 {
					for _, s := range sentinels {
						if errors.Is(cloud.AWSError("ask", err), s) {
							t.Errorf("%v says that nothing has changed, and nobody knows", err)
						}
					}
				}
			})
		}
	}
}

// TestAWSGivesUp: what goes on for too long is told, with the code of AWS.
func TestAWSGivesUp(t *testing.T) {
	f := newAWS(t)
	f.answer = func(int, arrived) reply { return inRestJSON(429, "TooManyRequestsException", "Rate exceeded") }
	err := cloud.AWSError("ask", updateAlias(t.Context(), f.clients()))
	if err == nil || cloud.AWSCode(updateAlias(t.Context(), f.clients())) != "TooManyRequestsException" {
		t.Error(err)
	}
	f.answer = func(int, arrived) reply { return reply{cut: true} }
	before := len(f.seen())
	if err := getAlias(t.Context(), f.clients()); err == nil {
		t.Error("no error")
	}
	if calls := len(f.seen()) - before; calls != 8 {
		t.Errorf("%d calls", calls)
	}
}

// TestEachTryIsSigned: a signature is of one moment.
func TestEachTryIsSigned(t *testing.T) {
	for _, p := range protocols {
		f := newAWS(t)
		f.answer = func(n int, _ arrived) reply {
			if n == 1 {
				return p.refuses(429, "TooManyRequestsException", "Rate exceeded")
			}
			return reply{}
		}
		if err := p.ask(t.Context(), f.clients()); err != nil {
			t.Error(err)
		}
		seen := f.seen()
		if len(seen) != 2 || seen[0].authorization == "" || seen[1].authorization == "" || seen[0].body != seen[1].body {
			t.Errorf("%s: %+v", p.name, seen)
		}
	}
}

// TestThousandAliases: a refresh of a thousand aliases waits for nothing as long
// as nothing is throttled.
func TestThousandAliases(t *testing.T) {
	f := newAWS(t)
	c := f.clients()
	for range 1000 {
		if err := c.PacedAWS(t.Context(), "Lambda", region, "GetAlias", true, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if now := f.clock.Now(); !now.Equal(noon) {
		t.Errorf("it waited until %s", now)
	}
	for range 15 {
		_ = c.PacedAWS(t.Context(), "Lambda", region, "GetAlias", true, func(context.Context) error { return nil })
	}
	if waited := f.clock.Now().Sub(noon); waited != time.Second {
		t.Errorf("15 more waited %s", waited)
	}
}

// TestPacesAreApart: regions and services, and actions that AWS counts apart, do
// not wait for each other.
func TestPacesAreApart(t *testing.T) {
	f := newAWS(t)
	c := f.clients()
	ask := func(service, region, action string) {
		t.Helper()
		if err := c.PacedAWS(t.Context(), service, region, action, true, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for range 40 {
		ask("Elastic Load Balancing v2", region, "DescribeRules")
	}
	ask("Elastic Load Balancing v2", "eu-north-1", "DescribeRules")
	ask("Lambda", region, "GetAlias")
	ask("iam", region, "GetRole")
	if now := f.clock.Now(); !now.Equal(noon) {
		t.Errorf("they waited until %s", now)
	}
	ask("Elastic Load Balancing v2", region, "ModifyRule") // the same service
	if waited := f.clock.Now().Sub(noon); waited != 100*time.Millisecond {
		t.Errorf("it waited %s", waited)
	}
	for range 1000 {
		ask("Lambda", region, "GetAlias")
	}
	before := f.clock.Now()
	ask("Lambda", region, "GetFunction")
	ask("Lambda", region, "GetPolicy")
	if now := f.clock.Now(); !now.Equal(before) {
		t.Errorf("actions that are counted apart waited %s", now.Sub(before))
	}
}

// bucket allows so many requests in a second, as AWS counts them.
type bucket struct {
	mu       sync.Mutex
	tokens   float64
	at       time.Time
	each     float64
	refused  int
	accepted int
}

func (b *bucket) take(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(b.each, b.tokens+now.Sub(b.at).Seconds()*b.each)
	b.at = now
	if b.tokens < 1 {
		b.refused++
		return &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}
	}
	b.tokens--
	b.accepted++
	return nil
}

// TestNoThrottlingReachesAUser has as many at once as Terraform has, and twenty
// times as many, ask an API that throttles at ten requests a second, and one that
// throttles at two.
func TestNoThrottlingReachesAUser(t *testing.T) {
	for _, c := range []struct {
		workers, each int
		allowed       float64
	}{{10, 100, 10}, {100, 10, 10}, {10, 20, 2}} {
		t.Run(fmt.Sprintf("%d at once, %g a second", c.workers, c.allowed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				of := cloud.New(cloud.Config{Clock: clock.System{}})
				system := clock.System{}
				b := bucket{each: c.allowed, tokens: c.allowed, at: system.Now()}
				var failed atomic.Int64
				var all sync.WaitGroup
				for range c.workers {
					all.Go(func() {
						for range c.each {
							err := of.PacedAWS(t.Context(), "Lambda", region, "GetAlias", true, func(ctx context.Context) error {
								if err := system.Sleep(ctx, 30*time.Millisecond); err != nil {
									return err
								}
								return b.take(system.Now())
							})
							if err != nil {
								failed.Add(1)
							}
						}
					})
				}
				all.Wait()
				if failed.Load() > 0 || b.accepted != c.workers*c.each {
					t.Errorf("%d failed", failed.Load())
				}
				t.Logf("%d accepted, %d throttled", b.accepted, b.refused)
				if b.refused*2 > b.accepted {
					t.Errorf("%d were throttled, of %d", b.refused, b.accepted)
				}
			})
		})
	}
}

// TestAWSRecovers: who was throttled asks as much as AWS allows again, some time
// after.
func TestAWSRecovers(t *testing.T) {
	f := newAWS(t)
	c := f.clients()
	ask := func(err error) {
		_ = c.PacedAWS(t.Context(), "Lambda", region, "UpdateAlias", false, func(context.Context) error {
			defer func() { err = nil }()
			return err
		})
	}
	within := func(n int) time.Duration {
		before := f.clock.Now()
		for range n {
			ask(nil)
		}
		return f.clock.Now().Sub(before)
	}
	for range 10 { // at once: they have one cause
		c.Eases("Lambda", region, "UpdateAlias")
	}
	if took := within(15); took < 1200*time.Millisecond || took > 1500*time.Millisecond {
		t.Errorf("after ten throttled at once 15 took %s", took)
	}
	f.clock.Advance(time.Minute)
	within(1)
	ask(&smithy.GenericAPIError{Code: "TooManyRequestsException"})
	if took := within(15); took < 1200*time.Millisecond {
		t.Errorf("right after a throttled answer 15 took %s", took)
	}
	f.clock.Advance(time.Minute)
	within(1)
	if took := within(15); took != time.Second {
		t.Errorf("a minute later 15 took %s", took)
	}
}

// TestAWSAnswersInTime: who is not answered waits half a minute, whatever it is.
func TestAWSAnswersInTime(t *testing.T) {
	for _, reads := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			system := clock.System{}
			of := cloud.New(cloud.Config{Clock: system})
			begun, tried := system.Now(), 0
			err := of.PacedAWS(t.Context(), "Lambda", region, "GetAlias", reads, func(ctx context.Context) error {
				if tried++; tried == 1 && reads {
					_ = system.Sleep(ctx, 20*time.Second)
					return fmt.Errorf("read: %w", io.ErrUnexpectedEOF)
				}
				<-ctx.Done()
				return ctx.Err()
			})
			if took := system.Now().Sub(begun); took != 30*time.Second {
				t.Errorf("it took %s", took)
			}
			want := "ask: no answer within 30s: context deadline exceeded"
			if reads {
				want += "; the try before was answered read: unexpected EOF"
			}
			if err = cloud.AWSError("ask", err); err == nil || !errors.Is(err, context.DeadlineExceeded) || err.Error() != want {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestAWSWaitsForItsTurn: time in a queue is no time of a call, and who is
// cancelled there has not asked.
func TestAWSWaitsForItsTurn(t *testing.T) {
	f := newAWS(t)
	c := f.clients()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	asked := false
	err := c.PacedAWS(ctx, "Lambda", region, "UpdateAlias", false, func(context.Context) error { asked = true; return nil })
	if asked || !errors.Is(err, context.Canceled) || errors.Is(err, rollout.ErrConflict) {
		t.Errorf("asked: %t, %v", asked, err)
	}
}

// TestSlowBodies: an answer that breaks off is none.
func TestBrokenAnswers(t *testing.T) {
	f := newAWS(t)
	f.answer = func(n int, _ arrived) reply {
		if n == 1 {
			return reply{status: http.StatusOK, header: map[string]string{"Content-Length": "100"}, body: `{"Name":`}
		}
		return reply{}
	}
	for _, p := range protocols {
		if p.write {
			continue
		}
		before := len(f.seen())
		if err := p.ask(t.Context(), f.clients()); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
		if calls := len(f.seen()) - before; before == 0 && calls != 2 {
			t.Errorf("%s: %d calls", p.name, calls)
		}
	}
}
