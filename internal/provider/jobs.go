package provider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

const (
	beforeBlock = "before"
	afterBlock  = "after"

	defaultJobTimeout = 15 * time.Minute
	// mostJobs is how many may run before a candidate, and after its promotion.
	mostJobs = 8
)

// jobBlock returns the block of jobs that run at a time of the rollout.
func jobBlock(doc string) schema.ListNestedBlock {
	kinds := map[string]schema.Block{}
	for _, k := range catalog.Jobs() {
		kinds[k.Name] = schema.ListNestedBlock{
			MarkdownDescription: k.Doc + " Exactly one of such blocks is given.",
			NestedObject:        schema.NestedBlockObject{Attributes: k.Attributes, Blocks: k.Blocks},
		}
	}
	return schema.ListNestedBlock{
		MarkdownDescription: doc,
		NestedObject: schema.NestedBlockObject{Blocks: kinds, Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The name of the job in plans, events and errors. Names are unique in `before` and `after` together; by it a later apply knows what was run.",
			},
			"timeout": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "How long the job is waited for, such as `\"30m\"`. Default `\"15m\"`. When it is over the apply fails, and the job goes on: the next apply waits for it.",
			},
		}},
	}
}

// jobConfig is a before or after block, decoded.
type jobConfig struct {
	name    string
	when    string
	timeout time.Duration
	kind    *job.Kind
	block   types.Object
	at      path.Path
	known   bool // everything in it is
	about   job.Description
}

func (j jobConfig) after() bool { return j.when == afterBlock }

func (d *deployment) readJobs(ctx context.Context, src source, diags *diag.Diagnostics) {
	d.jobsShown = true
	names := map[string]bool{}
	for _, when := range []string{beforeBlock, afterBlock} {
		var list types.List
		diags.Append(src.GetAttribute(ctx, path.Root(when), &list)...)
		d.jobsShown = d.jobsShown && !list.IsUnknown()
		all := objects(list)
		if len(all) > mostJobs {
			d.fault(path.Root(when).AtListIndex(mostJobs).AtName("name"), msgTooManyJobs.With("most", mostJobs, "when", when, "count", len(all)))
		}
		for i, o := range all {
			j := d.readJob(ctx, o, when, path.Root(when).AtListIndex(i))
			if j.name != "" && names[j.name] {
				d.fault(j.at.AtName("name"), msgTwoJobs.With("job", j.name))
			}
			names[j.name] = true
			d.jobsShown = d.jobsShown && !stringOf(o, "name").IsUnknown()
			d.jobs = append(d.jobs, j)
		}
	}
}

func (d *deployment) readJob(ctx context.Context, o types.Object, when string, at path.Path) jobConfig {
	j := jobConfig{name: stringOf(o, "name").ValueString(), when: when, at: at}
	var problem *rollout.Problem
	j.timeout, problem = duration(fmt.Sprintf("The timeout of job %q", j.name), stringOf(o, "timeout"), defaultJobTimeout)
	d.note(at.AtName("timeout"), problem)
	kinds := catalog.Jobs()
	found, unknown := 0, false
	var names []string
	for i := range kinds {
		k := &kinds[i]
		names = append(names, k.Name)
		list := listOf(o, k.Name)
		unknown = unknown || list.IsUnknown()
		for _, b := range objects(list) {
			found++
			j.kind, j.block = k, b
		}
	}
	switch {
	case found > 1:
		d.fault(at.AtName("name"), msgTwoJobKinds.With("job", j.name, "kinds", strings.Join(names, ", ")))
		j.kind = nil
		return j
	case found == 0 && !unknown:
		d.fault(at.AtName("name"), msgNoJobKind.With("job", j.name, "kinds", strings.Join(names, ", ")))
		return j
	case found == 0:
		return j
	}
	for _, p := range j.kind.Validate(ctx, j.block) {
		d.faults = append(d.faults, in(at.AtName(j.kind.Name).AtListIndex(0), anchor(j.kind.Attributes), p))
	}
	j.about, j.known = j.kind.Describe(ctx, j.block), !openEnded(o)
	return j
}

// line is where messages about a job are shown.
func (j jobConfig) line() path.Path {
	if j.kind == nil {
		return j.at.AtName("name")
	}
	return in(j.at.AtName(j.kind.Name).AtListIndex(0), anchor(j.kind.Attributes), rollout.Problem{}).at
}

