package provider_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// privileged is a world, and what its plan and its apply may do there: what the
// guide prints, with the names of the world in the place of the words in capitals.
type privileged struct {
	// platform names the two policies of the guide that are needed, kinds the rows of
	// its table: "kms_key", or "rds with `cluster`" for one of several. Where there are
	// kinds, it is what they ask for that is taken away.
	platform string
	kinds    []string
	open     func(t *testing.T) *world
	// fill has the names of the world.
	fill func(w *world) map[string]string
	// wish writes the n-th configuration: each has something to do.
	wish func(w *world, n int)
	// failing is what an apply says that has all permissions, where the world is such
	// that it cannot succeed.
	failing string
	// warns are actions without which a plan warns and an apply goes on.
	warns []string
	// those says what is taken away, where other worlds have the rest: parts of
	// "action on resource", as the guide has them.
	those []string
	// explains are actions that only tell of what stands in the way: a plan that does
	// not say it is the same without.
	explains []string
}

// TestLeastPrivilege: whoever has the policies that the guide prints can plan and
// apply, and nothing in them is left over. Of everything that they allow it is then
// seen, one thing at a time, that a plan without it says so and an apply fails, or
// warns where the table says so, with the action and the resource in the message.
func TestLeastPrivilege(t *testing.T) {
	guide := readGuide(t)
	guide.isOfTheCode(t)
	found := make(chan map[cloud.Phase][]ask, len(privileges))
	t.Run("worlds", func(t *testing.T) {
		for name, p := range privileges {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				x := newExaminedPrivilege(t, p, guide)
				found <- map[cloud.Phase][]ask{cloud.AtPlan: x.plans(), cloud.AtApply: x.applies()}
			})
		}
	})
	if t.Failed() || len(found) < len(privileges) {
		return // not every world was looked at
	}
	close(found)
	needed := map[cloud.Phase]map[ask]bool{cloud.AtPlan: {}, cloud.AtApply: {}}
	for phases := range found {
		for phase, all := range phases {
			for _, a := range all {
				needed[phase][a] = true
			}
		}
	}
	for phase, by := range needed {
		for _, a := range guide.all(phase) {
			if !by[a] {
				t.Errorf("%s: the guide has %s for %s, and nobody needs it", phase, a.Grant, a.who)
			}
		}
	}
}

// ask is one thing that the guide allows, and for whom: a platform or a kind.
type ask struct {
	who string
	aws.Grant
}

// examined is a privileged world that goes on.
type examined struct {
	*world
	privileged
	guide guide
	n     int
}

func newExaminedPrivilege(t *testing.T, p privileged, g guide) *examined {
	t.Helper()
	x := &examined{world: p.open(t), privileged: p, guide: g, n: 1}
	x.wish(x.world, x.n)
	return x
}

// may gives the role what the guide says, but for one thing.
func (x *examined) may(phase cloud.Phase, who string, without ask) {
	x.Helper()
	type statement struct {
		Effect, Action, Resource string
	}
	policy := struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{{"Allow", "sts:GetCallerIdentity", "*"}}} // a policy has one at least, and that is everybody's
	for _, a := range x.asked(phase) {
		if a != without {
			policy.Statement = append(policy.Statement, statement{"Allow", a.Action, x.filled(a.Resource)})
		}
	}
	text, err := json.Marshal(policy)
	x.must(err)
	x.role, err = x.amazon.Role(who, string(text))
	x.must(err)
	x.wish(x.world, x.n)
}

// asked is what the guide says of the platform and the kinds.
func (x *examined) asked(phase cloud.Phase) []ask {
	x.Helper()
	out := slices.Clone(x.guide.platforms[x.platform][phase])
	for _, k := range x.kinds {
		rows := x.guide.kinds[k]
		if len(rows) == 0 {
			x.Fatalf("the guide has no row for %s", k)
		}
		out = append(out, rows[phase]...)
	}
	return out
}

var capitals = regexp.MustCompile(`\b[A-Z][A-Z_]+\b`)

