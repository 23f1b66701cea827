package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// requirement is one block inside requires.
type requirement struct {
	kind  preflight.Kind
	block types.Object // what is the kind's own
	at    path.Path
	terms
	// known: everything is, also what is not the kind's own, and what is
	// write-only.
	known    bool
	patience *patience
}

// requirements are all of them; unknown where it is not known yet which.
type requirements struct {
	list    []requirement
	unknown bool
	// do says for plans what they bring about.
	do []string
	// mayEnd: it is not known yet whether one says where the way home ends.
	mayEnd bool
}

func decodeRequires(ctx context.Context, src source, diags *diag.Diagnostics) (requirements, []fault) {
	var out requirements
	var faults []fault
	var list types.List
	diags.Append(src.GetAttribute(ctx, path.Root("requires"), &list)...)
	out.unknown, out.mayEnd = list.IsUnknown(), list.IsUnknown()
	for i, o := range objects(list) {
		for _, k := range catalog.Checks() {
			blocks := listOf(o, k.Name)
			out.unknown = out.unknown || blocks.IsUnknown()
			out.mayEnd = out.mayEnd || k.WayBack != nil && blocks.IsUnknown()
			for n, b := range objects(blocks) {
				t, own, problems := readTerms(ctx, k, b)
				r := requirement{
					kind: k, block: own, at: path.Root("requires").AtListIndex(i).AtName(k.Name).AtListIndex(n),
					terms: t, known: !openEnded(b), patience: &patience{},
				}
				for _, p := range append(k.Validate(ctx, own), problems...) {
					faults = append(faults, in(r.at, anchor(k.Attributes), p))
				}
				out.list = append(out.list, r)
				if what := r.does(ctx); what != "" {
					out.do = append(out.do, what)
				}
			}
		}
	}
	return out, faults
}

// look says when, and for what, requirements are looked at.
type look struct {
	// planning: nobody waits, and what a plan is not to ask is not asked. moves
	// says that there is something to apply.
	planning, moves bool
	// begin and end are those of the rollout, as planned; zero where there is
	// none.
	begin, end time.Time
	// tell, where it is there, lets what configuration asks to enforce be enforced,
	// and is told what was done. Without it a look only looks.
	tell func(what string)
}

// run runs every requirement. What is not known yet is Deferred; what cannot
// be opened is Skipped, which is not a pass either.
func (r requirements) run(ctx context.Context, c *core, l look, candidate, live *rollout.Subject) []rollout.Finding {
	results := make([][]rollout.Finding, len(r.list))
	var all sync.WaitGroup
	for i, one := range r.list {
		all.Go(func() { results[i] = one.run(ctx, c, l, candidate, live) })
	}
	all.Wait()
	if l.tell != nil {
		r.enforce(ctx, c, l, results)
	}
	var out []rollout.Finding
	for _, found := range results {
		out = append(out, found...)
	}
	if r.unknown {
		out = append(out, rollout.Finding{
			Check: "requires", Status: rollout.Deferred, Why: "some requirements are not known before apply",
		})
	}
	return out
}

func (r requirement) run(ctx context.Context, c *core, l look, candidate, live *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: r.kind.Name, Object: r.kind.Object(ctx, r.block), Status: rollout.Deferred}
	if !r.known {
		f.Why = "it is not known before apply"
		return []rollout.Finding{f}
	}
	if l.planning && r.atPlan == planSkips {
		if !l.moves {
			return nil // there is no apply that would look at it
		}
		return []rollout.Finding{f.Because(msgNotAskedAtPlan)}
	}
	if found, early := r.patience.early(c.clock.Now()); early {
		return found
	}
	if kept := r.patience.keeps(candidate); kept != nil {
		return kept
	}
	check, err := r.kind.Open(ctx, r.block, c.clients)
	if err != nil {
		f.Status = rollout.Skipped
		return r.on([]rollout.Finding{f.Because(msgRequirementUnopened, "why", err)})
	}
	if ahead, ok := check.(rollout.Foresighted); ok && !l.end.IsZero() {
		check = ahead.During(l.begin, l.end)
	}
	found := r.ask(ctx, c, l, check, candidate, live)
	if l.planning && r.enforce != nil {
		return r.on(r.foretold(ctx, found))
	}
	if !l.planning && r.within > 0 && ctx.Err() == nil {
		found = r.patience.take(c.clock.Now(), r.within, found)
	}
	return r.kept(l, candidate, r.on(found))
}

