package lambdafunction

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	// accepts is how long Start waits for a refusal before it says that the function is
	// running; most functions have answered by then.
	accepts = 5 * time.Second

	// margin is how long after its timeout a function has certainly ended, and its
	// figures are there.
	margin = 3 * time.Minute

	longestLine = 300

	// keyed says what an invocation was begun for.
	keyed = "ROLLOUT_KEY"
)

// function implements rollout.Job.
type function struct {
	clients                            *cloud.Clients
	given, function, qualifier, region string
	payload                            string
	lines                              int
	accepts                            time.Duration

	mu    sync.Mutex
	calls map[string]*call // by alias, of this process
}

// A call is an invocation that this process waits for.
type call struct {
	run   int
	over  chan struct{} // closed at its end
	ended rollout.Execution
	err   error
}

// Inspect looks at the version that is to be invoked.
func (j *function) Inspect(ctx context.Context, _ string) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: j.function, Status: rollout.Failed}
	c, err := j.configuration(ctx)
	switch {
	case ctx.Err() == nil && cloud.AWSGone(err):
		f.Retry = true
		f = f.Because(msgGone, "region", j.clients.AWSRegion(ctx, j.region))
	case err != nil:
		f = asked.Skipped(ctx, f, err, "lambda:GetFunctionConfiguration")
	case c.State != types.StateActive && c.State != types.StateInactive && c.State != "":
		f.Retry = c.State == types.StatePending
		f = f.Because(msgState, "state", c.State)
	default:
		f.Status, f.Why = rollout.Passed, fmt.Sprintf("version %s of it will be invoked, and may take %s", aws.ToString(c.Version), rollout.Short(limitOf(c)))
	}
	return []rollout.Finding{f}
}

func (j *function) configuration(ctx context.Context) (*lambda.GetFunctionConfigurationOutput, error) {
	client, err := j.clients.Lambda(ctx, j.region)
	if err != nil {
		return nil, err
	}
	in := &lambda.GetFunctionConfigurationInput{FunctionName: &j.given}
	if j.qualifier != "" {
		in.Qualifier = &j.qualifier
	}
	return client.GetFunctionConfiguration(ctx, in)
}

// limitOf is how long an invocation may take.
func limitOf(c *lambda.GetFunctionConfigurationOutput) time.Duration {
	const usual = 3 * time.Second // https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
	if c.Timeout == nil {
		return usual
	}
	return time.Duration(*c.Timeout) * time.Second
}

// Find returns what was begun for this key: what its alias says, and what CloudWatch
// proves of a run whose answer nobody has noted.
func (j *function) Find(ctx context.Context, key string) ([]rollout.Execution, error) {
	m, err := j.recall(ctx, prefix+key)
	if err != nil || m == nil {
		return nil, err
	}
	x, there, err := j.last(ctx, m)
	if err != nil || !there {
		return nil, err
	}
	return []rollout.Execution{x}, nil
}

// last is the last run of an errand; false where Lambda took none.
func (j *function) last(ctx context.Context, m *memory) (rollout.Execution, bool, error) {
	x := rollout.Execution{ID: m.alias, Ended: m.mark.at}
	switch {
	case !m.clear:
		return j.unclear(ctx, m, fmt.Sprintf("its description is %q, which says nothing of a run", rollout.OneLine(m.text, longestLine))), true, nil
	case m.mark.word == refused:
		return rollout.Execution{}, false, nil
	case m.mark.word == succeeded:
		x.State = rollout.JobSucceeded
	case m.mark.word == failed:
		x.State = rollout.JobFailed
	default:
		return j.underWay(ctx, m)
	}
	return x, true, nil
}

// underWay is a run that was begun, and of which no end is noted.
func (j *function) underWay(ctx context.Context, m *memory) (rollout.Execution, bool, error) {
	if c := j.callOf(m.alias); c != nil && c.run == m.mark.run {
		return j.shown(ctx, c, m)
	}
	if j.clients.Clock().Now().Before(m.mark.at.Add(m.mark.limit + margin)) {
		return rollout.Execution{ID: m.alias, State: rollout.JobRunning, Began: m.mark.at}, true, nil
	}
	x, err := j.proven(ctx, m)
	return x, err == nil, err
}

