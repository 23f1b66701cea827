package lambdaalias

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// limits are what is known of aliases without asking. AWS documents no smallest
// share; what is finer than 0.1 % could not be told from chance. A change of an
// alias takes seconds; a new version may start for minutes, and so may
// provisioned concurrency
// (https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html).
var limits = rollout.Limits{
	Grain: 10, MaxCanary: rollout.Whole - 10, MaxShares: 2, Settle: 10 * time.Minute, Guard: rollout.Atomic,
}

// oneCall is the longest that one request may take; the way home has seconds.
const oneCall = 30 * time.Second

// alias is one alias: where traffic is divided, and the function whose versions
// are published.
type alias struct {
	place
	settings settings
	clients  *cloud.Clients

	last     *lambda.GetAliasOutput      // as last observed
	latest   *function                   // $LATEST, as last observed
	versions map[rollout.Revision]*shape // of the function, as last observed
	address  *string                     // users' own way in: the alias's function URL, once it was asked for
	callers  []rollout.Finding           // who invokes the function, once it was looked for
}

// function is what AWS tells of $LATEST, and of the function as a whole.
type function struct {
	shape
	tags       map[string]string
	tagsUnread bool
	reserved   *int32
}

// Observe implements rollout.Target.
func (t *alias) Observe(ctx context.Context, ask ...rollout.Revision) (rollout.Observation, error) {
	a, err := t.get(ctx)
	if err != nil {
		return rollout.Observation{}, err
	}
	o := t.observation(a)
	ask = slices.Concat(ask, o.Routing.Split.Revisions())
	if err := t.look(ctx, ask); err != nil {
		return rollout.Observation{}, err
	}
	t.last = a
	if sole := o.Routing.Split.Sole(); sole != "" {
		o.Unserved = t.unserved(sole)
	}
	o.Template, o.Abort = t.latest.content(), rollout.OneLine(t.latest.tags[abortKey], longestAbort)
	for _, r := range ask {
		o.Health[r] = health(t.versions[r])
		o.Room[r] = rollout.Whole // it scales by itself
	}
	for r := range o.Routing.Split {
		if v := t.versions[r]; v != nil {
			o.InFlight = max(o.InFlight, time.Duration(aws.ToInt32(v.Timeout))*time.Second)
		}
	}
	if err := t.provisioned(ctx, &o); err != nil {
		return rollout.Observation{}, err
	}
	if t.settings.newest {
		o.Newest, err = t.newest(ctx)
	}
	return o, err
}

// Glance implements rollout.Glancer: the alias tells where traffic goes.
func (t *alias) Glance(ctx context.Context) (rollout.Observation, error) {
	a, err := t.get(ctx)
	if err != nil {
		return rollout.Observation{}, err
	}
	return t.observation(a), nil
}

// observation is what the alias itself tells. A change is settled as soon as it
// is shown: AWS tells nothing of how far it has got. The identity is the ARN:
// there is no other, and the number of a version is never given to another one,
// not even of a function that was made anew
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html).
func (t *alias) observation(a *lambda.GetAliasOutput) rollout.Observation {
	return rollout.Observation{
		Object: aws.ToString(a.AliasArn), Token: rollout.Token(aws.ToString(a.RevisionId)), Settled: true,
		Routing: fromNative(nativeOf(a.FunctionVersion, a.Description, a.RoutingConfig)),
		Marked:  marked(aws.ToString(a.Description)),
		Health:  map[rollout.Revision]rollout.Health{}, Room: map[rollout.Revision]rollout.Weight{},
	}
}

func (t *alias) get(ctx context.Context) (*lambda.GetAliasOutput, error) {
	return call(ctx, t, "read the alias "+t.String(), func(ctx context.Context, c *lambda.Client) (*lambda.GetAliasOutput, error) {
		return c.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: aws.String(t.functionARN()), Name: &t.alias})
	})
}

// call asks one action of Lambda, within the time that one request has.
func call[T any](ctx context.Context, t *alias, doing string, ask func(context.Context, *lambda.Client) (T, error)) (T, error) {
	var none T
	client, err := t.clients.Lambda(ctx, t.region)
	if err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	out, err := ask(ctx, client)
	if err != nil {
		return none, cloud.AWSError(doing, err)
	}
	return out, nil
}

