package preflight

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Amazon is what the requirements of AWS say and do alike: they name a thing by
// its ARN, or by its name in a region, and ask for it; it is there, or is not, or
// nobody can tell.
type Amazon struct {
	asked                           cloud.AskedAWS
	noRegion, twoRegions, gone, odd rollout.Message
}

// OfAmazon returns the words of a kind. api is what people call the service,
// thing what its ARN names, and computed that ARN as the aws provider has it.
func OfAmazon(kind, api, thing, computed string) Amazon {
	return Amazon{
		asked: cloud.AskAWS(kind, api),
		noRegion: rollout.Message{
			ID:   kind + ".no_region",
			What: "region is not a region of AWS",
			Why:  `"{region}" has to be like eu-west-1. (A zone, such as eu-west-1a, is none.)`,
			Fix:  "Correct it, or leave it out where an ARN says it, or the provider's aws block.",
		},
		twoRegions: rollout.Message{
			ID:   kind + ".two_regions",
			What: "The ARN and region name two regions",
			Why:  "The ARN says {of}, and region says {region}.",
			Fix:  "Leave region out: the ARN has it.",
		},
		gone: rollout.Message{
			ID:  kind + ".gone",
			Why: "there is no such " + thing + "{where}",
			Fix: "Create it. If it is created in this same apply, refer to its computed ARN, " + computed + ", rather than to a name: then it is checked in apply, once it exists. " +
				"If it is somewhere else, correct the region, or the account that the provider uses.",
		},
		odd: rollout.Message{
			ID:  kind + ".odd_answer",
			Why: api + " answered with something else than that " + thing,
			Fix: "See whether something answers in its place, such as a proxy or the endpoint of the provider's aws block. If not, report this as a fault of the provider.",
		},
	}
}

// Everywhere is for things that are in no region.
func (a Amazon) Everywhere() Amazon {
	a.noRegion, a.twoRegions = rollout.Message{}, rollout.Message{}
	return a
}

// Messages lists them.
func (a Amazon) Messages() []rollout.Message {
	out := []rollout.Message{a.gone, a.odd}
	if a.noRegion.ID != "" {
		out = append(out, a.noRegion, a.twoRegions)
	}
	return append(out, a.asked.Messages()...)
}

// Region is the attribute that every kind has whose things are in a region.
func (Amazon) Region() schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "The region, where no ARN says it. Default: that of the provider's `aws` block or of the environment.",
	}
}

// AmazonForm is how a thing is named.
type AmazonForm struct {
	Service string // in its ARN: "kms"
	Before  string // what stands before the name there: "key/"
	Name    lazyregexp.Regexp
}

// Named reads what names a thing, and the region beside it. no is what a text
// gets that is neither a name nor an ARN; its particulars follow.
func (a Amazon) Named(r *Reading, at string, v, region types.String, form AmazonForm, no rollout.Message, pairs ...any) cloud.AWSName {
	if region := region.ValueString(); region != "" && !cloud.IsAWSRegion(region) {
		r.Wrong("region", a.noRegion, "region", region)
	}
	if v.IsUnknown() || v.IsNull() {
		return cloud.AWSName{}
	}
	out, ok := cloud.ReadAWSName(v.ValueString(), form.Service, form.Before)
	switch {
	case !ok, !form.Name.MatchString(out.Name):
		r.Wrong(at, no, pairs...)
		return cloud.AWSName{}
	case out.Region != "" && region.ValueString() != "" && region.ValueString() != out.Region:
		r.Wrong("region", a.twoRegions, "of", out.Region, "region", region.ValueString())
	case out.Region == "":
		out.Region = region.ValueString()
	}
	return out
}

// Unread returns the finding where an answer was an error: there is no such
// thing, or nobody can tell. permission is what the question takes, and where is
// where it was looked for, for people: " in eu-west-1".
func (a Amazon) Unread(ctx context.Context, f rollout.Finding, err error, permission, where string) rollout.Finding {
	if ctx.Err() == nil && cloud.AWSGone(err) {
		return a.Gone(f, where)
	}
	return a.asked.Skipped(ctx, f, err, permission)
}