func (j *function) callOf(alias string) *call {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.calls[alias]
}

// shown is a call of this process: its answer, or that there is none yet. One whose
// answer was lost is as if another process had made it.
func (j *function) shown(ctx context.Context, c *call, m *memory) (rollout.Execution, bool, error) {
	running := rollout.Execution{ID: m.alias, State: rollout.JobRunning, Began: m.mark.at}
	switch over := c.wait(ctx, 0); {
	case !over:
		return running, true, nil
	case c.err == nil:
		return c.ended, true, nil
	}
	j.mu.Lock()
	delete(j.calls, m.alias)
	j.mu.Unlock()
	return running, true, nil
}

// Start notes that a run begins, and invokes the function. It waits for a refusal for a
// moment; the answer is for Look.
func (j *function) Start(ctx context.Context, e rollout.Errand) (rollout.Execution, error) {
	if e.Image != "" {
		return rollout.Execution{}, fmt.Errorf("%w: a function of Lambda runs its own code, not the candidate's image", rollout.ErrInvalid)
	}
	m, err := j.recall(ctx, prefix+e.Key)
	if err != nil {
		return rollout.Execution{}, err
	}
	if m != nil {
		x, there, err := j.last(ctx, m)
		switch {
		case err != nil, there && x.State == rollout.JobRunning:
			return x, err
		case there && x.State == rollout.JobUnclear:
			return rollout.Execution{}, fmt.Errorf("%w: %s", rollout.ErrInvalid, x.Why)
		}
	}
	if m, err = j.begins(ctx, e.Key, m); err != nil {
		return rollout.Execution{}, err
	}
	c := &call{run: m.mark.run, over: make(chan struct{})}
	j.mu.Lock()
	if j.calls == nil {
		j.calls = map[string]*call{}
	}
	j.calls[m.alias] = c
	j.mu.Unlock()
	its := *m // the call's own
	go j.invoke(context.WithoutCancel(ctx), c, &its, e)
	if c.wait(ctx, j.accepts) && c.err != nil {
		return rollout.Execution{}, c.err
	}
	return rollout.Execution{ID: m.alias, State: rollout.JobRunning, Began: m.mark.at}, nil
}

// wait waits for the end of a call for so long, and reports whether it came.
func (c *call) wait(ctx context.Context, d time.Duration) bool {
	waits, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case <-c.over:
	case <-waits.Done():
	}
	select {
	case <-c.over: // also where the time was over at the same moment
		return true
	default:
		return false
	}
}

// begins notes that the next run begins, of the version that is named now.
func (j *function) begins(ctx context.Context, key string, m *memory) (*memory, error) {
	c, err := j.configuration(ctx)
	if err != nil {
		return nil, cloud.AWSError("get the configuration of "+j.function, err)
	}
	clock := j.clients.Clock()
	next := mark{run: 1, word: begun, at: clock.Now(), limit: limitOf(c)}
	if m == nil {
		return j.create(ctx, prefix+key, aws.ToString(c.Version), next)
	}
	if until := m.mark.at.Truncate(time.Minute).Add(time.Minute); next.at.Before(until) { // figures are of minutes: no two runs share one
		if err := clock.Sleep(ctx, until.Sub(next.at)); err != nil {
			return nil, fmt.Errorf("wait for the next minute, since figures are of minutes: %w", err)
		}
		next.at = clock.Now()
	}
	next.run = m.mark.run + 1
	return m, j.note(ctx, m, aws.ToString(c.Version), next)
}

// invoke invokes the function by the alias, and notes what it answered.
func (j *function) invoke(ctx context.Context, c *call, m *memory, e rollout.Errand) {
	defer close(c.over)
	began := m.mark.at
	out, err := j.ask(cloud.Patiently(ctx, m.mark.limit+margin), m.alias, e)
	now := j.clients.Clock().Now()
	if err != nil {
		c.err = j.refused(ctx, m, err)
		return
	}
	c.ended = rollout.Execution{ID: m.alias, State: rollout.JobSucceeded, Began: began, Ended: now}
	end := mark{run: m.mark.run, word: succeeded, at: now}
	if out.FunctionError != nil {
		end.word = failed
		c.ended.State, c.ended.Why, c.ended.Log = rollout.JobFailed, raised(out.Payload), j.log(out.LogResult)
	}
	if err := j.note(ctx, m, "", end); err != nil { // its figures prove it later
		c.ended.Why = strings.TrimPrefix(c.ended.Why+"; "+err.Error(), "; ")
	}
}