// look reads $LATEST and several versions at once. A version that does not exist
// is absent from what is known afterwards.
func (t *alias) look(ctx context.Context, names []rollout.Revision) error {
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		latest *function
		found  = map[rollout.Revision]*shape{}
		asked  = map[rollout.Revision]bool{"": true, latestName: true}
		errs   = make([]error, len(names)+1) // in the order of the names, whoever answers first
	)
	all.Go(func() { latest, errs[len(names)] = t.read(ctx, "") })
	for i, r := range names {
		if asked[r] {
			continue
		}
		asked[r] = true
		all.Go(func() {
			v, err := t.read(ctx, r)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				found[r] = &v.shape
			case !errors.Is(err, rollout.ErrGone):
				errs[i] = err
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	t.latest, t.versions = latest, found
	return nil
}

const latestName rollout.Revision = "$LATEST"

// read reads a version, or $LATEST where none is named.
func (t *alias) read(ctx context.Context, r rollout.Revision) (*function, error) {
	in := &lambda.GetFunctionInput{FunctionName: aws.String(t.functionARN())}
	doing := "read the function " + t.functionARN()
	if r != "" {
		if !versionName.MatchString(string(r)) {
			return nil, fmt.Errorf("version %s %w", r, rollout.ErrGone)
		}
		in.Qualifier, doing = aws.String(string(r)), "read the version "+t.version(r)
	}
	out, err := call(ctx, t, doing, func(ctx context.Context, c *lambda.Client) (*lambda.GetFunctionOutput, error) {
		return c.GetFunction(ctx, in)
	})
	if err != nil {
		return nil, err
	}
	if out.Configuration == nil {
		return nil, fmt.Errorf("%s: the answer has no configuration", doing)
	}
	f := &function{shape: shape{*out.Configuration}, tags: out.Tags, tagsUnread: out.TagsError != nil}
	if out.Concurrency != nil {
		f.reserved = out.Concurrency.ReservedConcurrentExecutions
	}
	return f, nil
}

// health reads the state of a version
// (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html).
func health(v *shape) rollout.Health {
	if v == nil {
		return rollout.Health{State: rollout.Missing}
	}
	switch v.State {
	case types.StateActive, "":
		return rollout.Health{State: rollout.Ready}
	case types.StatePending, types.StateInactive:
		return rollout.Health{State: rollout.Starting, Reason: reason(v)}
	default: // a state that is newer than this provider is no proof that it serves
		return rollout.Health{State: rollout.Broken, Reason: reason(v)}
	}
}

// reason is the platform's own word for why a version is not ready.
func reason(v *shape) string {
	text := aws.ToString(v.StateReason)
	if text == "" {
		text = "no reason was given"
	}
	if v.StateReasonCode != "" {
		return fmt.Sprintf("%s (%s, %s)", text, v.State, v.StateReasonCode)
	}
	return fmt.Sprintf("%s (%s)", text, v.State)
}

// newest is the version that was published last: the one with the highest number.
func (t *alias) newest(ctx context.Context) (rollout.Revision, error) {
	all, err := t.list(ctx)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0].revision(), nil
}

// Apply implements rollout.Target. Provisioned concurrency goes along: the
// candidate is given it before it is marked, and what the rollout leaves behind
// gives it up before the mark goes, so that a process which dies in between does
// it again.
func (t *alias) Apply(ctx context.Context, want rollout.Routing, at rollout.Token) error {
	if err := limits.Validate(want); err != nil {
		return err
	}
	a, err := t.at(ctx, at)
	if err != nil {
		return err
	}
	n, err := toNative(want, aws.ToString(a.Description))
	if err != nil {
		return err
	}
	was := fromNative(nativeOf(a.FunctionVersion, a.Description, a.RoutingConfig))
	if err := t.provision(ctx, was, want); err != nil {
		return err
	}
	_, err = call(ctx, t, "update the alias "+t.String(), func(ctx context.Context, c *lambda.Client) (*lambda.UpdateAliasOutput, error) {
		return c.UpdateAlias(ctx, &lambda.UpdateAliasInput{
			FunctionName: aws.String(t.functionARN()), Name: &t.alias, RevisionId: aws.String(string(at)),
			FunctionVersion: &n.version, Description: &n.description,
			RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: n.weights},
		})
	})
	return err
}