// kept remembers, in an apply, what passed for good.
func (r requirement) kept(l look, candidate *rollout.Subject, found []rollout.Finding) []rollout.Finding {
	if r.kind.Lasting && !l.planning {
		r.patience.keep(candidate, found)
	}
	return found
}

// ask runs the check. In a plan, what stands in many resources is asked about
// once; an apply never uses such an answer.
func (r requirement) ask(ctx context.Context, c *core, l look, check rollout.Check, candidate, live *rollout.Subject) []rollout.Finding {
	if !l.planning || !r.kind.Alone {
		return check.Run(ctx, candidate, live)
	}
	return c.answers.of(ctx, c.clock, r.kind.Name+" "+r.block.String(), func() []rollout.Finding { return check.Run(ctx, nil, nil) })
}

// patiently runs every requirement until there is nothing left to wait for: all
// that stop have been given their time, or one of them has none. An interrupt
// ends the wait.
func (r requirements) patiently(ctx context.Context, c *core, id string) []rollout.Finding {
	l := look{tell: func(what string) { c.progress.tell(ctx, id, enforced(what, c.clock.Now())) }}
	for told := false; ; told = true {
		findings := r.run(ctx, c, l, nil, nil)
		first, d := again(findings)
		if first == nil || slices.ContainsFunc(findings, final) {
			return findings
		}
		if !told {
			c.progress.tell(ctx, id, awaited(*first, c.clock.Now()))
		}
		if c.clock.Sleep(ctx, d) != nil {
			return findings
		}
	}
}

// final tells what stops, and is not waited for.
func final(f rollout.Finding) bool { return f.Stops() && f.Again == 0 }

// awaited is the event that says what is waited for.
func awaited(f rollout.Finding, at time.Time) rollout.Event {
	return rollout.Event{At: at, Kind: "wait", Why: fmt.Sprintf("%s: %s; it is looked at again", about(f), f.Why)}
}

// again returns when to look again at what configuration gives time, and the
// first such finding; nil if there is none.
func again(findings []rollout.Finding) (first *rollout.Finding, d time.Duration) {
	for _, f := range findings {
		if f.Again > 0 && (first == nil || f.Again < d) {
			d = f.Again
			if first == nil {
				first = &f
			}
		}
	}
	return first, d
}

// at returns the block to which a finding belongs, for the message.
func (r requirements) at(ctx context.Context, f rollout.Finding, otherwise path.Path) path.Path {
	for _, one := range r.list {
		if one.kind.Name == f.Check && one.kind.Object(ctx, one.block) == f.Object {
			return in(one.at, anchor(one.kind.Attributes), rollout.Problem{}).at
		}
	}
	return otherwise
}

// about is what a finding is about: the kind, and the thing where it is known.
func about(f rollout.Finding) string {
	if f.Object == "" {
		return f.Check
	}
	return f.Check + " " + f.Object
}

// found is a finding as a message. then says what comes of it; it may be "".
func found(f rollout.Finding, then string) rollout.Problem {
	m := msgUnmet
	switch {
	case f.Status == rollout.Skipped:
		m = msgUnverified
	case f.Status == rollout.Failed && f.Advisory:
		m = msgWorthALook
	}
	return m.With("about", about(f), "why", sentence(f.Why), "todo", strings.TrimSpace(f.Fix+"\n\n"+then))
}

// report turns the findings of a plan into messages. An error is for where
// traffic would move; elsewhere it would also block a destroy.
func (c *core) report(d *diag.Diagnostics, findings []rollout.Finding, moves bool, at func(rollout.Finding) path.Path) {
	deferred := ""
	for _, f := range findings {
		switch {
		case f.Status == rollout.Passed:
		case f.Status == rollout.Deferred:
			deferred += fmt.Sprintf("\n  - %s: %s", about(f), f.Why)
		case f.Status == rollout.Failed && !f.Advisory && !f.Lenient && moves && c.preflight == modeError:
			addError(d, at(f), found(f, todoSeeThePlan.With().Fix))
		default:
			addWarning(d, at(f), found(f, then(f, moves)))
		}
	}
	if deferred != "" {
		addWarning(d, path.Empty(), msgDeferred.With("requirements", deferred))
	}
}

// then says what an apply makes of what a plan warns of.
func then(f rollout.Finding, moves bool) string {
	switch {
	case f.Advisory, f.Permission && f.Status == rollout.Skipped:
	case f.Status == rollout.Skipped:
		return todoVerify.With().Fix
	case f.Lenient && moves:
		return todoMeet.With().Fix
	}
	return ""
}