// ask invokes it. An alias that was made a moment ago may not be known everywhere yet:
// then nothing was invoked.
func (j *function) ask(ctx context.Context, alias string, e rollout.Errand) (*lambda.InvokeOutput, error) {
	client, err := j.clients.Lambda(ctx, j.region)
	if err != nil {
		return nil, err
	}
	custom := map[string]string{keyed: e.Key}
	maps.Copy(custom, e.Env)
	told, err := json.Marshal(map[string]any{"custom": custom})
	if err != nil {
		return nil, fmt.Errorf("invoke %s: %w", j.function, err)
	}
	in := &lambda.InvokeInput{
		FunctionName: &j.given, Qualifier: &alias, InvocationType: types.InvocationTypeRequestResponse, LogType: types.LogTypeTail,
		Payload: []byte(j.payload), ClientContext: aws.String(base64.StdEncoding.EncodeToString(told)),
	}
	for try := 1; ; try++ {
		out, err := client.Invoke(ctx, in)
		if !cloud.AWSGone(err) || try == 5 || j.clients.Clock().Sleep(ctx, time.Duration(try)*time.Second) != nil {
			return out, err
		}
	}
}

// refused says why a function was not invoked, or that its answer was lost. Where it is
// certain that it was not, that is noted: the next run is another.
func (j *function) refused(ctx context.Context, m *memory, err error) error {
	why := cloud.AWSError("invoke "+j.function+" by its alias "+m.alias, err)
	for _, certain := range []error{rollout.ErrDenied, rollout.ErrInvalid, rollout.ErrGone, rollout.ErrConflict} {
		if errors.Is(why, certain) {
			if err := j.note(ctx, m, "", mark{run: m.mark.run, word: refused, at: j.clients.Clock().Now()}); err != nil {
				return fmt.Errorf("%w (%s)", why, err.Error())
			}
		}
	}
	return why
}

// raised is the error of a function, as the runtimes report it
// (https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html).
func raised(payload []byte) string {
	var out struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal(payload, &out) != nil || out.ErrorMessage == "" && out.ErrorType == "" {
		return "the function ended with an error that says nothing"
	}
	return rollout.OneLine(strings.TrimPrefix(out.ErrorType+": "+out.ErrorMessage, ": "), longestLine)
}

// log is the end of what an invocation has printed, without Lambda's own lines.
func (j *function) log(tail *string) []string {
	text, err := base64.StdEncoding.DecodeString(aws.ToString(tail))
	if err != nil {
		return nil
	}
	var lines []string
	for _, line := range strings.Split(string(text), "\n") {
		own := strings.HasPrefix(line, "START RequestId: ") || strings.HasPrefix(line, "END RequestId: ") || strings.HasPrefix(line, "REPORT RequestId: ")
		if line = rollout.OneLine(line, longestLine); line != "" && !own {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-j.lines):]
}

// Look returns what became of an errand's last run.
func (j *function) Look(ctx context.Context, id string) (rollout.Execution, error) {
	if c := j.callOf(id); c != nil {
		switch over := c.wait(ctx, j.accepts); {
		case !over:
			return rollout.Execution{ID: id, State: rollout.JobRunning}, nil
		case c.err == nil:
			return c.ended, nil
		}
	}
	m, err := j.recall(ctx, id)
	switch {
	case err != nil:
		return rollout.Execution{}, err
	case m == nil:
		return rollout.Execution{ID: id, Why: "its alias has gone, which said how far it had come"}, nil
	}
	x, there, err := j.last(ctx, m)
	if err == nil && !there {
		return rollout.Execution{ID: id, State: rollout.JobFailed, Why: "Lambda did not take it"}, nil
	}
	return x, err
}
