package ecstask

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// keyed is the variable that says what a task was begun for.
const keyed = "ROLLOUT_KEY"

// task implements rollout.Job.
type task struct {
	clients                    *cloud.Clients
	definition, family, region string
	cluster                    cloud.AWSName
	container                  string
	candidate                  bool // it runs the candidate's image
	command                    []string
	service                    string
	subnets, groups            []string
	public                     bool
	launchType, provider       string
	lines                      int

	mu   sync.Mutex
	seen map[string]time.Time // tasks of which ECS has said that they are there, and when
}

// Inspect looks at the task definition, at the cluster, and at where the task is to
// run.
func (j *task) Inspect(ctx context.Context, _ string) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: j.definition, Status: rollout.Failed}
	region := j.clients.AWSRegion(ctx, j.region)
	d, err := j.fetch(ctx, j.definition)
	switch {
	case ctx.Err() == nil && cloud.AWSCode(err) == "ClientException", err == nil && d.text("status") == "INACTIVE":
		f.Retry = true
		return []rollout.Finding{f.Because(msgGone, "region", region)}
	case err != nil:
		return []rollout.Finding{asked.Skipped(ctx, f, err, "ecs:DescribeTaskDefinition")}
	}
	c, ok := d.job(j.container)
	if !ok {
		return []rollout.Finding{f.Because(msgContainer, "containers", d.names())}
	}
	if bad := j.inspectCluster(ctx, f, region); bad != nil {
		return []rollout.Finding{*bad}
	}
	where, found, err := j.place(ctx)
	switch {
	case err != nil:
		return []rollout.Finding{asked.Skipped(ctx, f, err, "ecs:DescribeServices")}
	case !found:
		f.Retry = true
		return []rollout.Finding{f.Because(msgNoService, "service", j.service, "cluster", j.cluster.Name)}
	case d.text("networkMode") == "awsvpc" && where["networkConfiguration"] == nil:
		return []rollout.Finding{f.Because(msgNoNetwork)}
	}
	f.Status, f.Why = rollout.Passed, fmt.Sprintf("the container %s of a copy of it will run on the cluster %s", c.Name, j.cluster.Name)
	return []rollout.Finding{f}
}

func (j *task) inspectCluster(ctx context.Context, f rollout.Finding, region string) *rollout.Finding {
	var found struct{ Clusters []struct{ Status string } }
	err := j.ask(ctx, "DescribeClusters", map[string]any{"clusters": []string{j.cluster.Given}}, &found)
	switch {
	case err != nil:
		f = asked.Skipped(ctx, f, err, "ecs:DescribeClusters")
	case len(found.Clusters) != 1 || found.Clusters[0].Status != "ACTIVE":
		f.Retry = true
		f = f.Because(msgNoCluster, "cluster", j.cluster.Name, "region", region)
	default:
		return nil
	}
	return &f
}

// place is where a task runs, as RunTask takes it: as the block says, or as the
// service does. It is false where that service is not there.
func (j *task) place(ctx context.Context) (map[string]any, bool, error) {
	out := map[string]any{}
	if j.service == "" {
		if j.launchType != "" {
			out["launchType"] = j.launchType
		}
		if j.provider != "" {
			out["capacityProviderStrategy"] = []map[string]any{{"capacityProvider": j.provider, "weight": 1}}
		}
		if len(j.subnets) > 0 {
			public := "DISABLED"
			if j.public {
				public = "ENABLED"
			}
			out["networkConfiguration"] = map[string]any{"awsvpcConfiguration": map[string]any{"subnets": j.subnets, "securityGroups": append([]string{}, j.groups...), "assignPublicIp": public}}
		}
		return out, true, nil
	}
	var found struct {
		Services []struct {
			Status, LaunchType, PlatformVersion string
			CapacityProviderStrategy            []any
			NetworkConfiguration                map[string]any
		}
	}
	err := j.ask(ctx, "DescribeServices", map[string]any{"cluster": j.cluster.Given, "services": []string{j.service}}, &found)
	if err != nil || len(found.Services) != 1 || found.Services[0].Status != "ACTIVE" {
		return nil, false, err
	}
	s := found.Services[0]
	switch {
	case len(s.CapacityProviderStrategy) > 0:
		out["capacityProviderStrategy"] = s.CapacityProviderStrategy
	case s.LaunchType != "":
		out["launchType"] = s.LaunchType
	}
	if s.NetworkConfiguration["awsvpcConfiguration"] != nil {
		out["networkConfiguration"] = s.NetworkConfiguration
	}
	if s.PlatformVersion != "" {
		out["platformVersion"] = s.PlatformVersion
	}
	return out, true, nil
}

