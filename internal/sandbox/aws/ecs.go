package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// containers are ECS's rollouts and tasks. Clusters, task definitions and services
// are moto's; in moto a new deployment never appears, no task ever runs, and
// nothing is ever said in the events.
type containers struct {
	mu       sync.Mutex
	ids      int
	services map[string]*rollouts // by ARN
	code     map[string]TaskCode  // by family, with wildcards
	runs     []*ran               // outside of services
	pulled   map[string]string    // digests, by image
}

// rollouts are the deployments of a service, the newest first
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html).
type rollouts struct {
	arn         string
	deployments []*deployment
	events      []map[string]any // the newest first
	stopped     []map[string]any // tasks
	registers   []registration
	rebalancing string   // of zones, which moto forgets
	plans       []string // reasons for which deployments to come will fail
	grace       time.Duration
	leaving     []*leavingTask
	protected   bool // from scale-in: tasks go on until StopTask ends them
}

// A leavingTask was told to stop, and has until a moment: it is to be STOPPED and is
// STOPPING until then
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html).
type leavingTask struct {
	arn, definition, by string
	containers          []any
	started             time.Time
	stop                stopping
	until               time.Time
}

type deployment struct {
	id, definition string
	containers     []any // as its tasks show them
	desired        int
	began          time.Time
	job            job
	said           bool         // its end stands in the events
	ended          map[int]bool // its tasks that StopTask ended
	up             bool         // its tasks run, and it waits for others that are protected
}

// rolled is CreateService and UpdateService: a change of the task definition, or a
// forced one, begins a deployment.
func (s *Sandbox) rolled(ctx context.Context, r *request) (*answer, error) {
	doc, err := r.document()
	if err != nil {
		return nil, err
	}
	if err := s.attachable(doc); err != nil {
		return nil, err
	}
	a, err := s.forward(ctx, r)
	if err != nil || a.status != http.StatusOK {
		return a, err
	}
	out, service, err := serviceOf(a)
	if err != nil {
		return nil, err
	}
	definition, desired := fmt.Sprint(service["taskDefinition"]), count(service["desiredCount"])
	var containers []any
	if arn := s.resolved(r, "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition", map[string]string{"taskDefinition": definition}, func(doc map[string]any) any {
		d, _ := doc["taskDefinition"].(map[string]any)
		containers, _ = d["containerDefinitions"].([]any)
		return d["taskDefinitionArn"]
	}); arn != "" {
		definition = arn // in moto they repeat what was said
	}
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	ro := s.containers.of(fmt.Sprint(service["serviceArn"]))
	if n := len(ro.deployments); n == 0 || ro.deployments[0].definition != definition || doc["forceNewDeployment"] == true {
		s.containers.ids++
		d := &deployment{id: fmt.Sprintf("ecs-svc/%019d", s.containers.ids), definition: definition, began: s.now(), containers: s.containers.shown(containers)}
		d.job = job{begun: true, due: s.now().Add(r.trouble.lasts(s.o.Deployments)), held: r.trouble.held}
		if len(ro.plans) > 0 {
			d.job.fails = &Break{Reason: ro.plans[0]}
			ro.plans = ro.plans[1:]
		}
		ro.deployments = append([]*deployment{d}, ro.deployments...)
	}
	ro.deployments[0].desired, ro.registers = desired, registrations(service)
	ro.rebalances(doc)
	s.deployed(ro, service)
	return inJSON(http.StatusOK, out).set("Content-Type", "application/x-amz-json-1.1"), nil
}

func count(v any) int {
	f, _ := v.(float64)
	return int(f)
}

func (c *containers) of(arn string) *rollouts {
	if c.services == nil {
		c.services = map[string]*rollouts{}
	}
	if c.services[arn] == nil {
		c.services[arn] = &rollouts{arn: arn}
	}
	return c.services[arn]
}