// filled puts the names of the world in the place of the words in capitals. What it
// has no name for, another world needs.
func (x *examined) filled(resource string) string {
	x.Helper()
	own := map[string]string{"REGION": x.amazon.Region(), "ACCOUNT": x.amazon.Account()}
	maps.Copy(own, x.fill(x.world))
	return capitals.ReplaceAllStringFunc(resource, func(word string) string {
		if name, ok := own[word]; ok {
			return name
		}
		return "nothing-is-called-so"
	})
}

// needs is what was used of a policy; of a world with kinds, what they asked for.
func (x *examined) needs(phase cloud.Phase, who string) []ask {
	x.Helper()
	unused := map[aws.Grant]bool{}
	for _, g := range x.amazon.Unused(who) {
		unused[g] = true
	}
	return slices.DeleteFunc(x.asked(phase), func(a ask) bool {
		return unused[aws.Grant{Action: a.Action, Resource: x.filled(a.Resource)}] || len(x.kinds) > 0 && a.who == x.platform ||
			len(x.those) > 0 && !slices.ContainsFunc(x.those, func(part string) bool { return strings.Contains(a.String(), part) })
	})
}

func (x *examined) plans() []ask {
	x.Helper()
	x.may(cloud.AtPlan, "plans", ask{})
	whole, code := x.plan()
	if code != 2 && x.failing == "" || strings.Contains(whole, "not authorized") {
		x.Fatalf("under its policy a plan ends with %d:\n%s", code, whole)
	}
	needed := x.needs(cloud.AtPlan, "plans")
	for _, a := range needed {
		x.may(cloud.AtPlan, "lacks", a)
		out, code := x.plan()
		if slices.Contains(x.explains, a.Action) {
			if x.neutral(out) != x.neutral(whole) {
				x.Errorf("a plan without %s says\n%s\nand with it\n%s", a, out, whole)
			}
			continue
		}
		x.names(out, "a plan", a)
		if code != 1 && !strings.Contains(out, "Warning: ") {
			x.Errorf("a plan without %s warns of nothing:\n%s", a, out)
		}
	}
	return needed
}

func (x *examined) applies() []ask {
	x.Helper()
	x.may(cloud.AtApply, "applies", ask{})
	x.goes("under its policy")
	needed := x.needs(cloud.AtApply, "applies")
	for _, a := range needed {
		x.may(cloud.AtApply, "lacks", a)
		if slices.Contains(x.warns, a.Action) && x.failing == "" {
			x.names(x.goes("without "+a.String()), "an apply", a)
			continue
		}
		out, code := x.apply()
		x.names(out, "an apply", a)
		if code == 0 {
			x.Fatalf("an apply without %s succeeds:\n%s", a, out)
		}
	}
	x.may(cloud.AtApply, "applies", ask{})
	x.goes("under its policy again")
	return needed
}

// goes applies the n-th configuration, and goes on to the next.
func (x *examined) goes(how string) string {
	x.Helper()
	out, code := x.apply()
	switch {
	case x.failing != "":
		if code == 0 || !strings.Contains(flatten(out), x.failing) || strings.Contains(out, "not authorized") {
			x.Fatalf("%s an apply does not fail for %q:\n%s", how, x.failing, out)
		}
		return out
	case code != 0:
		x.Fatalf("%s an apply fails:\n%s", how, out)
	}
	x.n++
	x.wish(x.world, x.n)
	return out
}

// names fails the test unless an output has the action and the resource in one
// sentence: in AWS's own, or in ours.
func (x *examined) names(out, who string, a ask) {
	x.Helper()
	on := ""
	if a.Resource != "*" {
		on = "on (resource: )?" + strings.NewReplacer(`\*`, `\S*`, `\?`, `\S`).Replace(regexp.QuoteMeta(x.filled(a.Resource))) + `[ .]`
	}
	if !regexp.MustCompile(`(not authorized to perform: |Grant )` + a.Action + " " + on).MatchString(flatten(out)) {
		x.Errorf("%s without %s does not name it:\n%s", who, a, out)
	}
}

// guide is what docs/guides/permissions.md says of AWS.
type guide struct {
	platforms, kinds map[string]map[cloud.Phase][]ask
}

var (
	guidePolicy = regexp.MustCompile("(?s)### `([a-z_]+)`\n\nWhoever plans:\n\n```json\n(.*?)```\n\nWhoever applies, the way home included:\n\n```json\n(.*?)```")
	guideRow    = regexp.MustCompile("(?m)^\\| (?:gate |job )?`([a-z0-9_]+)` \\| `([a-z0-9-]+:[A-Za-z]+)`(.*?) \\| `([^`]+)` \\| (yes|) ?\\| yes \\|$")
)

