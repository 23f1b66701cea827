package apicompatibility

import (
	"context"
	"maps"
	"path/filepath"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/review/openapi"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "api_compatibility"

// Kind returns the preflight kind "api_compatibility".
func Kind() preflight.Kind {
	k := preflight.Kind{
		Name: name,
		Doc: "Two descriptions of an API in OpenAPI 3.0 to 3.2: nothing between them breaks a client that was made for the first while the second is served, and, for each `client` that is released together with it, the other way round. " +
			"Files are read, and references followed within their folder; nothing is fetched. The data source `rollout_api_compatibility` reports the same.",
		Attributes: attributes(),
		Messages:   messages(),
		Report: &preflight.Report{
			Doc: "Compares two descriptions of an API in OpenAPI 3.0 to 3.2: what of the second breaks clients that were made for the first, and what a client that is released together with it would not get from the instances that serve until then. " +
				"Files are read, and references followed within their folder; nothing is fetched. It reports, and fails only where a description cannot be read. The requirement `api_compatibility` stops a rollout.",
			Attributes: reported(),
		},
	}
	k = k.ReadBy(func(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
		c := read(r)
		return c.object(), func(*cloud.Clients) rollout.Check { return c }
	})
	k.Blocks = blocks()
	k.Report.Read = func(ctx context.Context, block types.Object, _ *cloud.Clients) (map[string]any, *rollout.Problem) {
		return report(read(preflight.NewReading(ctx, block)))
	}
	return k
}

func attributes() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"live":           text("The file that describes what serves now, in YAML or JSON, such as one that the last release left in the repository."),
		"live_text":      text("That description itself, instead of `live`: what `data.http` was answered by the API that serves."),
		"candidate":      text("The file that describes what is to serve."),
		"candidate_text": text("That description itself, instead of `candidate`."),
		"severity": schema.MapAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "Other severities by rule: `\"error\"`, `\"warning\"` or `\"ignore\"`, such as `{ \"response-property-enum-value-added\" = \"warning\" }` where clients take values that they do not know. The rules are [those of oasdiff](https://github.com/oasdiff/oasdiff/blob/main/docs/BREAKING-CHANGES.md), stricter where a response lacks what it had.",
		},
		"stability": text("The least `x-stability-level` of an operation that counts: `draft` (the default: every one), `alpha`, `beta` or `stable`."),
		"deprecation_days": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "How many days before the date in `x-sunset` an operation has to be marked as deprecated. Default 0. One that is removed after its `x-sunset` breaks nobody.",
		},
	}
}

func blocks() map[string]schema.Block {
	text := func(required bool, doc string) schema.Attribute {
		return schema.StringAttribute{Required: required, Optional: !required, MarkdownDescription: doc}
	}
	return map[string]schema.Block{
		"client": schema.ListNestedBlock{
			MarkdownDescription: "A client that is released together with the candidate, such as a web page. Until the candidate has all traffic, and after a roll-back, what serves now answers it as well: what it needs has to be there.",
			NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
				"name": text(true, "What it is called in findings."),
				"calls": schema.ListAttribute{
					ElementType: types.StringType, Optional: true,
					MarkdownDescription: "The operations that it calls as the candidate describes them, each by its `operationId` or as `\"GET /orders/{id}\"`. What of their responses it reads is not known, so that a difference there warns.",
				},
				"document": text(false, "A description of what it calls, sends and reads, in OpenAPI, instead of `calls`. Everything in it counts."),
			}},
		},
		"allow": schema.ListNestedBlock{
			MarkdownDescription: "A difference that is known to harm nobody. It stays in the findings, with the reason. One that allows nothing is a finding itself.",
			NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
				"rule":      text(true, "The rule, as findings name it."),
				"operation": text(false, "The only operation that it is for, by its `operationId` or as `\"GET /orders/{id}\"`. Default: any."),
				"about":     text(false, "A part of the finding's text, such as the name of a property. Default: anything."),
				"client":    text(false, "The new client that it is for. Without it, it is for the clients that are there."),
				"reason":    text(true, "Why it harms nobody. Plans show it."),
			}},
		},
	}
}

type block struct {
	Live            types.String `tfsdk:"live"`
	LiveText        types.String `tfsdk:"live_text"`
	Candidate       types.String `tfsdk:"candidate"`
	CandidateText   types.String `tfsdk:"candidate_text"`
	Severity        types.Map    `tfsdk:"severity"`
	Stability       types.String `tfsdk:"stability"`
	DeprecationDays types.Int64  `tfsdk:"deprecation_days"`
	Clients         types.List   `tfsdk:"client"`
	Allow           types.List   `tfsdk:"allow"`
}

// read turns the block into a check, as far as it is known.
func read(r *preflight.Reading) check {
	var b block
	if !r.Into(&b) {
		return check{}
	}
	c := check{live: document(r, "live", b.Live, b.LiveText), candidate: document(r, "candidate", b.Candidate, b.CandidateText)}
	if c.live.path != "" && filepath.Clean(c.live.path) == filepath.Clean(c.candidate.path) {
		r.Wrong("candidate", msgItself, "path", c.live.path)
	}
	c.severity = severities(r, b.Severity)
	c.stability = r.Text(b.Stability, func(s string) bool { return slices.Contains([]string{"draft", "alpha", "beta", "stable"}, s) }, "stability", msgNoStability, "word", b.Stability.ValueString())
	if n := b.DeprecationDays.ValueInt64(); n < 0 || n > 36500 {
		r.Wrong("deprecation_days", msgNoDays, "number", n)
	} else {
		c.deprecation = uint(n)
	}
	for _, o := range r.Nested(b.Clients) {
		c.clients = append(c.clients, clientOf(r, o))
	}
	for _, o := range r.Nested(b.Allow) {
		c.allow = append(c.allow, allowOf(r, o))
	}
	return c
}

