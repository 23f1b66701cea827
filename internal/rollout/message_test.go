package rollout_test

import (
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestMessage(t *testing.T) {
	m := rollout.Message{ID: "gate.early", What: "{gate} is early", Why: "It is {share} of {all}, says {gate}.", Fix: "Wait {time}.", At: "bake"}
	got := m.With("gate", "errors", "share", 3, "all", rollout.Weight(1000))
	want := rollout.Problem{What: "errors is early", Why: "It is 3 of 10 %, says errors.", Fix: "Wait {time}.", At: "bake"}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	// A particular is taken as it is: one that looks like a name is no name.
	if got := m.With("gate", "{share}", "share", "x"); got.What != "{share} is early" {
		t.Errorf("%q", got.What)
	}
	quoted := rollout.Message{Why: `"{value}" is {value}.`}
	if got := quoted.Found("value", "a \"b\"\n").Why; got != `"a \"b\"\n" is a "b"`+"\n." {
		t.Errorf("%q", got)
	}
	f := rollout.Finding{Check: "env", Status: rollout.Failed}.Because(m, "gate", "a", "share", 1, "all", 2, "time", "5m")
	if f.Why != "It is 1 of 2, says a." || f.Fix != "Wait 5m." || f.Check != "env" || f.Status != rollout.Failed {
		t.Errorf("%+v", f)
	}
}
