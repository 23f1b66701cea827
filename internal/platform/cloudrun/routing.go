package cloudrun

import (
	"slices"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/proto"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	latest  = runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
	byName  = runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
	percent = rollout.Weight(100)
)

// fromNative reads a service's traffic. While the service is reconciling it is
// what was asked for; afterwards what the platform says that it does, for a
// reconciliation that ended badly leaves the old split in force.
//
// settled: the reconciliation has ended, well or badly.
func fromNative(s *runpb.Service, m marks) (r rollout.Routing, settled bool) {
	asked, live := askedSplit(s), liveSplit(s)
	if s.GetReconciling() {
		r.Split = asked
		m.read(&r, tags(s.GetTraffic()))
		return r, false
	}
	r.Split = live
	m.read(&r, tags(s.GetTrafficStatuses()))
	return r, asked.Equal(live) || failed(s)
}

// askedSplit is the service's traffic, with the entries that follow the latest
// revision resolved to the one that they serve now.
func askedSplit(s *runpb.Service) rollout.Split {
	traffic := s.GetTraffic()
	if len(traffic) == 0 { // the platform's default
		traffic = []*runpb.TrafficTarget{{Type: latest, Percent: 100}}
	}
	out := rollout.Split{}
	for _, t := range traffic {
		r := rollout.Revision(t.GetRevision())
		if r == "" {
			r = latestReady(s)
		}
		if t.GetPercent() > 0 && r != "" {
			out[short(string(r))] += rollout.Weight(t.GetPercent()) * percent
		}
	}
	return out
}

func liveSplit(s *runpb.Service) rollout.Split {
	out := rollout.Split{}
	for _, t := range s.GetTrafficStatuses() {
		r := rollout.Revision(t.GetRevision())
		if r == "" {
			r = latestReady(s)
		}
		if t.GetPercent() > 0 && r != "" {
			out[short(string(r))] += rollout.Weight(t.GetPercent()) * percent
		}
	}
	return out
}

// latestReady is whom an entry without a name serves, "" if nothing has been
// ready yet.
func latestReady(s *runpb.Service) rollout.Revision {
	for _, t := range s.GetTrafficStatuses() {
		if t.GetType() == latest && t.GetRevision() != "" {
			return short(t.GetRevision())
		}
	}
	return short(s.GetLatestReadyRevision())
}

// tag is an entry of what is asked for, or of what is live.
type tag interface {
	GetType() runpb.TrafficTargetAllocationType
	GetRevision() string
	GetTag() string
}

// tags returns whom the tags name. One that follows the latest revision names
// nobody for sure: it is pinned by the next write.
func tags[T tag](entries []T) map[string]rollout.Revision {
	out := map[string]rollout.Revision{}
	for _, t := range entries {
		if t.GetTag() != "" && t.GetType() != latest {
			out[t.GetTag()] = short(t.GetRevision())
		}
	}
	return out
}

// read finds our marks among the tags.
func (m marks) read(r *rollout.Routing, tags map[string]rollout.Revision) {
	r.Home = tags[m.home]
	if v := tags[m.candidate]; v != "" {
		r.Keep = []rollout.Revision{v}
	}
}

// on reports whether a tag of ours is on the service, also one that names
// nobody for sure.
func (m marks) on(s *runpb.Service) bool {
	return slices.ContainsFunc(s.GetTraffic(), func(t *runpb.TrafficTarget) bool { return m.ours(t.GetTag()) })
}

// failed reports whether the last reconciliation ended badly.
func failed(s *runpb.Service) bool {
	return s.GetTerminalCondition().GetState() == runpb.Condition_CONDITION_FAILED
}

// toNative writes a routing as the traffic of a service: shares by name, our
// marks, and every foreign tag as it stands. The order is stable, so that what
// is asked for twice is the same request.
func toNative(want rollout.Routing, s *runpb.Service, m marks) []*runpb.TrafficTarget {
	var out []*runpb.TrafficTarget
	for _, r := range want.Split.Revisions() {
		out = append(out, &runpb.TrafficTarget{Type: byName, Revision: string(r), Percent: int32(want.Split[r] / percent)})
	}
	for _, t := range s.GetTraffic() {
		if t.GetTag() == "" || m.ours(t.GetTag()) {
			continue
		}
		theirs := proto.CloneOf(t)
		theirs.Percent = 0 // its share, if it has one, stands above
		out = append(out, theirs)
	}
	if want.Home != "" {
		out = append(out, &runpb.TrafficTarget{Type: byName, Revision: string(want.Home), Tag: m.home})
	}
	if len(want.Keep) > 0 { // one candidate, one address
		out = append(out, &runpb.TrafficTarget{Type: byName, Revision: string(want.Keep[0]), Tag: m.candidate})
	}
	return out
}

// withCandidate is the traffic that goes out with a new template: the live
// split pinned by name, foreign tags, the mark of the way home, and our tag on
// what that template becomes.
func withCandidate(s *runpb.Service, m marks) []*runpb.TrafficTarget {
	now, _ := fromNative(s, m)
	now.Keep = nil
	return append(toNative(now, s, m), &runpb.TrafficTarget{Type: latest, Tag: m.candidate})
}
