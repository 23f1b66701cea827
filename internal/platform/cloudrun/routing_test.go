package cloudrun

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Traffic is written here as people say it: "api-1 90%", "api-1 @stable",
// "latest 10% @next".

func entry(t testing.TB, line string) (typ runpb.TrafficTargetAllocationType, revision, tag string, share int32) {
	t.Helper()
	words := strings.Fields(line)
	typ, revision = byName, words[0]
	if revision == "latest" {
		typ, revision = latest, ""
	}
	for _, w := range words[1:] {
		if name, ok := strings.CutPrefix(w, "@"); ok {
			tag = name
		} else if _, err := fmt.Sscanf(w, "%d%%", &share); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	return typ, revision, tag, share
}

func traffic(t testing.TB, lines ...string) []*runpb.TrafficTarget {
	t.Helper()
	var out []*runpb.TrafficTarget
	for _, line := range lines {
		typ, revision, tag, share := entry(t, line)
		out = append(out, &runpb.TrafficTarget{Type: typ, Revision: revision, Tag: tag, Percent: share})
	}
	return out
}

func statuses(t testing.TB, lines ...string) []*runpb.TrafficTargetStatus {
	t.Helper()
	var out []*runpb.TrafficTargetStatus
	for _, line := range lines {
		typ, revision, tag, share := entry(t, line)
		out = append(out, &runpb.TrafficTargetStatus{Type: typ, Revision: revision, Tag: tag, Percent: share})
	}
	return out
}

// said renders entries as they are written here.
func said(entries []*runpb.TrafficTarget) []string {
	out := []string{}
	for _, e := range entries {
		line := e.GetRevision()
		if e.GetType() == latest {
			line = "latest"
		}
		if e.GetPercent() > 0 {
			line += fmt.Sprintf(" %d%%", e.GetPercent())
		}
		if e.GetTag() != "" {
			line += " @" + e.GetTag()
		}
		out = append(out, line)
	}
	return out
}

var (
	speaking = marks{home: "ro-home", candidate: "ro-cand"}
	terse    = marks{home: "rh", candidate: "rc"}
)

func TestFromNative(t *testing.T) {
	full := "projects/p/locations/l/services/api/revisions/"
	for name, c := range map[string]struct {
		asked, live   []string
		created       string // newest
		ready         string // latest_ready_revision
		reconciling   bool
		failed        bool
		marks         marks
		want          rollout.Routing
		wantUnsettled bool
	}{
		"one revision by name": {
			asked: []string{"api-1 100%"}, live: []string{"api-1 100%"}, want: rollout.Routing{Split: rollout.All("api-1")},
		},
		"the platform's default: no traffic block": {
			live: []string{"latest 100%"}, ready: full + "api-1", want: rollout.Routing{Split: rollout.All("api-1")},
		},
		"an entry that follows the latest is who serves": {
			asked: []string{"latest 90%", "api-2 10%"}, live: []string{"latest 90%", "api-2 10%"}, ready: full + "api-3",
			want: rollout.Routing{Split: rollout.Split{"api-3": 9000, "api-2": 1000}},
		},
		"latest and its name together are one share": {
			asked: []string{"latest 30%", "api-1 70%"}, live: []string{"latest 30%", "api-1 70%"}, ready: full + "api-1",
			want: rollout.Routing{Split: rollout.All("api-1")},
		},
		"percent and tag entries apart, as gcloud writes them": {
			asked: []string{"api-1 90%", "api-2 10%", "api-2 @ro-cand", "api-1 @ro-home", "api-1 @stable"},
			live:  []string{"api-1 90%", "api-2 10%", "api-2 @ro-cand", "api-1 @ro-home", "api-1 @stable"},
			want:  rollout.Routing{Split: rollout.Split{"api-1": 9000, "api-2": 1000}, Home: "api-1", Keep: []rollout.Revision{"api-2"}},
		},
		"percent and tag in one entry, as the console writes them": {
			asked: []string{"api-1 90% @ro-home", "api-2 10% @ro-cand"}, live: []string{"api-1 90% @ro-home", "api-2 10% @ro-cand"},
			want: rollout.Routing{Split: rollout.Split{"api-1": 9000, "api-2": 1000}, Home: "api-1", Keep: []rollout.Revision{"api-2"}},
		},
		"full resource names": {
			asked: []string{full + "api-1 100%"}, live: []string{full + "api-1 100%", full + "api-2 @ro-cand"},
			want: rollout.Routing{Split: rollout.All("api-1"), Keep: []rollout.Revision{"api-2"}},
		},
		"reconciling shows what was asked for": {
			asked: []string{"api-1 50%", "api-2 50%", "api-1 @ro-home"}, live: []string{"api-1 100%"}, reconciling: true,
			want: rollout.Routing{Split: rollout.Split{"api-1": 5000, "api-2": 5000}, Home: "api-1"}, wantUnsettled: true,
		},
		"reconciling with a new revision: the tag is on what is being made": {
			asked: []string{"api-1 100%", "latest @ro-cand"}, live: []string{"api-1 100%"}, reconciling: true,
			created: full + "api-2", ready: full + "api-1",
			want: rollout.Routing{Split: rollout.All("api-1"), Keep: []rollout.Revision{"api-2"}}, wantUnsettled: true,
		},
		"ended badly: the old split is in force, and that is settled": {
			asked: []string{"api-1 50%", "api-2 50%", "api-1 @ro-home"}, live: []string{"api-1 100%"}, failed: true,
			want: rollout.Routing{Split: rollout.All("api-1")},
		},
		"ended well, and the statuses are behind": {
			asked: []string{"api-1 50%", "api-2 50%"}, live: []string{"api-1 100%"},
			want: rollout.Routing{Split: rollout.All("api-1")}, wantUnsettled: true,
		},
		"a failed newest revision: its tag leads to the one before": {
			asked: []string{"api-1 100%", "latest @ro-cand"}, live: []string{"api-1 100%", "latest @ro-cand"}, failed: true,
			created: full + "api-2", ready: full + "api-1",
			want: rollout.Routing{Split: rollout.All("api-1"), Keep: []rollout.Revision{"api-1"}},
		},
		"nothing has been ready yet": {
			live: []string{"latest 100%"}, created: full + "api-1", reconciling: true,
			want: rollout.Routing{Split: rollout.Split{}}, wantUnsettled: true,
		},
		"the short marks, on a service with a long name": {
			asked: []string{"api-1 100%", "api-1 @rh", "api-2 @rc"}, live: []string{"api-1 100%", "api-1 @rh", "api-2 @rc"}, marks: terse,
			want: rollout.Routing{Split: rollout.All("api-1"), Home: "api-1", Keep: []rollout.Revision{"api-2"}},
		},
		"somebody's tag rc, on a service with a short name": {
			asked: []string{"api-1 100%", "api-7 @rc", "api-8 @rh"}, live: []string{"api-1 100%", "api-7 @rc", "api-8 @rh"},
			want: rollout.Routing{Split: rollout.All("api-1")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &runpb.Service{
				Traffic: traffic(t, c.asked...), TrafficStatuses: statuses(t, c.live...), Reconciling: c.reconciling,
				LatestCreatedRevision: c.created, LatestReadyRevision: c.ready,
				TerminalCondition: &runpb.Condition{Type: "Ready", State: runpb.Condition_CONDITION_SUCCEEDED},
			}
			if c.failed {
				s.TerminalCondition.State = runpb.Condition_CONDITION_FAILED
			}
			m := c.marks
			if m == (marks{}) {
				m = speaking
			}
			got, settled := fromNative(s, m)
			if !got.Same(c.want) || got.Home != c.want.Home || !slices.Equal(got.Keep, c.want.Keep) || settled == c.wantUnsettled {
				t.Errorf("shows %s (home %q, keep %v, settled: %v)\nwant  %s (home %q, keep %v, settled: %v)",
					got, got.Home, got.Keep, settled, c.want, c.want.Home, c.want.Keep, !c.wantUnsettled)
			}
		})
	}
}

// TestLatestThatIsNamed: where the status of an entry that follows the latest
// revision says which one that is, it is believed before latest_ready_revision.
func TestLatestThatIsNamed(t *testing.T) {
	s := &runpb.Service{
		Traffic: traffic(t, "latest 100%", "latest @next"), TrafficStatuses: statuses(t, "latest 100%", "latest @next"), LatestReadyRevision: "api-2",
	}
	s.TrafficStatuses[0].Revision = "projects/p/locations/l/services/api/revisions/api-1"
	s.TrafficStatuses[1].Tag = "ro-home"
	for _, s.Reconciling = range []bool{false, true} {
		if got, settled := fromNative(s, speaking); got.Split.Sole() != "api-1" || settled == s.GetReconciling() || (!s.Reconciling && got.Home != "api-1") {
			t.Errorf("reconciling: %v; it shows %s (home %q, settled: %v)", s.GetReconciling(), got, got.Home, settled)
		}
	}
}

func TestToNative(t *testing.T) {
	half := rollout.Routing{Split: rollout.Split{"api-1": 6000, "api-2": 4000}, Home: "api-1", Keep: []rollout.Revision{"api-2"}}
	for name, c := range map[string]struct {
		routing rollout.Routing
		on      []string
		marks   marks
		want    []string
	}{
		"shares by name, the largest first, then marks": {
			routing: half, marks: speaking, want: []string{"api-1 60%", "api-2 40%", "api-1 @ro-home", "api-2 @ro-cand"},
		},
		"the short marks": {routing: half, marks: terse, want: []string{"api-1 60%", "api-2 40%", "api-1 @rh", "api-2 @rc"}},
		"no marks":        {routing: rollout.Routing{Split: rollout.All("api-2")}, marks: speaking, want: []string{"api-2 100%"}},
		"our old marks go": {
			routing: rollout.Routing{Split: rollout.All("api-2")}, on: []string{"api-2 100%", "api-1 @ro-home", "api-2 @ro-cand"}, marks: speaking,
			want: []string{"api-2 100%"},
		},
		"foreign tags stay, and those that follow the latest": {
			routing: half, on: []string{"api-1 100%", "api-0 @stable", "latest @next", "api-1 @ro-home"}, marks: speaking,
			want: []string{"api-1 60%", "api-2 40%", "api-0 @stable", "latest @next", "api-1 @ro-home", "api-2 @ro-cand"},
		},
		"a foreign tag stays where its entry loses its share": {
			routing: half, on: []string{"latest 100% @live"}, marks: speaking,
			want: []string{"api-1 60%", "api-2 40%", "latest @live", "api-1 @ro-home", "api-2 @ro-cand"},
		},
		"a tag that would be ours on another service": {
			routing: rollout.Routing{Split: rollout.All("api-2")}, on: []string{"api-7 @rc", "api-8 @rh"}, marks: speaking,
			want: []string{"api-2 100%", "api-7 @rc", "api-8 @rh"},
		},
		"one candidate, one address": {
			routing: rollout.Routing{Split: rollout.All("api-1"), Keep: []rollout.Revision{"api-2", "api-3"}}, marks: speaking,
			want: []string{"api-1 100%", "api-2 @ro-cand"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			on := &runpb.Service{Traffic: traffic(t, c.on...)}
			before := proto.CloneOf(on)
			if got := said(toNative(c.routing, on, c.marks)); !slices.Equal(got, c.want) {
				t.Errorf("writes %q\nwant   %q", got, c.want)
			}
			if !proto.Equal(on, before) {
				t.Errorf("what was read was changed: %v", on)
			}
		})
	}
}

func TestWithCandidate(t *testing.T) {
	for name, c := range map[string]struct {
		asked, live []string
		ready       string
		want        []string
	}{
		"the default is pinned to who serves": {
			live: []string{"latest 100%"}, ready: "api-1", want: []string{"api-1 100%", "latest @ro-cand"},
		},
		"a split that follows the latest is pinned": {
			asked: []string{"latest 90%", "api-0 10%"}, live: []string{"latest 90%", "api-0 10%"}, ready: "api-1",
			want: []string{"api-1 90%", "api-0 10%", "latest @ro-cand"},
		},
		"foreign tags, the mark of the way home, and our tag moves": {
			asked: []string{"api-1 100%", "api-1 @stable", "api-1 @ro-home", "api-2 @ro-cand"},
			live:  []string{"api-1 100%", "api-1 @stable", "api-1 @ro-home", "api-2 @ro-cand"},
			want:  []string{"api-1 100%", "api-1 @stable", "api-1 @ro-home", "latest @ro-cand"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &runpb.Service{Traffic: traffic(t, c.asked...), TrafficStatuses: statuses(t, c.live...), LatestReadyRevision: c.ready}
			if got := said(withCandidate(s, speaking)); !slices.Equal(got, c.want) {
				t.Errorf("writes %q\nwant   %q", got, c.want)
			}
		})
	}
}

// TestForeignTagKeepsWhatIsNewerThanUs: a field of an entry that this provider
// does not know is not lost when it writes the entry back.
func TestForeignTagKeepsWhatIsNewerThanUs(t *testing.T) {
	newer := protowire.AppendString(protowire.AppendTag(nil, 9999, protowire.BytesType), "something new")
	on := &runpb.Service{Traffic: traffic(t, "api-1 100% @stable")}
	on.GetTraffic()[0].ProtoReflect().SetUnknown(newer)
	got := toNative(rollout.Routing{Split: rollout.All("api-2")}, on, speaking)
	if len(got) != 2 || string(got[1].ProtoReflect().GetUnknown()) != string(newer) {
		t.Errorf("writes %v", got)
	}
}

// FuzzRoundTrip: what is written and applied is what is read, and no foreign
// tag is lost on the way.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint8(10), uint8(3), uint8(0b101), true, false)
	f.Add(uint8(0), uint8(1), uint8(0), false, true)
	f.Add(uint8(100), uint8(200), uint8(255), true, true)
	f.Fuzz(func(t *testing.T, share, third, tags uint8, short, following bool) {
		m := speaking
		if short {
			m = terse
		}
		want := rollout.Routing{Split: rollout.Split{}}
		left := rollout.Whole
		for i, part := range []uint8{share, third} {
			w := min(left, rollout.Weight(part%101)*percent)
			if w > 0 {
				want.Split[rollout.Revision(fmt.Sprintf("api-%d", i+2))] = w
			}
			left -= w
		}
		if left > 0 {
			want.Split["api-1"] = left
		}
		if tags&1 != 0 {
			want.Home = "api-1"
		}
		if tags&2 != 0 {
			want.Keep = []rollout.Revision{"api-2"}
		}
		on := &runpb.Service{Traffic: traffic(t, "api-1 100%"), LatestReadyRevision: "api-1"}
		for i := range 4 {
			if tags&(4<<i) != 0 {
				on.Traffic = append(on.Traffic, traffic(t, fmt.Sprintf("api-%d @theirs-%d", i, i))...)
			}
		}
		if following {
			on.Traffic = append(on.Traffic, traffic(t, "latest @next", "api-1 @ro-home", "api-1 @rc")...)
		}
		written := toNative(want, on, m)
		after := applied(on, written)
		got, settled := fromNative(after, m)
		if !settled || !got.Same(want) || got.Home != want.Home || !slices.Equal(got.Keep, want.Keep) {
			t.Fatalf("asked for %s (home %q, keep %v), shows %s (home %q, keep %v)", want, want.Home, want.Keep, got, got.Home, got.Keep)
		}
		if before, now := theirs(on, m), theirs(after, m); !maps.Equal(before, now) {
			t.Fatalf("foreign tags were %v, and are %v", before, now)
		}
		if again := toNative(got, after, m); fmt.Sprint(said(again)) != fmt.Sprint(said(written)) {
			t.Fatalf("written again it is %q, not %q", said(again), said(written))
		}
		var sum int32
		for _, e := range written {
			sum += e.GetPercent()
		}
		if sum != 100 {
			t.Fatalf("%q sums to %d", said(written), sum)
		}
	})
}

// applied is the service after the platform took the traffic.
func applied(s *runpb.Service, written []*runpb.TrafficTarget) *runpb.Service {
	out := proto.CloneOf(s)
	out.Traffic, out.TrafficStatuses = written, nil
	for _, e := range written {
		out.TrafficStatuses = append(out.TrafficStatuses, &runpb.TrafficTargetStatus{
			Type: e.GetType(), Revision: e.GetRevision(), Percent: e.GetPercent(), Tag: e.GetTag(),
		})
	}
	return out
}

func theirs(s *runpb.Service, m marks) map[string]string {
	out := map[string]string{}
	for _, e := range s.GetTraffic() {
		if e.GetTag() != "" && !m.ours(e.GetTag()) {
			out[e.GetTag()] = e.GetRevision()
		}
	}
	return out
}
