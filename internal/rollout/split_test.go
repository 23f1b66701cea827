package rollout_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// often is how many times a test looks at what must not hang on the order of a
// map.
const often = 50

// said is an error's text, "" for none.
func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestPercent(t *testing.T) {
	const between = "a weight is a percentage between 0 and 100, not "
	for _, c := range []struct {
		percent float64
		want    rollout.Weight
		err     string
	}{
		{percent: 0, want: 0},
		{percent: math.Copysign(0, -1), want: 0},
		{percent: 0.01, want: 1},
		{percent: 0.1, want: 10},
		{percent: 0.29, want: 29}, // times 100 it is 28.999999999999996
		{percent: 12.5, want: 1250},
		{percent: 33.33, want: 3333},
		{percent: 99.99, want: 9999},
		{percent: 100, want: rollout.Whole},
		{percent: 0.001, err: "0.001 % is finer than 0.01 %"},
		{percent: 12.345, err: "12.345 % is finer than 0.01 %"},
		{percent: 100.0 / 3, err: "33.333333333333336 % is finer than 0.01 %"},
		{percent: 10.000000001, err: "10.000000001 % is finer than 0.01 %"},
		{percent: 99.999999999, err: "99.999999999 % is finer than 0.01 %"},
		{percent: 5e-324, err: "5e-324 % is finer than 0.01 %"},
		{percent: -0.01, err: between + "-0.01"},
		{percent: 100.01, err: between + "100.01"},
		{percent: 1e300, err: between + "1e+300"},
		{percent: math.NaN(), err: between + "NaN"},
		{percent: math.Inf(1), err: between + "+Inf"},
		{percent: math.Inf(-1), err: between + "-Inf"},
	} {
		t.Run(fmt.Sprint(c.percent), func(t *testing.T) {
			got, err := rollout.Percent(c.percent)
			if got != c.want || said(err) != c.err {
				t.Errorf("%d, %v; want %d, %s", got, err, c.want, c.err)
			}
		})
	}
}

func TestEveryWeightIsItsPercent(t *testing.T) {
	for w := rollout.Weight(0); w <= rollout.Whole; w++ {
		if got, err := rollout.Percent(w.Float()); got != w || err != nil {
			t.Errorf("%d is %v %%, which is %d, %v", w, w.Float(), got, err)
		}
		// As a person writes it.
		p, err := strconv.ParseFloat(fmt.Sprintf("%d.%02d", w/100, w%100), 64)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := rollout.Percent(p); got != w || err != nil {
			t.Errorf("%d is written %v %%, which is %d, %v", w, p, got, err)
		}
	}
}

// FuzzPercent holds Percent to all or nothing: what it takes is there again
// without a difference, and its neighbours are not taken for it.
func FuzzPercent(f *testing.F) {
	for _, p := range []float64{0, 0.29, 12.5, 33.333, 100, -1, 1e300, math.NaN()} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p float64) {
		w, err := rollout.Percent(p)
		if err != nil {
			if w != 0 {
				t.Errorf("%v: %v, and a weight of %s", p, err, w)
			}
			return
		}
		if w < 0 || w > rollout.Whole || w.Float() != p {
			t.Errorf("%v %% is taken for %s", p, w)
		}
		for _, near := range []float64{math.Nextafter(p, -1), math.Nextafter(p, 101)} {
			if got, err := rollout.Percent(near); err == nil {
				t.Errorf("%v %% is taken for %s, as %v %% is", near, got, p)
			}
		}
	})
}

func TestWeightString(t *testing.T) {
	for w, want := range map[rollout.Weight]string{
		0: "0 %", 1: "0.01 %", 10: "0.1 %", 1250: "12.5 %", 3333: "33.33 %", 9999: "99.99 %", rollout.Whole: "100 %", -100: "-1 %",
	} {
		if got := w.String(); got != want {
			t.Errorf("%d: %q, want %q", int(w), got, want)
		}
	}
}