// Find returns what was begun for this key: what the tag of its copy says, and what
// ECS shows of a run that was begun.
func (j *task) Find(ctx context.Context, key string) ([]rollout.Execution, error) {
	m, err := j.recall(ctx, j.familyFor(key))
	if err != nil || m == nil {
		return nil, err
	}
	return j.of(ctx, key, m)
}

// of is what is known of an errand.
func (j *task) of(ctx context.Context, key string, m *memory) ([]rollout.Execution, error) {
	if m.clear && m.mark.word == begun {
		return j.underWay(ctx, key, m)
	}
	if m.clear && m.mark.word == refused {
		return nil, nil
	}
	return []rollout.Execution{j.remembers(m)}, nil
}

// underWay is a run that was begun, and those before it that ECS still shows. There is
// none where it may be asked for again.
func (j *task) underWay(ctx context.Context, key string, m *memory) ([]rollout.Execution, error) {
	all, err := j.tasks(ctx, familyOf(m.arn))
	if err != nil {
		return nil, err
	}
	var out []rollout.Execution
	for run := m.mark.run; run > 0; run-- {
		for _, t := range all {
			if t.StartedBy != startedBy(key, run) {
				continue
			}
			x, err := j.execution(ctx, m, t)
			if err != nil {
				return nil, err
			}
			out = append(out, x)
		}
		switch lost := run == m.mark.run && len(out) == 0; {
		case lost && j.clients.Clock().Now().Sub(m.mark.at) < fresh:
			return nil, nil
		case lost:
			seen := fmt.Sprintf("run %d was begun at %s, and ECS shows no task of it any more", run, m.mark.at.UTC().Format("2006-01-02 15:04 UTC"))
			return []rollout.Execution{j.unclear(m, seen)}, nil
		}
	}
	return out, nil
}

// startedBy names a run of an errand.
func startedBy(key string, run int) string { return fmt.Sprintf("rollout/%s/%d", key, run) }

// Start makes the copy, or notes that another run begins, and then runs the task.
func (j *task) Start(ctx context.Context, e rollout.Errand) (rollout.Execution, error) {
	m, err := j.recall(ctx, j.familyFor(e.Key))
	if err != nil {
		return rollout.Execution{}, err
	}
	if m == nil {
		if m, err = j.first(ctx, e); err != nil {
			return rollout.Execution{}, err
		}
	}
	before, err := j.of(ctx, e.Key, m)
	switch {
	case err != nil:
		return rollout.Execution{}, err
	case len(before) > 0 && before[0].State == rollout.JobRunning:
		return before[0], nil
	case len(before) > 0 && before[0].State == rollout.JobUnclear:
		return rollout.Execution{}, fmt.Errorf("%w: %s", rollout.ErrInvalid, before[0].Why)
	case len(before) > 0, m.mark.word == refused:
		if err := j.another(ctx, e, m); err != nil {
			return rollout.Execution{}, err
		}
	}
	return j.run(ctx, e, m)
}

// first makes the copy that is the memory of an errand. Of two processes that do so
// at once the first revision is it, for both.
func (j *task) first(ctx context.Context, e rollout.Errand) (*memory, error) {
	m := mark{run: 1, word: begun, at: j.clients.Clock().Now()}
	arn, err := j.register(ctx, e, &m)
	if err != nil {
		return nil, err
	}
	found, err := j.recall(ctx, j.familyFor(e.Key))
	if err != nil || found != nil {
		return found, err
	}
	return &memory{arn: arn, newest: arn, mark: m, clear: true}, nil // it is not listed yet
}