func readGuide(t *testing.T) guide {
	t.Helper()
	text, err := os.ReadFile("../../docs/guides/permissions.md")
	if err != nil {
		t.Fatal(err)
	}
	g := guide{platforms: map[string]map[cloud.Phase][]ask{}, kinds: map[string]map[cloud.Phase][]ask{}}
	for _, m := range guidePolicy.FindAllStringSubmatch(string(text), -1) {
		g.platforms[m[1]] = map[cloud.Phase][]ask{}
		for phase, policy := range map[cloud.Phase]string{cloud.AtPlan: m[2], cloud.AtApply: m[3]} {
			var p struct {
				Statement []struct {
					Effect   string
					Action   []string
					Resource string
				}
			}
			if err := json.Unmarshal([]byte(policy), &p); err != nil {
				t.Fatalf("%s: %v", m[1], err)
			}
			for _, st := range p.Statement {
				for _, action := range st.Action {
					g.platforms[m[1]][phase] = append(g.platforms[m[1]][phase], ask{m[1], aws.Grant{Action: action, Resource: st.Resource}})
				}
			}
		}
		g.order(t, m[1])
	}
	for _, m := range guideRow.FindAllStringSubmatch(string(text), -1) {
		name := m[1] + m[3]
		if g.kinds[name] == nil {
			g.kinds[name] = map[cloud.Phase][]ask{}
		}
		one := ask{name, aws.Grant{Action: m[2], Resource: m[4]}}
		g.kinds[name][cloud.AtApply] = append(g.kinds[name][cloud.AtApply], one)
		if m[5] == "yes" {
			g.kinds[name][cloud.AtPlan] = append(g.kinds[name][cloud.AtPlan], one)
		}
	}
	return g
}

// permissionsOf are what a platform asks of an account.
func permissionsOf(t *testing.T, platform string) []cloud.Permission {
	t.Helper()
	for _, k := range catalog.Platforms() {
		if k.Name == platform {
			return k.Permissions
		}
	}
	t.Fatalf("there is no platform %s", platform)
	return nil
}

// ofTheCode is what a platform's list has, as the guide would write it.
func ofTheCode(t *testing.T, platform string, phase cloud.Phase) []ask {
	t.Helper()
	var out []ask
	for _, p := range permissionsOf(t, platform) {
		resource := regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllStringFunc(p.Resource, func(word string) string {
			if word == "{partition}" {
				return "aws"
			}
			return strings.ToUpper(strings.Trim(word, "{}"))
		})
		if p.At(phase) {
			out = append(out, ask{platform, aws.Grant{Action: p.Action, Resource: resource}})
		}
	}
	return out
}

// order sorts what the guide has of a platform as its list is: by when it is asked
// for first, so that each refusal stops a world that is as it was.
func (g guide) order(t *testing.T, platform string) {
	t.Helper()
	for phase, all := range g.platforms[platform] {
		listed := ofTheCode(t, platform, phase)
		slices.SortStableFunc(all, func(a, b ask) int { return slices.Index(listed, a) - slices.Index(listed, b) })
	}
}

// isOfTheCode: the guide has every platform's list, and nothing else.
func (g guide) isOfTheCode(t *testing.T) {
	t.Helper()
	if len(g.platforms) != 2 || len(g.kinds) < 15 {
		t.Fatalf("the guide has %d platforms and %d kinds", len(g.platforms), len(g.kinds))
	}
	for name, phases := range g.platforms {
		for phase, all := range phases {
			if want := ofTheCode(t, name, phase); !slices.Equal(all, want) {
				t.Errorf("%s of %s: the guide has\n%v\nand the code\n%v\nrun make docs", phase, name, all, want)
			}
		}
	}
}

// all is everything that the guide has.
func (g guide) all(phase cloud.Phase) []ask {
	var out []ask
	for _, of := range []map[string]map[cloud.Phase][]ask{g.platforms, g.kinds} {
		for _, phases := range of {
			out = append(out, phases[phase]...)
		}
	}
	return out
}