// deployed writes what is so at this moment into a service. While a deployment is
// under way the one before it goes on as ACTIVE; one that failed leaves it the
// traffic, and says why (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html).
func (s *Sandbox) deployed(ro *rollouts, service map[string]any) {
	name := fmt.Sprint(service["serviceName"])
	dropEmptyNetwork(service)
	shown, running, pending := []any{}, 0, 0
	for i, d := range ro.deployments {
		ro.end(i, s.now())
		if d.job.over && !d.said {
			d.said = true
			text := fmt.Sprintf("(service %s) has reached a steady state.", name)
			if d.job.failed() {
				text = fmt.Sprintf("(service %s) (deployment %s) deployment failed: tasks failed to start. %s", name, d.id, d.job.fails.Reason)
			}
			ro.event(text, s.now())
		}
		status, state, reason := "PRIMARY", "IN_PROGRESS", "ECS deployment "+d.id+" in progress."
		updated := s.now()
		if d.job.over {
			updated = d.job.due
		}
		up, coming, bad := 0, d.desired, 0
		switch {
		case d.up:
			up, coming = d.desired-len(d.ended), 0
		case d.job.failed():
			state, reason, coming, bad = "FAILED", "ECS deployment circuit breaker: tasks failed to start.", 0, d.desired
		case d.job.over:
			state, reason, up, coming = "COMPLETED", "ECS deployment "+d.id+" completed.", d.desired-len(d.ended), 0
		}
		if i > 0 {
			status = "ACTIVE"
		}
		running, pending = running+up, pending+coming
		shown = append(shown, map[string]any{
			"id": d.id, "status": status, "taskDefinition": d.definition, "desiredCount": d.desired, "runningCount": up, "pendingCount": coming,
			"failedTasks": bad, "createdAt": unix(d.began), "updatedAt": unix(updated), "rolloutState": state, "rolloutStateReason": reason,
		})
		if d.job.over && !d.job.failed() {
			ro.done(i, s.now())
			break
		}
	}
	if len(ro.deployments) > 0 {
		service["taskDefinition"], service["availabilityZoneRebalancing"] = ro.deployments[0].definition, ro.rebalancing
	}
	service["deployments"], service["runningCount"], service["pendingCount"] = shown, running, pending
	service["events"] = ro.events
	if ro.events == nil {
		service["events"] = []any{}
	}
}

// dropEmptyNetwork takes away what moto shows of a service outside of a VPC's network,
// and ECS does not: the aws provider falls over it.
func dropEmptyNetwork(service map[string]any) {
	if network, ok := service["networkConfiguration"].(map[string]any); ok && network["awsvpcConfiguration"] == nil {
		delete(service, "networkConfiguration")
	}
}

// settle ends the deployments whose time has come.
func (ro *rollouts) settle(now time.Time) {
	for i, d := range ro.deployments {
		ro.end(i, now)
		if d.job.over && !d.job.failed() {
			ro.done(i, now)
			return
		}
	}
}

// end ends the i-th deployment if its time has come. Where older tasks are protected
// its own run by then, and it waits for those
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html).
func (ro *rollouts) end(i int, now time.Time) {
	d := ro.deployments[i]
	waits := false
	for _, older := range ro.deployments[i+1:] {
		waits = waits || ro.protected && len(older.running()) > 0
	}
	if waits && d.job.pending() && d.job.fails == nil {
		d.up = d.up || !now.Before(d.job.due)
		return
	}
	d.job.end(now)
	d.up = d.up && !d.job.over
}

// Protect lets the tasks of a service be protected from scale-in, as those of a worker
// that is at work: a deployment waits for them.
func (s *Sandbox) Protect(service string) {
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	s.containers.of(service).protected = true
}

// done ends the deployments before the i-th, which is over: their tasks are told to
// stop. Those that need no time for it are not shown any more.
func (ro *rollouts) done(i int, now time.Time) {
	by := ro.deployments[i]
	at := by.job.due
	if by.job.held != nil {
		at = now
	}
	for _, d := range ro.deployments[i+1:] {
		for _, n := range d.running() {
			if ro.grace > 0 {
				ro.leaving = append(ro.leaving, &leavingTask{
					arn: taskARN(ro.arn, d.id, n), definition: d.definition, by: d.id, containers: d.containers, started: d.job.due, until: at.Add(ro.grace),
					stop: stopping{at, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment " + by.id + ")"},
				})
			}
		}
	}
	ro.deployments = ro.deployments[:i+1]
}

// running are the tasks of a deployment that run.
func (d *deployment) running() []int {
	var out []int
	for i := 0; (d.up || d.job.over && !d.job.failed()) && i < d.desired; i++ {
		if !d.ended[i] {
			out = append(out, i)
		}
	}
	return out
}

