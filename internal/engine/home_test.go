package engine_test

import (
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestHomeOf(t *testing.T) {
	const candidate = rollout.Revision("api-9")
	for name, c := range map[string]struct {
		shows     rollout.Routing
		candidate rollout.Revision
		memory    engine.Memory
		want      rollout.Revision
	}{
		"nobody serves": {candidate: candidate},
		"the one that has all traffic, whatever state says": {
			shows: rollout.Routing{Split: rollout.All("api-3"), Home: "api-2", Default: "api-4"}, candidate: candidate,
			memory: engine.Memory{Configured: "api-1", Promoted: "api-5"}, want: "api-3",
		},
		"the one that has all traffic, before the candidate is known": {
			shows: rollout.Routing{Split: rollout.All("api-3")}, want: "api-3",
		},
		"the configured one before our mark": {
			shows: rollout.Routing{Split: rollout.Split{"api-3": 9000, candidate: 1000}, Home: "api-2"}, candidate: candidate,
			memory: engine.Memory{Configured: "api-1"}, want: "api-1",
		},
		"our mark before the platform's default": {
			shows: rollout.Routing{Split: rollout.Split{"api-3": 9000, candidate: 1000}, Home: "api-2", Default: "api-4"}, candidate: candidate,
			memory: engine.Memory{Promoted: "api-3"}, want: "api-2",
		},
		"the platform's default before the only other one": {
			shows: rollout.Routing{Split: rollout.Split{"api-3": 9000, candidate: 1000}, Default: "api-4"}, candidate: candidate, want: "api-4",
		},
		"the only other one with traffic before what state promoted": {
			shows: rollout.Routing{Split: rollout.Split{"api-3": 1000, candidate: 9000}}, candidate: candidate,
			memory: engine.Memory{Promoted: "api-5"}, want: "api-3",
		},
		"what state promoted, among several": {
			shows: rollout.Routing{Split: rollout.Split{"api-3": 5000, "api-4": 4000, candidate: 1000}}, candidate: candidate,
			memory: engine.Memory{Promoted: "api-4"}, want: "api-4",
		},
		"what state promoted is not in the split": {
			shows: rollout.Routing{Split: rollout.Split{"api-3": 5000, "api-4": 4000, candidate: 1000}}, candidate: candidate,
			memory: engine.Memory{Promoted: "api-1"},
		},
		"several, and nothing says which": {
			shows: rollout.Routing{Split: rollout.Split{"api-3": 5000, "api-4": 5000}}, candidate: candidate,
		},
		"two serve, and the candidate is not known yet": {
			shows: rollout.Routing{Split: rollout.Split{"api-3": 5000, "api-4": 5000}},
		},
		"the candidate has everything": {
			shows: rollout.Routing{Split: rollout.All(candidate)}, candidate: candidate,
		},
		"the candidate has everything, and our mark names who had it before": {
			shows: rollout.Routing{Split: rollout.All(candidate), Home: "api-3"}, candidate: candidate, want: "api-3",
		},
		"the candidate is configured as home": {
			shows: rollout.Routing{Split: rollout.All("api-3")}, candidate: candidate,
			memory: engine.Memory{Configured: candidate}, want: "api-3",
		},
		"the candidate is the platform's default": {
			shows: rollout.Routing{Split: rollout.Split{"api-3": 9000, candidate: 1000}, Default: candidate}, candidate: candidate, want: "api-3",
		},
		"the candidate is what state promoted": {
			shows: rollout.Routing{Split: rollout.Split{"api-3": 5000, "api-4": 4000, candidate: 1000}}, candidate: candidate,
			memory: engine.Memory{Promoted: candidate},
		},
		"our mark names the candidate: a merge was reverted, and nobody wants the other one": {
			shows: rollout.Routing{Split: rollout.Split{"api-10": 1000, candidate: 9000}, Home: candidate, Default: "api-10"}, candidate: candidate,
			memory: engine.Memory{Promoted: "api-10"},
		},
		"our mark names the candidate, and home is configured": {
			shows: rollout.Routing{Split: rollout.Split{"api-10": 1000, candidate: 9000}, Home: candidate}, candidate: candidate,
			memory: engine.Memory{Configured: "api-1"}, want: "api-1",
		},
		"our mark names the candidate, and the other one has all": {
			shows: rollout.Routing{Split: rollout.All("api-10"), Home: candidate}, candidate: candidate, want: "api-10",
		},
		"what was promoted, and shunned since": {
			shows:  rollout.Routing{Split: rollout.Split{"api-1": 9000, "api-2": 1000}},
			memory: engine.Memory{Promoted: "api-2", Shunned: true}, candidate: "api-3", want: "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := engine.HomeOf(c.shows, c.candidate, c.memory); got != c.want {
				t.Errorf("home is %q, want %q", got, c.want)
			}
		})
	}
}

