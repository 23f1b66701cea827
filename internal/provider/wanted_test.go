package provider

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestVersionChanges(t *testing.T) {
	for name, c := range map[string]struct {
		before, now map[string]string
		want        string
	}{
		"nothing":                      {map[string]string{"A": "stripe:6"}, map[string]string{"A": "stripe:6"}, ""},
		"a version":                    {map[string]string{"A": "stripe:6"}, map[string]string{"A": "stripe:7"}, "stripe: 6 → 7"},
		"one secret of two settings":   {map[string]string{"A": "s:6", "B": "s:6"}, map[string]string{"A": "s:7", "B": "s:7"}, "s: 6 → 7"},
		"two secrets, sorted":          {map[string]string{"A": "z:1", "B": "a:1"}, map[string]string{"A": "z:2", "B": "a:3"}, "a: 1 → 3, z: 1 → 2"},
		"of another project":           {map[string]string{"A": "projects/q/secrets/s:1"}, map[string]string{"A": "projects/q/secrets/s:2"}, "projects/q/secrets/s: 1 → 2"},
		"another secret":               {map[string]string{"A": "stripe:6"}, map[string]string{"A": "billing:1"}, "A: stripe:6 → billing:1"},
		"a setting that is new":        {nil, map[string]string{"A": "stripe:6"}, "A: none → stripe:6"},
		"a name like the other's head": {map[string]string{"A": "s:6"}, map[string]string{"A": "s:6:7"}, "A: s:6 → s:6:7"},
		"what has no name":             {map[string]string{"A": "6"}, map[string]string{"A": "7"}, "A: 6 → 7"},
		"a setting that has left":      {map[string]string{"A": "stripe:6"}, nil, ""},
	} {
		if got := versionChanges(c.before, c.now); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestTrigger: the same triggers are the same, in whatever order they stand,
// and others are not.
func TestTrigger(t *testing.T) {
	of := func(pairs ...string) place {
		all := map[string]attr.Value{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = types.StringValue(pairs[i+1])
		}
		return place{triggers: types.MapValueMust(types.StringType, all)}
	}
	null := place{triggers: types.MapValueMust(types.StringType, map[string]attr.Value{"a": types.StringNull()})}
	seen := map[string]string{}
	for name, p := range map[string]place{
		"none": {}, "one": of("a", "1"), "another value": of("a", "2"), "another name": of("b", "1"), "two": of("a", "1", "b", "1"),
		"an empty value": of("a", ""), "no value": null,
	} {
		got := p.trigger()
		if before, twice := seen[got]; twice {
			t.Errorf("%s and %s are both %q", before, name, got)
		}
		seen[got] = name
	}
	if of("a", "1", "b", "2").trigger() != of("b", "2", "a", "1").trigger() || of().trigger() != "" {
		t.Error("the order counts, or nothing is something")
	}
}

// TestWorkflowMessages: each message has a name of its own, a reason and a
// remedy.
func TestWorkflowMessages(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range slices.Concat(workflowMessages(), abortMessages(), importMessages()) {
		if m.ID == "" || seen[m.ID] || m.Why == "" || m.Fix == "" {
			t.Errorf("%+v", m)
		}
		seen[m.ID] = true
	}
}