// rebalances keeps what a request says of zones; who says nothing gets it
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html).
func (ro *rollouts) rebalances(doc map[string]any) {
	if said, ok := doc["availabilityZoneRebalancing"].(string); ok {
		ro.rebalancing = said
	} else if ro.rebalancing == "" {
		ro.rebalancing = "ENABLED"
	}
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func (ro *rollouts) event(text string, at time.Time) {
	e := map[string]any{"id": fmt.Sprintf("00000000-0000-4000-8000-%012d", len(ro.events)+1), "createdAt": unix(at), "message": text}
	ro.events = append([]map[string]any{e}, ro.events...)
}

func (s *Sandbox) describeServices(ctx context.Context, r *request) (*answer, error) {
	a, err := s.forward(ctx, r)
	if err != nil || a.status != http.StatusOK {
		return a, err
	}
	var out map[string]any
	if err := json.Unmarshal(a.body, &out); err != nil {
		return nil, fmt.Errorf("read moto's services: %w", err)
	}
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	services, _ := out["services"].([]any)
	for _, one := range services {
		if service, ok := one.(map[string]any); ok {
			s.deployed(s.containers.of(fmt.Sprint(service["serviceArn"])), service)
		}
	}
	return inJSON(http.StatusOK, out).set("Content-Type", "application/x-amz-json-1.1"), nil
}

// listTasks lists the tasks of a service by what they are to be: those that a test
// stopped and those that were told to stop, or those that its deployments run.
func (s *Sandbox) listTasks(ctx context.Context, r *request) (*answer, error) {
	service := r.param("serviceName")
	if service == "" {
		return s.listRuns(ctx, r)
	}
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	arns := []string{}
	for arn, ro := range s.containers.services {
		if arn != service && !strings.HasSuffix(arn, "/"+service) {
			continue
		}
		ro.settle(s.now())
		if r.param("desiredStatus") == "STOPPED" {
			for _, t := range ro.stopped {
				arns = append(arns, fmt.Sprint(t["taskArn"]))
			}
			for _, t := range ro.leaving {
				if t.visible(s.now()) {
					arns = append(arns, t.arn)
				}
			}
			continue
		}
		for _, d := range ro.deployments {
			for _, i := range d.running() {
				arns = append(arns, taskARN(arn, d.id, i))
			}
		}
	}
	slices.Sort(arns)
	return inJSON(http.StatusOK, map[string]any{"taskArns": arns}).set("Content-Type", "application/x-amz-json-1.1"), nil
}

func taskARN(service, deployment string, i int) string {
	base := strings.Replace(service[:strings.LastIndex(service, "/")], ":service/", ":task/", 1)
	return fmt.Sprintf("%s/%s%04d", base, deployment[strings.LastIndex(deployment, "/")+1:], i)
}

func (s *Sandbox) describeTasks(ctx context.Context, r *request) (*answer, error) {
	asked := r.params("tasks")
	if _, err := s.clusterOf(ctx, r.region, r.param("cluster")); err != nil {
		return nil, err
	}
	found, failures := []any{}, []any{}
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	for _, arn := range asked {
		if t := s.containers.task(r.param("cluster"), arn, s.now()); t != nil {
			found = append(found, t)
		} else {
			failures = append(failures, map[string]any{"arn": arn, "reason": "MISSING"})
		}
	}
	return inJSON(http.StatusOK, map[string]any{"tasks": found, "failures": failures}).set("Content-Type", "application/x-amz-json-1.1"), nil
}

// task finds one, of a service or not.
func (c *containers) task(cluster, asked string, now time.Time) map[string]any {
	if t := c.run(cluster, asked, now); t != nil {
		return t.shown(now)
	}
	for arn, ro := range c.services {
		ro.settle(now)
		for _, t := range ro.stopped {
			if t["taskArn"] == asked {
				return t
			}
		}
		for _, t := range ro.leaving {
			if t.arn == asked && t.visible(now) {
				return t.shown(now)
			}
		}
		for _, d := range ro.deployments {
			for i := range d.desired {
				if taskARN(arn, d.id, i) == asked {
					return map[string]any{
						"taskArn": asked, "taskDefinitionArn": d.definition, "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "startedBy": d.id,
						"createdAt": unix(d.began), "startedAt": unix(d.job.due), "containers": d.containers,
					}
				}
			}
		}
	}
	return nil
}

func (t *leavingTask) visible(now time.Time) bool { return now.Sub(t.until) < stoppedTasksShown }

// shown is a task that was told to stop
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html).
func (t *leavingTask) shown(now time.Time) map[string]any {
	out := map[string]any{
		"taskArn": t.arn, "taskDefinitionArn": t.definition, "lastStatus": "STOPPING", "desiredStatus": "STOPPED", "startedBy": t.by,
		"startedAt": unix(t.started), "containers": t.containers, "stoppingAt": unix(t.stop.at), "stopCode": t.stop.code, "stoppedReason": t.stop.reason,
	}
	if !now.Before(t.until) {
		out["lastStatus"], out["stoppedAt"] = "STOPPED", unix(t.until)
	}
	return out
}

