package cloudrun

import (
	"testing"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestHealth(t *testing.T) {
	common := func(r runpb.Condition_CommonReason) *runpb.Condition_Reason {
		return &runpb.Condition_Reason{Reason: r}
	}
	specific := func(r runpb.Condition_RevisionReason) *runpb.Condition_RevisionReason_ {
		return &runpb.Condition_RevisionReason_{RevisionReason: r}
	}
	for name, c := range map[string]struct {
		revision *runpb.Revision
		want     rollout.Health
	}{
		"unknown to the platform": {nil, rollout.Health{State: rollout.Missing}},
		"no condition yet":        {&runpb.Revision{}, rollout.Health{State: rollout.Starting}},
		"other conditions only": {
			&runpb.Revision{Conditions: []*runpb.Condition{{Type: "ContainerReady", State: runpb.Condition_CONDITION_FAILED}}},
			rollout.Health{State: rollout.Starting},
		},
		"ready": {ready(runpb.Condition_CONDITION_SUCCEEDED, "", nil, nil), rollout.Health{State: rollout.Ready}},
		"ready and retired, for nothing routes to it": {
			ready(runpb.Condition_CONDITION_SUCCEEDED, "Revision retired.", nil, specific(runpb.Condition_RETIRED)), rollout.Health{State: rollout.Ready},
		},
		"pending": {
			ready(runpb.Condition_CONDITION_PENDING, "Waiting for image.", nil, nil), rollout.Health{State: rollout.Starting, Reason: "Waiting for image."},
		},
		"reconciling": {
			ready(runpb.Condition_CONDITION_RECONCILING, "Starting.", nil, nil), rollout.Health{State: rollout.Starting, Reason: "Starting."},
		},
		"a state without a name":    {ready(runpb.Condition_STATE_UNSPECIFIED, "", nil, nil), rollout.Health{State: rollout.Starting}},
		"a state of another decade": {ready(runpb.Condition_State(99), "", nil, nil), rollout.Health{State: rollout.Starting}},
		"failed, with a reason of revisions": {
			ready(runpb.Condition_CONDITION_FAILED, "The container failed to start.", nil, specific(runpb.Condition_HEALTH_CHECK_CONTAINER_ERROR)),
			rollout.Health{State: rollout.Broken, Reason: "The container failed to start. (HEALTH_CHECK_CONTAINER_ERROR)"},
		},
		"failed, with a common reason": {
			ready(runpb.Condition_CONDITION_FAILED, "Permission denied on secret.", common(runpb.Condition_SECRETS_ACCESS_CHECK_FAILED), nil),
			rollout.Health{State: rollout.Broken, Reason: "Permission denied on secret. (SECRETS_ACCESS_CHECK_FAILED)"},
		},
		"failed without a word": {
			ready(runpb.Condition_CONDITION_FAILED, "", nil, nil), rollout.Health{State: rollout.Broken, Reason: "no reason was given"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := health(c.revision); got != c.want {
				t.Errorf("it is %+v, want %+v", got, c.want)
			}
		})
	}
}

func ready(state runpb.Condition_State, message string, common *runpb.Condition_Reason, specific *runpb.Condition_RevisionReason_) *runpb.Revision {
	c := &runpb.Condition{Type: "Ready", State: state, Message: message}
	switch {
	case common != nil:
		c.Reasons = common
	case specific != nil:
		c.Reasons = specific
	}
	return &runpb.Revision{Conditions: []*runpb.Condition{{Type: "Active", State: runpb.Condition_CONDITION_FAILED}, c}}
}
