package alb

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func arnOf(name string) string {
	return "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/" + name + "/50dc6c495c0c9188"
}

func arns(names ...string) map[rollout.Revision]string {
	out := map[rollout.Revision]string{}
	for _, n := range names {
		out[rollout.Revision(n)] = arnOf(n)
	}
	return out
}

func TestFromNative(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		groups []share
		split  rollout.Split
		home   rollout.Revision
		marked bool
	}{
		"one group":                     {[]share{{arnOf("blue"), 1}}, rollout.All("blue"), "", false},
		"somebody's percentages":        {[]share{{arnOf("blue"), 90}, {arnOf("green"), 10}}, rollout.Split{"blue": 9000, "green": 1000}, "", false},
		"somebody's ratio":              {[]share{{arnOf("blue"), 2}, {arnOf("green"), 1}}, rollout.Split{"blue": 6667, "green": 3333}, "", false},
		"too little to be told":         {[]share{{arnOf("a"), 999}, {arnOf("b"), 999}, {arnOf("c"), 999}, {arnOf("d"), 999}, {arnOf("e"), 1}}, rollout.Split{"a": 2500, "b": 2499, "c": 2499, "d": 2499, "e": 3}, "", false},
		"nobody":                        {[]share{{arnOf("blue"), 0}, {arnOf("green"), 0}}, rollout.Split{}, "", false},
		"attached is no mark":           {[]share{{arnOf("blue"), 100}, {arnOf("green"), 0}}, rollout.All("blue"), "", false},
		"home has all":                  {[]share{{arnOf("blue"), 967}, {arnOf("green"), 0}}, rollout.All("blue"), "blue", true},
		"home at 0":                     {[]share{{arnOf("green"), 967}, {arnOf("blue"), 0}}, rollout.All("green"), "blue", true},
		"home is the second":            {[]share{{arnOf("blue"), 97}, {arnOf("green"), 871}}, rollout.Split{"blue": 1000, "green": 9000}, "green", true},
		"a mark of other groups":        {[]share{{arnOf("blue"), 967}, {arnOf("green"), 0}, {arnOf("red"), 0}}, rollout.All("blue"), "", true},
		"a mark and the smallest share": {[]share{{arnOf("blue"), 966}, {arnOf("green"), 1}}, rollout.Split{"blue": 9990, "green": 10}, "blue", true},
	} {
		r, marked := fromNative(c.groups)
		if !r.Split.Equal(c.split) || r.Home != c.home || marked != c.marked {
			t.Errorf("%s: %s, home %q, marked %v; want %s, %q, %v", name, r.Split, r.Home, marked, c.split, c.home, c.marked)
		}
		if err := r.Split.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(r.Keep)+len(c.home) > 0 && (r.Home != "" && r.Keeps(r.Home) || len(r.Keep) > len(c.groups)) {
			t.Errorf("%s: kept are %v", name, r.Keep)
		}
	}
}

// Whatever is asked for is read as the same, and the shares that users get are
// nearer to it than half a grain.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	groups := []share{{arnOf("blue"), 100}, {arnOf("green"), 0}}
	for w := rollout.Weight(0); w <= rollout.Whole; w += limits.Grain {
		for _, home := range []rollout.Revision{"", "blue", "green"} {
			want := rollout.Routing{Split: rollout.Split{"blue": rollout.Whole - w, "green": w}, Home: home}
			for _, r := range []rollout.Revision{"blue", "green"} {
				if want.Split[r] == 0 {
					delete(want.Split, r)
				}
			}
			got, err := toNative(want, groups, nil)
			if err != nil {
				t.Fatalf("%s, home %q: %v", want, home, err)
			}
			back, marked := fromNative(got)
			if !back.Same(want) || back.Home != home || marked != (home != "") {
				t.Fatalf("%s, home %q was written as %v and read as %s, home %q", want, home, got, back, back.Home)
			}
			sum := got[0].weight + got[1].weight
			if off := float64(got[1].weight)/float64(sum) - float64(w)/float64(rollout.Whole); off > 0.0006 || off < -0.0006 {
				t.Fatalf("%s is written as %v", want, got)
			}
			for _, g := range got {
				if g.weight < 0 || g.weight > 999 {
					t.Fatalf("%s is written as %v", want, got)
				}
			}
		}
	}
}

func TestRoundTripOfSeveral(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", "d", "e"}
	for n := 1; n <= len(names); n++ {
		var groups []share
		for _, name := range names[:n] {
			groups = append(groups, share{arnOf(name), 1})
		}
		slices.Reverse(groups) // AWS promises no order
		for home := range n {
			want := rollout.Routing{Split: rollout.Split{}, Home: rollout.Revision(names[home])}
			rest := rollout.Whole
			for i := 1; i < n; i++ {
				want.Split[rollout.Revision(names[i])] = rollout.Weight(10 * (i*37 + home))
				rest -= want.Split[rollout.Revision(names[i])]
			}
			want.Split["a"] = rest
			got, err := toNative(want, groups, nil)
			if err != nil {
				t.Fatal(err)
			}
			if back, _ := fromNative(got); !back.Same(want) || back.Home != want.Home {
				t.Errorf("%s, home %s was written as %v and read as %s, home %s", want, want.Home, got, back, back.Home)
			}
		}
	}
}

func TestToNative(t *testing.T) {
	t.Parallel()
	base := []share{{arnOf("blue"), 1}}
	for name, c := range map[string]struct {
		groups []share
		want   rollout.Routing
		shown  string
		fails  bool
	}{
		"attached at 0":        {base, rollout.Routing{Split: rollout.All("blue"), Keep: []rollout.Revision{"green"}}, "blue 100, green 0", false},
		"attached and marked":  {base, rollout.Routing{Split: rollout.All("blue"), Home: "blue", Keep: []rollout.Revision{"green"}}, "blue 967, green 0", false},
		"whole percents":       {base, rollout.Routing{Split: rollout.Split{"blue": 8800, "green": 1200}}, "blue 88, green 12", false},
		"finer":                {base, rollout.Routing{Split: rollout.Split{"blue": 9990, "green": 10}}, "blue 999, green 1", false},
		"nobody leaves":        {[]share{{arnOf("blue"), 1}, {arnOf("other"), 0}}, rollout.Routing{Split: rollout.All("green")}, "blue 0, other 0, green 100", false},
		"nobody serves":        {base, rollout.Routing{Keep: []rollout.Revision{"green"}}, "blue 0, green 0", false},
		"an unknown one":       {base, rollout.Routing{Split: rollout.All("nobody")}, "", true},
		"a sixth":              {[]share{{arnOf("a"), 1}, {arnOf("b"), 1}, {arnOf("c"), 1}, {arnOf("d"), 1}, {arnOf("e"), 1}}, rollout.Routing{Split: rollout.All("green")}, "", true},
		"an unknown to return": {base, rollout.Routing{Split: rollout.All("blue"), Home: "nobody"}, "", true},
	} {
		got, err := toNative(c.want, c.groups, arns("green"))
		if c.fails {
			if !errors.Is(err, rollout.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		shown := ""
		for i, g := range got {
			if i > 0 {
				shown += ", "
			}
			shown += fmt.Sprintf("%s %d", nameOf(g), g.weight)
		}
		if shown != c.shown {
			t.Errorf("%s: %s, want %s", name, shown, c.shown)
		}
	}
}

func nameOf(g share) rollout.Revision { return name(g.arn) }