// at returns the alias in the state that a token names.
func (t *alias) at(ctx context.Context, token rollout.Token) (*lambda.GetAliasOutput, error) {
	if t.last != nil && aws.ToString(t.last.RevisionId) == string(token) {
		return t.last, nil
	}
	a, err := t.get(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(a.RevisionId) != string(token) {
		return nil, fmt.Errorf("%s: %w", t.place, rollout.ErrConflict)
	}
	return a, nil
}

// Subject implements rollout.Target. A version has no address of its own: AWS
// gives one to the function and to aliases alone
// (https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html).
func (t *alias) Subject(ctx context.Context, r rollout.Revision) (rollout.Subject, error) {
	if t.last == nil {
		if _, err := t.Observe(ctx, r); err != nil {
			return rollout.Subject{}, err
		}
	}
	v := t.versions[r]
	if v == nil {
		found, err := t.read(ctx, r)
		if err != nil {
			return rollout.Subject{}, err
		}
		v = &found.shape
	}
	of := rollout.Subject{Revision: r, Env: v.names(), Facts: t.facts(r, v)}
	if fromNative(nativeOf(t.last.FunctionVersion, t.last.Description, t.last.RoutingConfig)).HasAll(r) {
		of.ServiceURL = t.url
	}
	return of, nil
}

func (t *alias) facts(r rollout.Revision, v *shape) map[string]string {
	return map[string]string{
		"account": t.account, "region": t.region, "function": t.function, "alias": t.alias,
		"revision": string(r), "version": string(r), "content": v.identity(), "code": aws.ToString(v.CodeSha256),
		"role": aws.ToString(v.Role), "log_group": v.logGroup(),
		"timeout": (time.Duration(aws.ToInt32(v.Timeout)) * time.Second).String(), // metrics of what runs so long come when it has ended
	}
}

// logGroup is where a version logs
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html).
func (s shape) logGroup() string {
	if s.LoggingConfig != nil && aws.ToString(s.LoggingConfig.LogGroup) != "" {
		return *s.LoggingConfig.LogGroup
	}
	return "/aws/lambda/" + aws.ToString(s.FunctionName)
}

// url returns the alias's function URL, "" where it has none. It is asked for
// once: who has one keeps it.
func (t *alias) url(ctx context.Context) (string, error) {
	if t.address != nil {
		return *t.address, nil
	}
	out, err := call(ctx, t, "read the function URL of "+t.String(), func(ctx context.Context, c *lambda.Client) (*lambda.GetFunctionUrlConfigOutput, error) {
		return c.GetFunctionUrlConfig(ctx, &lambda.GetFunctionUrlConfigInput{FunctionName: aws.String(t.functionARN()), Qualifier: &t.alias})
	})
	switch {
	case errors.Is(err, rollout.ErrGone):
		t.address = new(string)
	case err != nil:
		return "", err
	default:
		t.address = aws.String(aws.ToString(out.FunctionUrl))
	}
	return *t.address, nil
}

// wayHome is the command with which a person takes all traffic back to r. Weights
// that a command leaves out stay as they are.
func (t *alias) wayHome(r rollout.Revision) string {
	return fmt.Sprintf("aws lambda update-alias --region %s --function-name %s --name %s --function-version %s --routing-config AdditionalVersionWeights={}", t.region, t.function, t.alias, r)
}

// abortKey is the tag of the function with which a person asks for rollouts to
// stop; its value says why. An alias has no tags. It is read and never written.
const (
	abortKey     = "rollout-abort"
	longestAbort = 200
)

// resume is the command with which a person takes that back.
func (t *alias) resume() string {
	return fmt.Sprintf("aws lambda untag-resource --region %s --resource %s --tag-keys %s", t.region, t.functionARN(), abortKey)
}

func (t *alias) console() string {
	return fmt.Sprintf("https://%s.console.aws.amazon.com/lambda/home?region=%s#/functions/%s/aliases/%s", t.region, t.region, t.function, t.alias)
}
