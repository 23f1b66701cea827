package lambdaalias

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestFromNative(t *testing.T) {
	for name, c := range map[string]struct {
		from native
		want rollout.Routing
	}{
		"one version": {
			native{version: "41"},
			rollout.Routing{Split: rollout.Split{"41": 10_000}},
		},
		"two versions": {
			native{version: "41", weights: map[string]float64{"42": 0.1}},
			rollout.Routing{Split: rollout.Split{"41": 9000, "42": 1000}},
		},
		"the new one is what the alias points at": { // as in AWS's own example
			native{version: "42", weights: map[string]float64{"41": 0.97}},
			rollout.Routing{Split: rollout.Split{"42": 300, "41": 9700}},
		},
		"somebody's weight of nothing": {
			native{version: "41", weights: map[string]float64{"42": 0}},
			rollout.Routing{Split: rollout.Split{"41": 10_000}},
		},
		"everything by a weight": {
			native{version: "41", weights: map[string]float64{"42": 1}},
			rollout.Routing{Split: rollout.Split{"42": 10_000}},
		},
		"less than can be told": {
			native{version: "41", weights: map[string]float64{"42": 0.000001}},
			rollout.Routing{Split: rollout.Split{"41": 9999, "42": 1}},
		},
		"marks": {
			native{version: "41", description: "what users have [rollout home=41 candidate=42]"},
			rollout.Routing{Split: rollout.Split{"41": 10_000}, Home: "41", Keep: []rollout.Revision{"42"}},
		},
		"a mark that is no version": {
			native{version: "41", description: "[rollout home=live candidate=042]"},
			rollout.Routing{Split: rollout.Split{"41": 10_000}},
		},
		"a mark that somebody writes about": {
			native{version: "41", description: "[rollout home=40] is how it looks"},
			rollout.Routing{Split: rollout.Split{"41": 10_000}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := fromNative(c.from)
			if !got.Same(c.want) || got.Home != c.want.Home || len(got.Keep) != len(c.want.Keep) || len(c.want.Keep) > 0 && !got.Keeps(c.want.Keep[0]) {
				t.Errorf("reads as %+v, want %+v", got, c.want)
			}
			if err := got.Split.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestToNative(t *testing.T) {
	for name, c := range map[string]struct {
		want        rollout.Routing
		description string
		native      native
	}{
		"everything to one empties the weights": {
			rollout.Routing{Split: rollout.All("42")},
			"mine",
			native{version: "42", weights: map[string]float64{}, description: "mine"},
		},
		"a share": {
			rollout.Routing{Split: rollout.Split{"41": 9990, "42": 10}, Home: "41", Keep: []rollout.Revision{"42"}},
			"",
			native{version: "41", weights: map[string]float64{"42": 0.001}, description: " [rollout home=41 candidate=42]"},
		},
		"the alias points at home, however little it has": {
			rollout.Routing{Split: rollout.Split{"41": 1000, "42": 9000}, Home: "41"},
			"",
			native{version: "41", weights: map[string]float64{"42": 0.9}, description: " [rollout home=41]"},
		},
		"without a home it points at the larger share": {
			rollout.Routing{Split: rollout.Split{"41": 1000, "42": 9000}},
			"",
			native{version: "42", weights: map[string]float64{"41": 0.1}},
		},
		"an old mark gives way": {
			rollout.Routing{Split: rollout.All("41"), Home: "41"},
			"mine [rollout home=39 candidate=40]",
			native{version: "41", weights: map[string]float64{}, description: "mine [rollout home=41]"},
		},
		"the mark goes, and the text stays": {
			rollout.Routing{Split: rollout.All("41")},
			"mine [rollout home=39 candidate=40]",
			native{version: "41", weights: map[string]float64{}, description: "mine"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := toNative(c.want, c.description)
			if err != nil {
				t.Fatal(err)
			}
			if got.version != c.native.version || !maps.Equal(got.weights, c.native.weights) || got.description != c.native.description {
				t.Errorf("writes %+v, want %+v", got, c.native)
			}
			if got.weights == nil {
				t.Error("weights that are not sent stay as they are")
			}
		})
	}
}

func TestToNativeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		want        rollout.Routing
		description string
	}{
		"nobody":                        {rollout.Routing{}, ""},
		"a mark that has no place left": {rollout.Routing{Split: rollout.All("41"), Home: "41"}, strings.Repeat("x", 250)},
	} {
		if _, err := toNative(c.want, c.description); !errors.Is(err, rollout.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What is shown before has to be writable without a mark, whatever it says.
	if _, err := toNative(rollout.Routing{Split: rollout.All("41")}, strings.Repeat("x", 256)); err != nil {
		t.Error(err)
	}
}

// FuzzRoundTrip: whatever is asked for is what is shown.
func FuzzRoundTrip(f *testing.F) {
	f.Add(10, 41, 42, true, true, "what users have")
	f.Add(9990, 1, 2, false, true, "")
	f.Add(10_000, 1, 2, false, false, "[rollout]")
	f.Fuzz(func(t *testing.T, w, a, b int, home, keep bool, text string) {
		if w < 0 || w > 10_000 || a < 1 || b < 1 || a == b || len(text) > 200 {
			t.Skip()
		}
		x, y := revisionOf(a), revisionOf(b)
		want := rollout.Routing{Split: rollout.Split{}}
		if w > 0 {
			want.Split[y] = rollout.Weight(w)
		}
		if w < 10_000 {
			want.Split[x] = rollout.Whole - rollout.Weight(w)
		}
		if home {
			want.Home = x
		}
		if keep {
			want.Keep = []rollout.Revision{y}
		}
		n, err := toNative(want, text)
		if err != nil {
			t.Skip() // longer than a description may be
		}
		got := fromNative(n)
		if !got.Same(want) || got.Home != want.Home || got.Keeps(y) != keep {
			t.Errorf("%+v is shown as %+v", want, got)
		}
		before, _ := cutMark(text)
		if after, _ := cutMark(n.description); after != before && after != strings.TrimSuffix(before, " ") {
			t.Errorf("the text %q became %q", before, after)
		}
	})
}