// another notes that another run begins, of a copy of what the definition is now.
func (j *task) another(ctx context.Context, e rollout.Errand, m *memory) error {
	arn, err := j.register(ctx, e, nil)
	if err != nil {
		return err
	}
	m.newest = arn
	return j.note(ctx, m, mark{run: m.mark.run + 1, word: begun, at: j.clients.Clock().Now(), revision: fmt.Sprint(revisionOf(arn))})
}

// run asks for the task of the run that is noted. The token makes it the same request
// whoever makes it, and however often.
func (j *task) run(ctx context.Context, e rollout.Errand, m *memory) (rollout.Execution, error) {
	in, found, err := j.place(ctx)
	if err != nil {
		return rollout.Execution{}, cloud.AWSError("find where the service "+j.service+" runs", err)
	}
	if !found {
		return rollout.Execution{}, fmt.Errorf("%w: there is no active service %s on the cluster %s", rollout.ErrGone, j.service, j.cluster.Name)
	}
	definition := m.arn
	if m.mark.revision != "" {
		definition = m.arn[:strings.LastIndex(m.arn, ":")+1] + m.mark.revision
	}
	overrides, err := j.overrides(ctx, definition, e)
	if err != nil {
		return rollout.Execution{}, err
	}
	maps.Copy(in, map[string]any{
		"cluster": j.cluster.Given, "taskDefinition": definition, "count": 1, "startedBy": startedBy(e.Key, m.mark.run),
		"clientToken": token(m.arn, m.mark.run), "overrides": overrides,
	})
	var out struct {
		Tasks    []shownTask
		Failures []struct{ Reason, Detail string }
	}
	err = cloud.AWSError("run the task definition "+definition+" on the cluster "+j.cluster.Name, j.ask(ctx, "RunTask", in, &out))
	if err == nil && len(out.Tasks) == 0 {
		err = fmt.Errorf("%w: ECS placed no task on the cluster %s", rollout.ErrInvalid, j.cluster.Name)
		if len(out.Failures) > 0 {
			err = fmt.Errorf("%w: %s", err, rollout.OneLine(strings.TrimSpace(out.Failures[0].Reason+" "+out.Failures[0].Detail), longestLine))
		}
	}
	if err != nil {
		return rollout.Execution{}, j.refused(ctx, m, err)
	}
	j.saw(out.Tasks[0].TaskArn)
	return rollout.Execution{ID: out.Tasks[0].TaskArn, State: rollout.JobRunning, Began: at(out.Tasks[0].CreatedAt)}, nil
}

// refused notes that ECS did not take a run, where that is certain: the next one is
// another. Without the note it is asked for again for half an hour, and unclear then.
func (j *task) refused(ctx context.Context, m *memory, why error) error {
	for _, certain := range []error{rollout.ErrDenied, rollout.ErrInvalid, rollout.ErrGone} {
		if errors.Is(why, certain) {
			if err := j.note(ctx, m, mark{run: m.mark.run, word: refused, at: j.clients.Clock().Now()}); err != nil {
				return fmt.Errorf("%w (%s)", why, err.Error())
			}
		}
	}
	return why
}

// overrides are the command of the job's container, and what it is told.
func (j *task) overrides(ctx context.Context, definition string, e rollout.Errand) (map[string]any, error) {
	d, err := j.describe(ctx, definition)
	if err != nil {
		return nil, err
	}
	c, ok := d.job(j.container)
	if !ok {
		return nil, fmt.Errorf("%w: which container of %s is the job is not known: it has %s", rollout.ErrInvalid, definition, d.names())
	}
	one := map[string]any{"name": c.Name}
	if len(j.command) > 0 {
		one["command"] = j.command
	}
	env := []map[string]string{{"name": keyed, "value": e.Key}}
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		env = append(env, map[string]string{"name": name, "value": e.Env[name]})
	}
	one["environment"] = env
	return map[string]any{"containerOverrides": []any{one}}, nil
}
