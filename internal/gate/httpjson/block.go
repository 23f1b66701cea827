package httpjson

import (
	"context"
	"mime"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// usual and longest are what a question may take. An evaluation of a gate ends
// after half a minute.
const (
	usual   = 10 * time.Second
	longest = 25 * time.Second
)

// Kind returns the gate kind "http_json".
func Kind() gate.Kind {
	return gate.Kind{
		Name: "http_json",
		Doc: "Asks any address for a number that stands in its JSON: another monitoring system, or a count of reports. It is asked from where Terraform runs; redirects are not followed. " +
			"In `url`, `headers` and `body`, `{{revision}}`, `{{service}}`, `{{location}}`, `{{project}}`, `{{content}}` and `{{image}}` stand for what the platform calls the revision, " +
			"`{{start}}` and `{{end}}` for the window, as in `2026-03-04T14:00:00Z`, `{{start_unix}}` and `{{end_unix}}` for the same in seconds since 1970, and `{{window}}` for its length in seconds. Each is escaped for where it stands; write `{{{{` where `{{` is to be sent as it is. " +
			"A path that leads nowhere and `null` are no data; anything else but a number is an error.",
		Attributes: attributes(),
		Blocks:     map[string]schema.Block{},
		Messages:   messages(),
		Validate: func(ctx context.Context, object types.Object) []rollout.Problem {
			_, problems := read(ctx, object)
			return problems
		},
		Describe: func(ctx context.Context, object types.Object) gate.Description {
			s, _ := read(ctx, object)
			return gate.Description{Measures: "value", Unit: s.unit, MinWindow: time.Second, Counts: s.counts, Countable: true, Everybody: s.ofEverybody()}
		},
		Open: open,
	}
}

func text(doc string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
}

func attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"url": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "The address, such as `https://monitoring.example.com/api/errors?revision={{revision}}&from={{start}}&to={{end}}`. It has to answer of the window alone, or else of the moment. " +
				"Messages leave the query out, but plan and state hold it: put no key there.",
		},
		"value": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Where the number stands in the answer: keys and places in lists, joined by dots, such as `data.series.0.value`. `length` behind a list is how long it is: `reports.length`; of a list that comes in pages it is that of one page.",
		},
		"samples":      text("Where it stands how many requests the value stands on, such as `data.count`. Without it a value stands on one sample, so the gate's `min_samples` must not be more than 1. Where a gate has `count`, a number that the answer lacks is 0 only if there are samples."),
		"body":         text("A body, with which the request is a `POST` instead of a `GET`. It stands in plan and state: put no credential there."),
		"content_type": text("The type of the body. Default: `application/json` if it is a JSON object or list, else `text/plain; charset=utf-8`."),
		"headers": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Headers, by name. They stand in plan and state, so one that holds credentials (`Authorization`, `Cookie`, `X-Api-Key` and the like) is refused.",
		},
		"headers_wo": schema.MapAttribute{
			Optional: true, WriteOnly: true, ElementType: types.StringType,
			MarkdownDescription: "Headers that Terraform keeps nowhere, neither in plan nor in state: those with credentials. They are sent as they are. A change of them alone plans nothing. It needs Terraform 1.11, or OpenTofu 1.11; with an older one use `headers_env`.",
		},
		"headers_env": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Headers whose values are in environment variables of the process that runs Terraform: name of the header = name of the variable. They are sent as they are.",
		},
		"unit":    text("What follows the value in messages, such as `%` or `ms`."),
		"timeout": text("How long an answer may take until it is complete, such as `\"5s\"`; at most `25s`. Default: `10s`."),
		"delay":   text("How late the data of the address are, such as `\"2m\"`: a window is asked for only that long after it has passed. Default: they are there at once."),
	}
}

type block struct {
	URL         types.String `tfsdk:"url"`
	Value       types.String `tfsdk:"value"`
	Samples     types.String `tfsdk:"samples"`
	Body        types.String `tfsdk:"body"`
	ContentType types.String `tfsdk:"content_type"`
	Headers     types.Map    `tfsdk:"headers"`
	HeadersWO   types.Map    `tfsdk:"headers_wo"`
	HeadersEnv  types.Map    `tfsdk:"headers_env"`
	Unit        types.String `tfsdk:"unit"`
	Timeout     types.String `tfsdk:"timeout"`
	Delay       types.String `tfsdk:"delay"`
}

// open returns the source. A credential that is named and missing is told here,
// before anything is written.
func open(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Source, error) {
	s, problems := read(ctx, object)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	var err error
	if s.headers, err = s.headers.Open(); err != nil {
		return nil, err
	}
	s.client = clients.HTTP()
	if s.delay > 0 {
		return late{&s}, nil
	}
	return &s, nil
}

