package rollout_test

import (
	"errors"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestLimitsValidate(t *testing.T) {
	const refused = "the platform refused the request: "
	percents := rollout.Limits{Grain: 100, MaxShares: 2}
	for name, c := range map[string]struct {
		limits rollout.Limits
		split  rollout.Split
		want   string
	}{
		"nobody serves":               {percents, nil, ""},
		"at the grain":                {percents, rollout.Split{"a": 9900, "b": 100}, ""},
		"as many as can":              {percents, rollout.Split{"a": 5000, "b": 5000}, ""},
		"no limits":                   {rollout.Limits{}, rollout.Split{"a": 3333, "b": 3333, "c": 3334}, ""},
		"finer than the grain":        {percents, rollout.Split{"a": 9950, "b": 50}, refused + "99.5 % of a is finer than 1 %"},
		"finer, though more than it":  {percents, rollout.Split{"a": 5050, "b": 4950}, refused + "50.5 % of a is finer than 1 %"},
		"equal shares that are finer": {percents, rollout.Split{"b": 5001, "a": 4999}, refused + "50.01 % of b is finer than 1 %"},
		"one more than can":           {percents, rollout.Split{"a": 5000, "b": 4000, "c": 1000}, refused + "3 revisions share the traffic, and 2 can"},
		"not a split": {
			percents,
			rollout.Split{"a": 5000, "b": 4000},
			refused + "the shares add up to 90 %, not to 100 %",
		},
		"too many, and too fine": {percents, rollout.Split{"a": 9950, "b": 49, "c": 1}, refused + "3 revisions share the traffic, and 2 can"},
	} {
		t.Run(name, func(t *testing.T) {
			for range often {
				err := c.limits.Validate(rollout.Routing{Split: c.split})
				if said(err) != c.want {
					t.Fatalf("%v, want %s", err, c.want)
				}
				if err != nil && !errors.Is(err, rollout.ErrInvalid) {
					t.Fatalf("%v does not say that it is invalid", err)
				}
			}
		})
	}
}

func TestErrorsAreApart(t *testing.T) {
	all := []error{rollout.ErrConflict, rollout.ErrDenied, rollout.ErrInvalid, rollout.ErrGone}
	for i, a := range all {
		for j, b := range all {
			if errors.Is(a, b) != (i == j) || (a.Error() == b.Error()) != (i == j) {
				t.Errorf("%v and %v", a, b)
			}
		}
	}
}

func TestProblem(t *testing.T) {
	for name, c := range map[string]struct {
		problem       rollout.Problem
		error, detail string
	}{
		"all three":  {rollout.Problem{What: "It broke", Why: "A wheel came off.", Fix: "Mend it.", At: "wheel"}, "It broke: A wheel came off. Mend it", "A wheel came off.\n\nMend it."},
		"no why":     {rollout.Problem{What: "It broke", Fix: "Mend it."}, "It broke. Mend it", "Mend it."},
		"no fix":     {rollout.Problem{What: "It broke", Why: "A wheel came off."}, "It broke: A wheel came off", "A wheel came off."},
		"what alone": {rollout.Problem{What: "It broke"}, "It broke", ""},
		"two sentences": {
			rollout.Problem{What: "It broke", Why: "One. Two.", Fix: "Three. Four."},
			"It broke: One. Two. Three. Four", "One. Two.\n\nThree. Four.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.problem.Error(); got != c.error {
				t.Errorf("%q, want %q", got, c.error)
			}
			if got := c.problem.Detail(); got != c.detail {
				t.Errorf("%q, want %q", got, c.detail)
			}
		})
	}
}

func TestWords(t *testing.T) {
	for want, got := range map[string]interface{ String() string }{
		"missing": rollout.Missing, "starting": rollout.Starting, "ready": rollout.Ready, "broken": rollout.Broken,
		"passed": rollout.Passed, "failed": rollout.Failed, "deferred": rollout.Deferred, "skipped": rollout.Skipped,
		"pending": rollout.Pending, "pass": rollout.Pass, "fail": rollout.Fail, "no_data": rollout.NoData, "error": rollout.Error,
	} {
		if got.String() != want {
			t.Errorf("%#v: %q, want %q", got, got.String(), want)
		}
	}
	for _, none := range []interface{ String() string }{rollout.State(-1), rollout.State(4), rollout.Status(-1), rollout.Status(0), rollout.Status(5), rollout.Outcome(-1), rollout.Outcome(5)} {
		if none.String() != "unknown" {
			t.Errorf("%#v: %q", none, none.String())
		}
	}
}

// Who writes nothing down says the least: nothing is ready, and nothing passed.
func TestWhatIsNotSaid(t *testing.T) {
	var (
		o       rollout.Observation
		verdict rollout.Verdict
		finding rollout.Finding
	)
	if finding.Status == rollout.Passed || !finding.Stops() {
		t.Errorf("%+v", finding)
	}
	if o.Health["api-1"].State != rollout.Missing || o.Room["api-1"] != 0 || o.Settled {
		t.Errorf("%+v", o)
	}
	if verdict.Outcome != rollout.Pending || !verdict.Decides() {
		t.Errorf("%+v", verdict)
	}
	if verdict.Gate.OnNoData != rollout.AbsenceWaits {
		t.Errorf("%+v", verdict.Gate)
	}
}