func TestSplitValidate(t *testing.T) {
	for name, c := range map[string]struct {
		split rollout.Split
		want  string
	}{
		"nobody":                           {nil, ""},
		"nobody, in a map":                 {rollout.Split{}, ""},
		"one has all":                      {rollout.All("api-1"), ""},
		"two":                              {rollout.Split{"api-1": 9000, "api-2": 1000}, ""},
		"the smallest share":               {rollout.Split{"api-1": 9999, "api-2": 1}, ""},
		"too little":                       {rollout.Split{"api-1": 9000, "api-2": 999}, "the shares add up to 99.99 %, not to 100 %"},
		"too much":                         {rollout.Split{"api-1": 9000, "api-2": 1001}, "the shares add up to 100.01 %, not to 100 %"},
		"all, and a share of nothing":      {rollout.Split{"api-1": rollout.Whole, "api-2": 0}, "api-2 has a share of 0 %"},
		"a share below nothing":            {rollout.Split{"api-1": 9000, "api-2": 2000, "api-3": -1000}, "api-3 has a share of -10 %"},
		"a share of more than all":         {rollout.Split{"api-1": 10001}, "api-1 has a share of 100.01 %"},
		"a share of nobody":                {rollout.Split{"api-1": 9000, "": 1000}, "a share of the traffic has no revision"},
		"a share of nobody, before others": {rollout.Split{"api-1": -1, "": 1000}, "a share of the traffic has no revision"},
		"two shares below nothing":         {rollout.Split{"b": -1, "a": -1, "c": rollout.Whole}, "a has a share of -0.01 %"},
	} {
		t.Run(name, func(t *testing.T) {
			for range often {
				if got := said(c.split.Validate()); got != c.want {
					t.Fatalf("%q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestSharesThatWrapAround(t *testing.T) {
	s := rollout.Split{"api-1": math.MaxInt, "api-2": math.MaxInt, "api-3": rollout.Whole + 2}
	var sum rollout.Weight
	for _, w := range s {
		sum += w
	}
	if sum != rollout.Whole {
		t.Fatalf("the sum is %d", sum)
	}
	if s.Validate() == nil {
		t.Error("shares of more than all of the traffic are a split")
	}
}

func TestSplitEqual(t *testing.T) {
	for name, c := range map[string]struct {
		a, b rollout.Split
		want bool
	}{
		"nil and empty":             {nil, rollout.Split{}, true},
		"the same":                  {rollout.Split{"api-1": 9000, "api-2": 1000}, rollout.Split{"api-2": 1000, "api-1": 9000}, true},
		"other shares":              {rollout.Split{"api-1": 9000, "api-2": 1000}, rollout.Split{"api-1": 8000, "api-2": 2000}, false},
		"shares the other way":      {rollout.Split{"api-1": 9000, "api-2": 1000}, rollout.Split{"api-1": 1000, "api-2": 9000}, false},
		"another revision":          {rollout.All("api-1"), rollout.All("api-2"), false},
		"one and nobody":            {rollout.All("api-1"), nil, false},
		"the same, and one more":    {rollout.All("api-1"), rollout.Split{"api-1": rollout.Whole, "api-2": 1000}, false},
		"other owners of one share": {rollout.Split{"api-1": 9000, "api-2": 1000}, rollout.Split{"api-1": 9000, "api-3": 1000}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.a.Equal(c.b); got != c.want {
				t.Errorf("%s and %s: %v", c.a, c.b, got)
			}
			if got := c.b.Equal(c.a); got != c.want {
				t.Errorf("%s and %s: %v", c.b, c.a, got)
			}
		})
	}
}

func TestSplitSaysWhoServes(t *testing.T) {
	for name, c := range map[string]struct {
		split rollout.Split
		order []rollout.Revision
		text  string
		sole  rollout.Revision
	}{
		"nobody":                     {nil, nil, "nothing", ""},
		"one":                        {rollout.All("api-41"), []rollout.Revision{"api-41"}, "api-41 100 %", "api-41"},
		"the largest share is first": {rollout.Split{"api-41": 1000, "api-42": 9000}, []rollout.Revision{"api-42", "api-41"}, "api-42 90 %, api-41 10 %", ""},
		"equal shares go by name":    {rollout.Split{"c": 2500, "a": 2500, "b": 5000}, []rollout.Revision{"b", "a", "c"}, "b 50 %, a 25 %, c 25 %", ""},
		"one, with less than all":    {rollout.Split{"api-41": 9999}, []rollout.Revision{"api-41"}, "api-41 99.99 %", ""},
		"two that have all":          {rollout.Split{"b": rollout.Whole, "a": rollout.Whole}, []rollout.Revision{"a", "b"}, "a 100 %, b 100 %", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for range often {
				if got := c.split.Revisions(); !slices.Equal(got, c.order) {
					t.Fatalf("%v, want %v", got, c.order)
				}
				if got := c.split.String(); got != c.text {
					t.Fatalf("%q, want %q", got, c.text)
				}
				if got := c.split.Sole(); got != c.sole {
					t.Fatalf("%q has all, want %q", got, c.sole)
				}
			}
		})
	}
}

func TestRoutingSame(t *testing.T) {
	usual := rollout.Routing{Default: "api-1", Split: rollout.Split{"api-1": 9000, "api-2": 1000}, Home: "api-1", Keep: []rollout.Revision{"api-2"}}
	for name, c := range map[string]struct {
		change func(*rollout.Routing)
		want   bool
	}{
		"nothing":          {func(*rollout.Routing) {}, true},
		"another default":  {func(r *rollout.Routing) { r.Default = "api-2" }, false},
		"no default":       {func(r *rollout.Routing) { r.Default = "" }, false},
		"another split":    {func(r *rollout.Routing) { r.Split = rollout.All("api-1") }, false},
		"another way home": {func(r *rollout.Routing) { r.Home = "" }, true},
		"others are kept":  {func(r *rollout.Routing) { r.Keep = nil }, true},
	} {
		t.Run(name, func(t *testing.T) {
			other := usual
			c.change(&other)
			if usual.Same(other) != c.want || other.Same(usual) != c.want {
				t.Errorf("%s and %s: want %v", usual, other, c.want)
			}
		})
	}
}

func TestRoutingHasAll(t *testing.T) {
	for name, c := range map[string]struct {
		routing rollout.Routing
		of      rollout.Revision
		want    bool
	}{
		"it has the split, and there is no default": {rollout.Routing{Split: rollout.All("api-1")}, "api-1", true},
		"it has the split, and is the default":      {rollout.Routing{Default: "api-1", Split: rollout.All("api-1")}, "api-1", true},
		"it has the split, and another the default": {rollout.Routing{Default: "api-2", Split: rollout.All("api-1")}, "api-1", false},
		"it is the default, and another has all":    {rollout.Routing{Default: "api-1", Split: rollout.All("api-2")}, "api-1", false},
		"it shares":                                 {rollout.Routing{Split: rollout.Split{"api-1": 9999, "api-2": 1}}, "api-1", false},
		"nobody serves":                             {rollout.Routing{}, "api-1", false},
		"nobody serves, and nobody asked":           {rollout.Routing{}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.routing.HasAll(c.of); got != c.want {
				t.Errorf("%q of %s: %v", c.of, c.routing, got)
			}
		})
	}
}

func TestRoutingKeeps(t *testing.T) {
	r := rollout.Routing{Split: rollout.All("api-1"), Home: "api-2", Keep: []rollout.Revision{"api-3", "api-4"}}
	for v, want := range map[rollout.Revision]bool{"api-1": false, "api-2": false, "api-3": true, "api-4": true, "": false} {
		if got := r.Keeps(v); got != want {
			t.Errorf("%q: %v", v, got)
		}
	}
}

func TestRoutingString(t *testing.T) {
	for name, c := range map[string]struct {
		routing rollout.Routing
		want    string
	}{
		"nothing":                       {rollout.Routing{}, "nothing"},
		"a split":                       {rollout.Routing{Split: rollout.Split{"a": 1000, "b": 9000}, Home: "b", Keep: []rollout.Revision{"a"}}, "b 90 %, a 10 %"},
		"the default has all":           {rollout.Routing{Default: "a", Split: rollout.All("a")}, "a 100 %"},
		"another than the default does": {rollout.Routing{Default: "a", Split: rollout.All("b")}, "b 100 % (default a)"},
		"the default has a share":       {rollout.Routing{Default: "a", Split: rollout.Split{"a": 1000, "b": 9000}}, "b 90 %, a 10 % (default a)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.routing.String(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