// read turns the block into a source. What is unknown is left out, and is not
// wrong.
func read(ctx context.Context, object types.Object) (source, []rollout.Problem) {
	s := source{timeout: usual}
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return s, nil
	}
	s.whole = !b.URL.IsUnknown() && !b.Body.IsUnknown() && !b.Headers.IsUnknown() && len(texts(b.Headers)) == len(b.Headers.Elements())
	s.value, s.samples, s.counts, s.unit = b.Value.ValueString(), b.Samples.ValueString(), !b.Samples.IsNull(), b.Unit.ValueString()
	s.headers = web.Headers{Plain: texts(b.Headers), Secret: texts(b.HeadersWO), Env: texts(b.HeadersEnv)}
	out := s.headers.Check()
	out = append(out, placeholders("headers", s.headers.Names())...)
	if !b.URL.IsUnknown() {
		out = append(out, s.readURL(b.URL.ValueString())...)
	}
	out = append(out, s.readBody(b)...)
	out = append(out, append(path("value", b.Value), path("samples", b.Samples)...)...)
	limit, problems := duration("timeout", b.Timeout)
	out = append(out, problems...)
	if limit > longest {
		out = append(out, msgTimeout.With("timeout", b.Timeout.ValueString(), "longest", rollout.Short(longest)))
	} else if limit > 0 {
		s.timeout = limit
	}
	s.delay, problems = duration("delay", b.Delay)
	out = append(out, problems...)
	for i := range out {
		out[i].At = "value" // not url, whose line Terraform would print: there may be a password in it
	}
	return s, out
}

func path(attribute string, v types.String) []rollout.Problem {
	if v.IsNull() || v.IsUnknown() || web.IsPath(v.ValueString()) {
		return nil
	}
	return []rollout.Problem{msgPath.With("attribute", attribute, "path", v.ValueString())}
}

// readURL reads the address. What is not one is not quoted: it may hold a
// password.
func (s *source) readURL(text string) []rollout.Problem {
	base, query, queries := strings.Cut(text, "?")
	var ok, also bool
	s.base, ok = web.ParseTemplate(base)
	s.query, also = web.ParseTemplate(query)
	s.queries = queries
	if !ok || !also {
		return []rollout.Problem{web.BadPlaceholder("The url of an http_json gate")}
	}
	one := func(string) string { return "1" }
	filled := s.base.Fill(nil, one)
	at, err := url.Parse(filled)
	switch {
	case err == nil && at.User != nil:
		return []rollout.Problem{msgURLCredential.With()}
	case err != nil, at.Host == "", at.Scheme != "https" && at.Scheme != "http", strings.Contains(filled+s.query.Fill(nil, one), "#"):
		return []rollout.Problem{msgURL.With()}
	case !strings.HasPrefix(strings.ToLower(base), strings.ToLower(at.Scheme+"://"+at.Host)):
		return []rollout.Problem{msgURLHost.With()}
	}
	s.at = base
	if s.headers.Private() && !web.Private(at) {
		return []rollout.Problem{msgClear.With("at", s.at, "credential", s.headers)}
	}
	return placeholders("url", slices.Concat(s.base.Names(), s.query.Names()))
}

func (s *source) readBody(b block) []rollout.Problem {
	if !b.ContentType.IsNull() && b.Body.IsNull() {
		return []rollout.Problem{msgContentTypeAlone.With()}
	}
	if b.Body.IsNull() || b.Body.IsUnknown() {
		return nil
	}
	if strings.TrimSpace(b.Body.ValueString()) == "" {
		return []rollout.Problem{msgBodyEmpty.With()}
	}
	var ok bool
	if s.body, ok = web.ParseTemplate(b.Body.ValueString()); !ok {
		return []rollout.Problem{web.BadPlaceholder("The body of an http_json gate")}
	}
	s.contentType = web.TypeOf(s.body)
	if t := b.ContentType.ValueString(); t != "" {
		if kind, _, err := mime.ParseMediaType(t); err != nil || !strings.Contains(kind, "/") {
			return []rollout.Problem{msgContentType.With("value", t)}
		}
		s.contentType = t
	}
	return placeholders("body", s.body.Names())
}

// ofEverybody reports whether nothing in the question tells one revision from
// another. What is not known yet may.
func (s *source) ofEverybody() bool {
	names := slices.Concat(s.base.Names(), s.query.Names(), s.body.Names(), s.headers.Names())
	return s.whole && !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(rollout.OwnFacts, name) })
}

// placeholders says which names nobody knows.
func placeholders(attribute string, names []string) []rollout.Problem {
	var out []rollout.Problem
	for _, name := range names {
		if !slices.Contains(known, name) {
			out = append(out, msgUnknownPlaceholder.With("attribute", attribute, "name", "{{"+name+"}}", "names", "{{"+strings.Join(known, "}}, {{")+"}}"))
		}
	}
	return out
}

// texts returns what is known of a map of texts.
func texts(m types.Map) map[string]string {
	out := map[string]string{}
	for name, v := range m.Elements() {
		if s, ok := v.(types.String); ok && !s.IsNull() && !s.IsUnknown() {
			out[name] = s.ValueString()
		}
	}
	return out
}

// duration reads a positive duration; 0 where there is none yet.
func duration(name string, v types.String) (time.Duration, []rollout.Problem) {
	if v.IsNull() || v.IsUnknown() {
		return 0, nil
	}
	d, err := time.ParseDuration(v.ValueString())
	if err != nil || d <= 0 {
		return 0, []rollout.Problem{msgDuration.With("attribute", name, "value", v.ValueString())}
	}
	return d, nil
}
