package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A registration is a target group in which the tasks of a service are registered
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LoadBalancer.html).
type registration struct{ group, port string }

// registrations are those that a service names.
func registrations(service map[string]any) []registration {
	var out []registration
	list, _ := service["loadBalancers"].([]any)
	for _, one := range list {
		if m, ok := one.(map[string]any); ok && m["targetGroupArn"] != nil {
			out = append(out, registration{fmt.Sprint(m["targetGroupArn"]), strconv.Itoa(count(m["containerPort"]))})
		}
	}
	return out
}

// attachable refuses a service whose group no load balancer names
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb.html); the text is
// seen.
func (s *Sandbox) attachable(doc map[string]any) error {
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	for _, r := range registrations(doc) {
		if s.o.Tasks && len(s.balancing.naming(r.group)) == 0 {
			return fail(http.StatusBadRequest, "InvalidParameterException", "The target group with targetGroupArn %s does not have an associated load balancer.", r.group)
		}
	}
	return nil
}

// A task is a target that a service registered.
type task struct{ service, group, id, port string }

// tasks are those that the deployments of all services have now: each deployment
// has its tasks from its beginning, and the one before keeps its own until the new
// one is over, as services with the usual percentages do
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html).
func (s *Sandbox) tasks() map[task]time.Time {
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	out := map[task]time.Time{}
	for service, ro := range s.containers.services {
		for _, d := range ro.deployments {
			d.job.end(s.now())
			for i := 0; !d.job.failed() && i < d.desired; i++ {
				for _, r := range ro.registers {
					out[task{service, r.group, d.address(i), r.port}] = d.began
				}
			}
			if d.job.over && !d.job.failed() {
				break // those before it are done
			}
		}
	}
	return out
}

// address is that of a task: no two have had the same.
func (d *deployment) address(i int) string {
	n, _ := strconv.Atoi(d.id[strings.LastIndexByte(d.id, '/')+1:])
	return fmt.Sprintf("10.%d.%d.%d", 100+n/250, n%250, 10+i)
}

// register brings the targets of a group up to date with the tasks of services. It is
// noticed when somebody looks.
func (s *Sandbox) register(ctx context.Context, r *request) error {
	if !s.o.Tasks {
		return nil
	}
	arn := r.form.Get("TargetGroupArn")
	there := s.tasks()
	delay, err := s.delay(ctx, r)
	if err != nil {
		return err
	}
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	g := s.balancing.group(arn)
	for t, since := range there {
		if key := t.id + ":" + t.port; t.group == arn && g.targets[key] == nil {
			g.targets[key] = &target{id: t.id, port: t.port, registered: since, service: t.service}
		}
	}
	for _, t := range g.targets {
		if _, still := there[task{t.service, arn, t.id, t.port}]; t.service != "" && !still && t.left.IsZero() {
			g.leave(t, s.now(), delay)
		}
	}
	return nil
}

// serviceOf reads moto's answer about one.
func serviceOf(a *answer) (out, service map[string]any, err error) {
	if err := json.Unmarshal(a.body, &out); err != nil {
		return nil, nil, fmt.Errorf("read moto's service: %w", err)
	}
	service, _ = out["service"].(map[string]any)
	return out, service, nil
}