// Skipped is Unread for an answer that says nothing of the thing itself.
func (a Amazon) Skipped(ctx context.Context, f rollout.Finding, err error, permission string) rollout.Finding {
	return a.asked.Skipped(ctx, f, err, permission)
}

// Gone is Unread for an answer that holds nothing.
func (a Amazon) Gone(f rollout.Finding, where string) rollout.Finding {
	f.Status, f.Retry = rollout.Failed, true
	return f.Because(a.gone, "where", where)
}

// Odd is for an answer about something else, which is no answer.
func (a Amazon) Odd(f rollout.Finding) rollout.Finding {
	f.Status = rollout.Skipped
	return f.Because(a.odd)
}

// Reading reads a block. What is unknown there is left out, and is not wrong.
type Reading struct {
	ctx      context.Context //nolint:containedctx // of the one call in which it is read
	block    types.Object
	problems []rollout.Problem
}

// NewReading begins to read a block.
func NewReading(ctx context.Context, block types.Object) *Reading {
	return &Reading{ctx: ctx, block: block}
}

// Into reads the block into a model. It returns false where there is none yet.
func (r *Reading) Into(model any) bool {
	return !r.block.IsNull() && !r.block.IsUnknown() && !r.block.As(r.ctx, model, basetypes.ObjectAsOptions{}).HasError()
}

// Wrong adds what is wrong at an attribute.
func (r *Reading) Wrong(at string, m rollout.Message, pairs ...any) {
	p := m.With(pairs...)
	p.At = at
	r.problems = append(r.problems, p)
}

// Text reads an optional text; a problem where it is given and is not good.
func (r *Reading) Text(v types.String, good func(string) bool, at string, m rollout.Message, pairs ...any) string {
	if !v.IsUnknown() && !v.IsNull() && !good(v.ValueString()) {
		r.Wrong(at, m, pairs...)
	}
	return v.ValueString()
}

// Texts are the elements of a list, as far as it is known.
func (r *Reading) Texts(list types.List) []types.String {
	var out []types.String
	for _, e := range list.Elements() {
		if v, ok := e.(types.String); ok {
			out = append(out, v)
		}
	}
	return out
}

// Quiet reads for how long maintenance is not wanted. no is what a text gets that is no such
// time; its particulars follow.
func (r *Reading) Quiet(v types.String, at string, no rollout.Message, pairs ...any) Quiet {
	if v.IsUnknown() || v.IsNull() {
		return Quiet{}
	}
	d, err := time.ParseDuration(v.ValueString())
	if err != nil || d < 0 {
		r.Wrong(at, no, pairs...)
	}
	return Quiet{asked: &d}
}

// Nested are the blocks of a list, as far as they are known.
func (r *Reading) Nested(list types.List) []types.Object {
	var out []types.Object
	for _, e := range list.Elements() {
		if o, ok := e.(types.Object); ok && !o.IsUnknown() {
			out = append(out, o)
		}
	}
	return out
}

// From reads one of them into a model.
func (r *Reading) From(nested types.Object, model any) bool {
	return !nested.As(r.ctx, model, basetypes.ObjectAsOptions{}).HasError()
}

// ReadBy completes a kind whose checks depend on their blocks alone: read
// returns what the block is about, "" where that is not known, and how to open
// the check once everything is.
func (k Kind) ReadBy(read func(r *Reading) (object string, open func(*cloud.Clients) rollout.Check)) Kind {
	k.Alone = true
	k.Blocks = map[string]schema.Block{}
	k.Validate = func(ctx context.Context, block types.Object) []rollout.Problem {
		r := NewReading(ctx, block)
		_, _ = read(r)
		return r.problems
	}
	k.Object = func(ctx context.Context, block types.Object) string {
		object, _ := read(NewReading(ctx, block))
		return object
	}
	k.Open = func(ctx context.Context, block types.Object, clients *cloud.Clients) (rollout.Check, error) {
		r := NewReading(ctx, block)
		_, open := read(r)
		if len(r.problems) > 0 {
			return nil, r.problems[0]
		}
		return open(clients), nil
	}
	return k
}