// jobAt is the line of the job that a finding is about.
func (d *deployment) jobAt(f rollout.Finding) (path.Path, bool) {
	for _, j := range d.jobs {
		if j.kind != nil && j.kind.Name == f.Check && (f.Object == j.name || stringOf(j.block, anchor(j.kind.Attributes)).ValueString() == f.Object) {
			return j.line(), true
		}
	}
	for _, g := range d.gates {
		if g.kind != nil && len(listOf(g.source, f.Check).Elements()) > 0 {
			return g.at.AtName("name"), true
		}
	}
	return path.Path{}, false
}

// jobTime is how long the jobs may be waited for.
func (d *deployment) jobTime() time.Duration {
	var out time.Duration
	for _, j := range d.jobs {
		out += j.timeout
	}
	return out
}

// jobNames lists the jobs of a time as previews show them: by name, and what each
// is. nil where there is none.
func (d *deployment) jobNames(when string) []string {
	var out []string
	for _, j := range d.jobs {
		if j.when == when {
			out = append(out, j.name)
		}
	}
	return out
}

// inspect says of each job whether it could be run. What is done already is not
// owed any more. image is what the candidate has, where that is known.
func (j jobConfig) inspect(ctx context.Context, c *core, candidate *rollout.Subject, planning bool) []rollout.Finding {
	f := rollout.Finding{Check: beforeBlock, Object: j.name, Status: rollout.Deferred}
	if j.kind == nil || !j.known {
		f.Check, f.Why = j.when, "it is not known before apply"
		return []rollout.Finding{f}
	}
	f.Check = j.kind.Name
	opened, err := j.kind.Open(ctx, j.block, c.clients)
	if err != nil {
		f.Status = rollout.Skipped
		return []rollout.Finding{f.Because(msgJobUnopened, "job", j.name, "why", err)}
	}
	image := ""
	if j.about.Image && candidate != nil {
		if image = candidate.Facts["image"]; !strings.Contains(image, "@sha256:") {
			f.Status = rollout.Failed
			return []rollout.Finding{f.Because(msgNoCandidateImage, "job", j.name)}
		}
	}
	if planning { // Terraform may be about to give it the image
		image = ""
	}
	return opened.Inspect(ctx, image)
}

// inspectJobs looks at the jobs that a plan will run.
func (p *planning) inspectJobs(ctx context.Context, candidate *rollout.Subject) []rollout.Finding {
	if !p.moves || p.released(candidate) {
		return nil
	}
	var out []rollout.Finding
	for _, j := range p.d.jobs {
		out = append(out, j.inspect(ctx, p.core, candidate, true)...)
	}
	for _, g := range p.d.gates {
		if g.kind == nil || openEnded(g.source) {
			continue
		}
		if opened, err := g.open(ctx, p.core); err == nil { // what is wrong with it is told where it is tried
			out = append(out, inspectGate(ctx, opened, "")...)
		}
	}
	return out
}

// inspectGate looks at the job of a gate; of other gates it says nothing.
func inspectGate(ctx context.Context, g runner.Gate, image string) []rollout.Finding {
	s, ok := g.Source.(rollout.Inspected)
	if !ok {
		return nil
	}
	out := s.Inspect(ctx, image)
	for i := range out {
		out[i].Advisory = out[i].Advisory || g.DryRun && out[i].Status != rollout.Passed
	}
	return out
}

// released: the wanted revision had its release already, and owes no job.
func (p *planning) released(candidate *rollout.Subject) bool {
	return candidate != nil && !p.prior.slots && p.prior.returns(candidate.Revision)
}

// inspectJobs looks at the jobs that are still to be run: those before the candidate
// until the barrier was passed once, the others before every rise.
func (a *application) inspectJobs(ctx context.Context, candidate *rollout.Subject) []rollout.Finding {
	if candidate != nil && !a.record.slots && a.record.returns(candidate.Revision) {
		return nil
	}
	if candidate == nil && a.opened.Planned != nil {
		if of, err := a.opened.Planned(ctx); err == nil {
			candidate = &of
		}
	}
	var out []rollout.Finding
	for _, j := range a.d.jobs {
		if j.after() || !a.begun {
			out = append(out, j.inspect(ctx, a.core, candidate, false)...)
		}
	}
	image := ""
	if candidate != nil {
		image = candidate.Facts["image"]
	}
	for _, g := range a.gates {
		out = append(out, inspectGate(ctx, g, image)...)
	}
	return out
}