// document reads one of the two; side names it.
func document(r *preflight.Reading, side string, file, text types.String) source {
	given := 0
	for _, v := range []types.String{file, text} {
		if v.IsUnknown() {
			return source{}
		}
		if v.ValueString() != "" {
			given++
		}
	}
	if given != 1 {
		r.Wrong(side, msgNotOne, "side", side)
	}
	return source{name: side, path: file.ValueString(), text: text.ValueString()}
}

func severities(r *preflight.Reading, of types.Map) map[string]openapi.Severity {
	out := map[string]openapi.Severity{}
	elements := of.Elements()
	for _, rule := range slices.Sorted(maps.Keys(elements)) {
		word, ok := elements[rule].(types.String)
		if !ok || word.IsUnknown() {
			continue
		}
		s := openapi.Severity(word.ValueString())
		switch {
		case !openapi.KnownRule(rule):
			r.Wrong("severity", msgNoRule, "rule", rule)
		case s != openapi.Fails && s != openapi.Warns && s != openapi.Ignore:
			r.Wrong("severity", msgNoSeverity, "rule", rule, "word", word.ValueString())
		}
		out[rule] = s
	}
	return out
}

func clientOf(r *preflight.Reading, o types.Object) client {
	in := o.Attributes()
	c := client{name: known(in["name"]), document: known(in["document"])}
	calls, _ := in["calls"].(types.List) // as the schema has it
	unknown := calls.IsUnknown() || in["document"].IsUnknown()
	for _, v := range r.Texts(calls) {
		unknown = unknown || v.IsUnknown()
		c.calls = append(c.calls, v.ValueString())
	}
	if !unknown && (len(c.calls) == 0) == (c.document == "") {
		r.Wrong("client", msgNoCalls, "client", c.name)
	}
	return c
}

func allowOf(r *preflight.Reading, o types.Object) openapi.Allow {
	in := o.Attributes()
	a := openapi.Allow{
		Rule: known(in["rule"]), Operation: known(in["operation"]), About: known(in["about"]), Client: known(in["client"]), Reason: known(in["reason"]),
	}
	if !in["rule"].IsUnknown() && !openapi.KnownRule(a.Rule) {
		r.Wrong("allow", msgNoRule, "rule", a.Rule)
	}
	if !in["reason"].IsUnknown() && rollout.OneLine(a.Reason, 1000) == "" {
		r.Wrong("allow", msgNoReason, "rule", a.Rule)
	}
	return a
}

// known is a text, or "" where there is none yet.
func known(v attr.Value) string {
	if s, ok := v.(types.String); ok {
		return s.ValueString()
	}
	return ""
}

// reported are the attributes that the data source computes.
func reported() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"compatible": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether nothing breaks anybody, but for what is allowed. Warnings do not count."},
		"findings": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "What does not fit, what is allowed included.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"rule":         text("The rule."),
				"severity":     text("`error` or `warning`."),
				"client":       text("The new client that it is about; empty for the clients that are there."),
				"operation":    text("The operation, as `GET /orders/{id}`; empty where it is about no single one."),
				"operation_id": text("Its `operationId`."),
				"text":         text("What was found."),
				"file":         text("Where it was found."),
				"line":         schema.Int64Attribute{Computed: true, MarkdownDescription: "The line there; 0 where it is not known, as in JSON."},
				"allowed":      schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether an `allow` is for it."},
				"reason":       text("The reason that the `allow` gives."),
			}},
		},
	}
}

type record struct {
	Rule        string `tfsdk:"rule"`
	Severity    string `tfsdk:"severity"`
	Client      string `tfsdk:"client"`
	Operation   string `tfsdk:"operation"`
	OperationID string `tfsdk:"operation_id"`
	Text        string `tfsdk:"text"`
	File        string `tfsdk:"file"`
	Line        int64  `tfsdk:"line"`
	Allowed     bool   `tfsdk:"allowed"`
	Reason      string `tfsdk:"reason"`
}

func report(c check) (map[string]any, *rollout.Problem) {
	found, err := c.compare()
	if err != nil {
		p := unreadable(err)
		return nil, msgNoReport.Found("object", c.object(), "why", p.Why, "todo", p.Fix)
	}
	compatible, records := true, []record{}
	for _, f := range found {
		compatible = compatible && (f.Allowed || f.Severity != openapi.Fails)
		records = append(records, record{
			Rule: f.Rule, Severity: string(f.Severity), Client: f.Client, Operation: f.Operation, OperationID: f.OperationID,
			Text: f.Text, File: f.File, Line: int64(f.Line), Allowed: f.Allowed, Reason: f.Reason,
		})
	}
	return map[string]any{"compatible": compatible, "findings": records}, nil
}
