package provider

import (
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// TestMembers plans deployments one after the other, as Terraform does: one that
// another refers to comes before it.
func TestMembers(t *testing.T) {
	const add, remove = rollout.Add, rollout.Remove
	one := func(role rollout.Role, change rollout.Change, after ...rollout.Role) member {
		return member{part{role: role, change: change, after: after, known: true}, "cloud_run/" + string(role)}
	}
	named := func(m member, release, id string) member {
		m.release, m.id = release, id
		return m
	}
	for name, c := range map[string]struct {
		planned []member
		want    string // what the last one is told
	}{
		"one alone":                  {[]member{one("api", add)}, ""},
		"an edge":                    {[]member{one("worker", add), one("api", add, "worker")}, ""},
		"no edge":                    {[]member{one("worker", add), one("api", add)}, "worker goes before api"},
		"no edge, the later first":   {[]member{one("api", add), one("worker", add)}, "worker goes before api"},
		"no reference behind it":     {[]member{one("api", add, "worker"), one("worker", add)}, "worker goes before api"},
		"removed":                    {[]member{one("api", remove), one("worker", remove, "api")}, ""},
		"removed without an edge":    {[]member{one("worker", remove), one("api", remove)}, "api goes before worker"},
		"two of one role":            {[]member{one("api", add), named(one("api", add), "", "cloud_run/other")}, ""},
		"of two releases":            {[]member{one("worker", add), named(one("api", add), "billing", "x")}, ""},
		"adds and removes":           {[]member{one("worker", add), one("api", remove, "worker")}, "adds and removes"},
		"by another that changes":    {[]member{one("worker", add), one("api", add, "worker"), one("frontend", add, "api")}, ""},
		"by another that stays":      {[]member{one("worker", add), one("frontend", add, "api")}, "worker goes before frontend"},
		"by one that does not wait":  {[]member{one("schema", add), one("worker", add, "schema"), one("frontend", add, "worker")}, ""},
		"two workers, one edge":      {[]member{one("worker", add), named(one("worker", add), "", "y"), one("api", add, "worker")}, "worker goes before api"},
		"two workers, two edges":     {[]member{one("worker", add), named(one("worker", add), "", "y"), one("api", add, "worker", "worker")}, ""},
		"one that is planned twice":  {[]member{one("worker", add), one("worker", add), one("api", add, "worker")}, ""},
		"two by another that waits":  {[]member{one("worker", add), named(one("worker", add), "", "y"), one("api", add, "worker", "worker"), one("frontend", add, "api")}, ""},
		"behind one of its own like": {[]member{one("worker", add), one("api", add, "worker"), named(one("api", add, "api"), "", "y")}, "worker goes before api"},
	} {
		t.Run(name, func(t *testing.T) {
			var all members
			for i, m := range c.planned {
				said := ""
				if p := all.join(m); p != nil {
					said = p.What
				}
				switch last := i == len(c.planned)-1; {
				case !last && said != "":
					t.Fatalf("number %d is told %q", i, said)
				case last && (c.want == "") != (said == ""), last && !strings.Contains(said, c.want):
					t.Errorf("it is told %q, want %q", said, c.want)
				}
			}
		})
	}
}
