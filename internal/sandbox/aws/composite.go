package aws

import (
	"slices"
	"strings"
	"time"
)

// A composite alarm looks at other alarms. Its rule is not evaluated here: a test
// sets its state
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_CompositeAlarm.html).
type composite struct {
	region, name, state string
	changed             time.Time
}

// CreateCompositeAlarm makes a composite alarm in a state that it keeps. The same
// name again changes it.
func (s *Sandbox) CreateCompositeAlarm(name, state string) {
	s.figures.watch.Lock()
	defer s.figures.watch.Unlock()
	if s.figures.composites == nil {
		s.figures.composites = map[string]*composite{}
	}
	s.figures.composites[s.alarmARN(s.o.Region, name)] = &composite{region: s.o.Region, name: name, state: state, changed: s.now()}
}

// shownComposites are those that DescribeAlarms shows to who asks for them. The
// lock of the alarms is held.
func (s *Sandbox) shownComposites(region string, names []string, prefix, state string) []any {
	var out []any
	for _, c := range inOrder(s.figures.composites) {
		if c.region != region || len(names) > 0 && !slices.Contains(names, c.name) || !strings.HasPrefix(c.name, prefix) || state != "" && state != c.state {
			continue
		}
		out = append(out, map[string]any{
			"AlarmName": c.name, "AlarmArn": s.alarmARN(c.region, c.name), "AlarmRule": "TRUE", "ActionsEnabled": true, "StateValue": c.state,
			"StateReason": "set by a test", "StateUpdatedTimestamp": c.changed, "StateTransitionedTimestamp": c.changed,
		})
	}
	return out
}