func TestOriginOf(t *testing.T) {
	all, split := rollout.All("api-1"), rollout.Split{"api-1": 9000, "api-2": 1000}
	three := rollout.Split{"api-1": 8000, "api-2": 1000, "api-3": 1000}
	ladder := engine.Ladder{Steps: []engine.Step{{1000, 0}, {5000, 0}}}
	marked := func(home, candidate rollout.Revision, w rollout.Weight) rollout.Routing {
		r := rollout.Routing{Split: rollout.Split{}, Home: home, Keep: []rollout.Revision{candidate}}
		for v, share := range map[rollout.Revision]rollout.Weight{home: rollout.Whole - w, candidate: w} {
			if share > 0 {
				r.Split[v] = share
			}
		}
		return r
	}
	left := func(home, candidate rollout.Revision, w rollout.Weight) *rollout.Routing {
		r := marked(home, candidate, w)
		return &r
	}
	for name, c := range map[string]struct {
		shows rollout.Routing
		left  *rollout.Routing
		want  engine.Origin
	}{
		"what was left": {shows: rollout.Routing{Split: all}, left: &rollout.Routing{Split: all}, want: engine.AtRest},
		"a split that was left on purpose": {
			shows: rollout.Routing{Split: split, Home: "api-1"}, left: &rollout.Routing{Split: split}, want: engine.AtRest,
		},
		"what was left, with another default": {
			shows: rollout.Routing{Split: all, Default: "api-2"}, left: &rollout.Routing{Split: all, Default: "api-1"}, want: engine.Foreign,
		},
		"a create: nothing serves":                  {want: engine.AtRest},
		"a create: one has all":                     {shows: rollout.Routing{Split: all}, want: engine.AtRest},
		"a create: one has all, and our mark is on": {shows: rollout.Routing{Split: all, Home: "api-1"}, want: engine.Unfinished},
		"a create: a split without our mark":        {shows: rollout.Routing{Split: split}, want: engine.Foreign},
		"a create: a split with our mark":           {shows: rollout.Routing{Split: split, Home: "api-1"}, want: engine.Unfinished},
		"cut after everything had moved": {
			shows: rollout.Routing{Split: rollout.All("api-2"), Home: "api-1"}, left: &rollout.Routing{Split: all}, want: engine.Unfinished,
		},
		"cut in the middle": {
			shows: rollout.Routing{Split: split, Home: "api-1"}, left: &rollout.Routing{Split: all}, want: engine.Unfinished,
		},
		"two serve, and neither is the home that our mark names": {
			shows: rollout.Routing{Split: split, Home: "api-9"}, left: &rollout.Routing{Split: all}, want: engine.Foreign,
		},
		"three serve, though one is what our mark names": {
			shows: rollout.Routing{Split: three, Home: "api-1"}, left: &rollout.Routing{Split: all}, want: engine.Foreign,
		},
		"somebody moved everything": {
			shows: rollout.Routing{Split: rollout.All("api-7")}, left: &rollout.Routing{Split: all}, want: engine.Foreign,
		},
		"held, and goes on by itself": {shows: marked("api-1", "api-2", 1000), left: left("api-1", "api-2", 1000), want: engine.AtRest},
		"held, and cut at the next rung": {
			shows: marked("api-1", "api-2", 5000), left: left("api-1", "api-2", 1000), want: engine.Unfinished,
		},
		"held, and cut after promotion": {
			shows: marked("api-1", "api-2", 10000), left: left("api-1", "api-2", 1000), want: engine.Unfinished,
		},
		"held, and raised by hand to what is no rung": {
			shows: marked("api-1", "api-2", 4000), left: left("api-1", "api-2", 1000), want: engine.Foreign,
		},
		"held, and lowered by hand": {shows: marked("api-1", "api-2", 500), left: left("api-1", "api-2", 1000), want: engine.Foreign},
		"held, and taken home by hand, which leaves our marks": {
			shows: marked("api-1", "api-2", 0), left: left("api-1", "api-2", 1000), want: engine.Foreign,
		},
		"taken home by an interrupt, and begun again": {
			shows: marked("api-1", "api-2", 1000), left: left("api-1", "api-2", 0), want: engine.Unfinished,
		},
		"another candidate was marked after the last apply": {
			shows: marked("api-1", "api-3", 0), left: left("api-1", "api-2", 1000), want: engine.Unfinished,
		},
		"another way home was marked after the last apply": {
			shows: marked("api-3", "api-2", 0), left: left("api-1", "api-2", 1000), want: engine.Unfinished,
		},
		"somebody divides traffic beside marks of ours": {
			shows: rollout.Routing{Split: rollout.Split{"api-1": 7000, "api-3": 3000}, Home: "api-1", Keep: []rollout.Revision{"api-2"}},
			left:  left("api-1", "api-2", 0), want: engine.Foreign,
		},
		"a create: somebody divides traffic beside marks of ours": {
			shows: rollout.Routing{Split: rollout.Split{"api-1": 7000, "api-3": 3000}, Home: "api-1", Keep: []rollout.Revision{"api-2"}},
			want:  engine.Foreign,
		},
		"somebody removed everything": {left: &rollout.Routing{Split: all}, want: engine.Foreign},
	} {
		t.Run(name, func(t *testing.T) {
			if got := engine.OriginOf(c.shows, c.left, ladder); got != c.want {
				t.Errorf("origin is %d, want %d", got, c.want)
			}
		})
	}
}