// shown are the containers of a task, each with what its image stood for when it was
// pulled (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html).
func (c *containers) shown(all []any) []any {
	out := []any{}
	for _, one := range all {
		of, _ := one.(map[string]any)
		image := fmt.Sprint(of["image"])
		shown := map[string]any{"name": of["name"], "image": image, "lastStatus": "RUNNING"}
		if _, digest, ok := strings.Cut(image, "@"); ok {
			shown["imageDigest"] = digest
		} else if c.pulled[image] != "" {
			shown["imageDigest"] = c.pulled[image]
		}
		out = append(out, shown)
	}
	return out
}

// Pulls says what the tag of an image stands for, where tasks pull it from now on.
func (s *Sandbox) Pulls(image, digest string) {
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	if s.containers.pulled == nil {
		s.containers.pulled = map[string]string{}
	}
	s.containers.pulled[image] = digest
}

// StopsWithin says how long the tasks of a service take to stop, once they are told to:
// up to the stopTimeout of their containers. Those of other services are gone at once.
func (s *Sandbox) StopsWithin(service string, d time.Duration) {
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	s.containers.of(service).grace = d
}

// end ends a task that a deployment runs, in the place of which ECS starts none: one of
// a deployment that goes. nil where there is no such task.
func (c *containers) end(cluster, asked, reason string, now time.Time) (map[string]any, error) {
	if cluster == "" {
		cluster = "default"
	}
	for arn, ro := range c.services {
		ro.settle(now)
		for n, d := range ro.deployments {
			for _, i := range d.running() {
				own := taskARN(arn, d.id, i)
				if own != asked && !strings.HasSuffix(own, ":task/"+cluster[strings.LastIndex(cluster, "/")+1:]+"/"+asked) {
					continue
				}
				if n == 0 {
					return nil, unknownRequest{"StopTask of a task in the place of which the service starts another one"}
				}
				if d.ended == nil {
					d.ended = map[int]bool{}
				}
				d.ended[i] = true
				t := &leavingTask{own, d.definition, d.id, d.containers, d.job.due, stopping{now, "UserInitiated", reason}, now.Add(ro.grace)}
				ro.leaving = append(ro.leaving, t)
				return t.shown(now), nil
			}
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// StopTask lets a task of a service have stopped, with a reason such as
// "CannotPullContainerError: …" (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html).
func (s *Sandbox) StopTask(service, code, reason string) {
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	ro := s.containers.of(service)
	definition := ""
	if len(ro.deployments) > 0 {
		definition = ro.deployments[0].definition
	}
	s.containers.ids++
	ro.stopped = append(ro.stopped, map[string]any{
		"taskArn": taskARN(service, fmt.Sprintf("ecs-svc/%019d", s.containers.ids), 0), "taskDefinitionArn": definition,
		"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stopCode": code, "stoppedReason": reason, "stoppedAt": unix(s.now()),
		"group": "service:" + service[strings.LastIndex(service, "/")+1:],
	})
}

// ServiceEvent adds one to a service's events.
func (s *Sandbox) ServiceEvent(service, text string) {
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	s.containers.of(service).event(text, s.now())
}

// FailDeployment makes the next deployment of a service fail when its time has come.
func (s *Sandbox) FailDeployment(service, reason string) {
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	ro := s.containers.of(service)
	ro.plans = append(ro.plans, reason)
}