// openJobs opens all jobs of a time for the runner.
func (a *application) openJobs(ctx context.Context, when string) ([]runner.Job, error) {
	var out []runner.Job
	for _, j := range a.d.jobs {
		if j.when != when {
			continue
		}
		opened, err := j.kind.Open(ctx, j.block, a.clients)
		if err != nil {
			return nil, fmt.Errorf("job %q: %w", j.name, err)
		}
		out = append(out, runner.Job{
			Job: opened, Name: j.name, Timeout: j.timeout, By: j.about.By,
			Errand: func(content string, candidate rollout.Revision) (rollout.Errand, error) {
				a.begun = true
				return a.errand(ctx, j, content, candidate)
			},
		})
	}
	return out, nil
}

// errand is what a job does for this content. Where the content cannot be told,
// the revision's name has to do.
func (a *application) errand(ctx context.Context, j jobConfig, content string, candidate rollout.Revision) (rollout.Errand, error) {
	out := rollout.Errand{
		Key: errandKey(a.opened.ID, j.when, j.name, content, candidate),
		Env: map[string]string{"ROLLOUT_JOB": j.name, "ROLLOUT_WHEN": j.when},
	}
	if j.after() {
		out.Env["ROLLOUT_REVISION"] = string(candidate)
	}
	if !j.about.Image {
		return out, nil
	}
	describe := a.opened.Planned
	if candidate != "" {
		describe = func(ctx context.Context) (rollout.Subject, error) { return a.opened.Target.Subject(ctx, candidate) }
	}
	if describe == nil {
		return out, fmt.Errorf("%w: the candidate's image is not known", rollout.ErrInvalid)
	}
	of, err := describe(ctx)
	if err != nil {
		return out, err
	}
	out.Image = of.Facts["image"]
	if !strings.Contains(out.Image, "@sha256:") {
		return out, fmt.Errorf("%w: %s", rollout.ErrInvalid, msgNoCandidateImage.With("job", j.name).Why)
	}
	return out, nil
}

// errandKey names an errand for good: the target, the job and the content.
func errandKey(target, when, name, content string, candidate rollout.Revision) string {
	if content == "" {
		content = "revision " + string(candidate)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{target, when, name, content}, "\x00")))
	return hex.EncodeToString(sum[:10])
}

// jobsNow says what of the jobs is there to stay, where a rollout did not succeed.
func jobsNow(res runner.Result) []string {
	var out []string
	for _, r := range res.Ran {
		failed := res.FailedJob != nil && res.FailedJob.ID == r.ID
		switch {
		case r.State == rollout.JobRunning:
			out = append(out, sentence(msgNowRunning.With("job", r.Name, "execution", r.ID).Why))
		case r.State == rollout.JobSucceeded, r.State == rollout.JobFailed && !failed:
			out = append(out, sentence(msgNowApplied.With("job", r.Name, "execution", r.ID, "ended", runner.Ended(rollout.Execution{State: r.State, Exit: r.Exit})).Why))
		}
	}
	if f := res.FailedJob; f != nil && len(f.Log) > 0 {
		out = append(out, msgNowPrinted.With("lines", "  "+strings.Join(f.Log, "\n  ")).Why)
	}
	return out
}

// jobTodo is what to do about a job that ended a rollout, where one did.
func jobTodo(res runner.Result) string {
	f := res.FailedJob
	if f == nil {
		return todoProvide.With().Fix
	}
	m, look := todoJobFailed, ""
	switch {
	case f.ID == "":
		m = todoJobNotBegun
	case f.State == rollout.JobRunning:
		m = todoJobGoesOn
	case f.State == rollout.JobUnclear:
		m = todoJobUnclear
	}
	switch {
	case f.State == rollout.JobUnclear && f.Say != "":
		look = " " + todoJobSay.With("say", f.Say).Fix
	case f.By != "":
		look = " To look at it:\n  " + strings.ReplaceAll(f.By, "{id}", f.ID)
	}
	out := m.With("look", look).Fix
	if res.Outcome == engine.Stayed && f.After {
		out += "\n\n" + todoJobAfter.With("live", res.Shows.Routing).Fix
	}
	return out
}
