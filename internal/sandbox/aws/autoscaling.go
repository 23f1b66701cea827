package aws

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// scaling is what Auto Scaling says that it did; in moto there are no failures.
type scaling struct {
	mu         sync.Mutex
	activities []activity // the newest first
	refreshes  []*refresh
	versions   map[string]string // of the launch template, by instance
}

type activity struct {
	id, group, status, text string
	at                      time.Time
}

// Activity lets an Auto Scaling group have done something, or failed to: status is
// "Successful" or "Failed", text the message of the failure
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Activity.html).
func (s *Sandbox) Activity(group, status, text string) {
	s.scaling.mu.Lock()
	defer s.scaling.mu.Unlock()
	a := activity{id: fmt.Sprintf("00000000-0000-4000-8000-%012d", len(s.scaling.activities)+1), group: group, status: status, text: text, at: s.now()}
	s.scaling.activities = append([]activity{a}, s.scaling.activities...)
}

func (s *Sandbox) describeScalingActivities(_ context.Context, r *request) (*answer, error) {
	for name := range tree(r.form) {
		switch name {
		case "AutoScalingGroupName", "MaxRecords", "NextToken":
		default:
			return nil, unknownRequest{"DescribeScalingActivities: the parameter " + name}
		}
	}
	s.scaling.mu.Lock()
	defer s.scaling.mu.Unlock()
	all := []any{}
	for _, a := range s.scaling.activities {
		if group := r.param("AutoScalingGroupName"); group != "" && group != a.group {
			continue
		}
		one := map[string]any{
			"ActivityId": a.id, "AutoScalingGroupName": a.group, "Cause": "At " + a.at.UTC().Format(time.RFC3339) + " an instance was started in response to a difference between desired and actual capacity.",
			"Description": "Launching a new EC2 instance", "StartTime": a.at, "EndTime": a.at, "StatusCode": a.status, "Progress": 100,
		}
		if a.text != "" {
			one["StatusMessage"] = a.text
		}
		all = append(all, one)
	}
	return s.pageOf(r, "Activities", all, r.param("NextToken"), s.o.PageSize)
}
