package configsync

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/review/configsync"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "config_sync"

// Kind returns the preflight kind "config_sync".
func Kind() preflight.Kind {
	const asks = " A service of Cloud Run needs the permission `" + getService + "`, which `" + role + "` has, a function of Lambda `" + getConfiguration + "`, and a task definition of Amazon ECS `" + describeDefinition + "`."
	k := preflight.Kind{
		Name: name,
		Doc: "The settings that an app needs are declared in every `place`: workflow, build file, Compose file, list, and what runs. Names are compared, never values. " +
			"The data source `rollout_config_sync` shows the whole table." + asks,
		Attributes: map[string]schema.Attribute{
			"needs": schema.ListAttribute{
				ElementType: types.StringType, Optional: true, MarkdownDescription: "Names of settings that the app needs, such as `[\"DATABASE_URL\"]`.",
			},
			"needs_from": schema.StringAttribute{
				Optional: true, MarkdownDescription: "A file that lists more of them, such as `.env.example`. A line that is commented out names something that is not needed.",
			},
		},
		Messages: messages(),
		Permissions: []cloud.Permission{
			{Action: getConfiguration, Resource: "arn:{partition}:lambda:{region}:{account}:function:{function}", Phase: cloud.AtPlan},
			{Action: describeDefinition, Resource: "*", Phase: cloud.AtPlan, Where: "with `ecs_task_definition`"},
		},
		Report: &preflight.Report{
			Doc: "Shows where the settings that an app needs are declared, where they are missing, and the line to add: a table of names and places. Names are read, never values. " +
				"What cannot be known without running something, such as a file of variables or the output of a command, is `unknown`, and not guessed at. The requirement `config_sync` stops a rollout." + asks,
			Attributes: reported(),
			Asks:       true,
		},
	}
	k = k.ReadBy(func(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
		c := read(r)
		return c.object(), func(clients *cloud.Clients) rollout.Check {
			c.clients = clients
			return c
		}
	})
	k.Blocks = blocks()
	k.Report.Read = func(ctx context.Context, block types.Object, clients *cloud.Clients) (map[string]any, *rollout.Problem) {
		c := read(preflight.NewReading(ctx, block))
		c.clients = clients
		return c.report(ctx)
	}
	return k
}

// sorts are the attributes of which a place has one.
var sorts = []string{"workflow", "cloud_build", "compose", "dotenv", "names", "cloud_run_service", "lambda_function", ofECS}

func blocks() map[string]schema.Block {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	return map[string]schema.Block{
		"place": schema.ListNestedBlock{
			MarkdownDescription: "Where the settings have to be declared: one of `workflow`, `cloud_build`, `compose`, `dotenv`, `names`, `cloud_run_service`, `lambda_function` and `ecs_task_definition`.",
			NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
				"workflow":    text("A workflow of GitHub Actions that deploys with `gcloud`, `aws lambda` or `google-github-actions/deploy-cloudrun`, or that starts a build with `gcloud builds submit`: then it is where the build's substitutions come from."),
				"cloud_build": text("A build of Cloud Build that deploys with `gcloud`."),
				"compose":     text("A Compose file."),
				"dotenv":      text("A file of settings, one a line, such as `.env.staging.example`."),
				"names": schema.ListAttribute{
					ElementType: types.StringType, Optional: true,
					MarkdownDescription: "The names themselves, where another resource has them, such as `[for e in google_cloud_run_v2_service.api.template[0].containers[0].env : e.name]`.",
				},
				"cloud_run_service": text("A service of Cloud Run as it is now, as `projects/PROJECT/locations/REGION/services/NAME`: what its next revision will have."),
				"lambda_function":   text("A function of Lambda as it is now: its ARN, or its name in the region of the provider's `aws` block; with `:ALIAS` behind it, what an alias runs."),
				ofECS:               text("A task definition of Amazon ECS: its ARN, `FAMILY`, or `FAMILY:REVISION`, in the region of the provider's `aws` block. What comes from a secret counts as well."),
				"target":            text("The service, job or function whose settings count, where a file sets up several, or the container of a task definition."),
				"name":              text("What it is called in findings. Default: the file, or what runs."),
			}},
		},
		"allow": schema.ListNestedBlock{
			MarkdownDescription: "A name that need not be in a place, or that nobody needs, or of which nobody knows. It stays in the table, with the reason. One that allows nothing is a finding itself.",
			NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
				"name":   schema.StringAttribute{Required: true, MarkdownDescription: "The name of the setting."},
				"place":  text("The only place that it is for, by its `name`. Default: all."),
				"reason": schema.StringAttribute{Required: true, MarkdownDescription: "Why it is so. Plans show it."},
			}},
		},
	}
}

type block struct {
	Needs     types.List   `tfsdk:"needs"`
	NeedsFrom types.String `tfsdk:"needs_from"`
	Places    types.List   `tfsdk:"place"`
	Allow     types.List   `tfsdk:"allow"`
}

var (
	serviceForm = lazyregexp.New(`^projects/[^/\s]+/locations/[a-z0-9-]+/services/[a-z][a-z0-9-]*$`)
	form        = preflight.AmazonForm{Service: "lambda", Before: "function:", Name: lazyregexp.New(`^[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_-]{1,128})?$`)}
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html
	definitionForm = preflight.AmazonForm{Service: "ecs", Before: "task-definition/", Name: lazyregexp.New(`^[a-zA-Z0-9_-]{1,255}(:[0-9]+)?$`)}
	settingForm    = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_.]*$`)
)

// read turns the block into a check, as far as it is known.
func read(r *preflight.Reading) check {
	var b block
	if !r.Into(&b) {
		return check{}
	}
	c := check{needsFrom: b.NeedsFrom.ValueString(), needs: needsOf(r, b)}
	if len(b.Places.Elements()) == 0 && !b.Places.IsUnknown() {
		r.Wrong("place", msgNoPlaces)
	}
	c.whole = !b.Places.IsUnknown()
	for _, o := range r.Nested(b.Places) {
		p := placeOf(r, o)
		c.whole = c.whole && p.name != ""
		if p.name != "" && slices.ContainsFunc(c.places, func(other place) bool { return other.name == p.name }) {
			r.Wrong("place", msgTwice, "place", p.name)
		}
		c.places = append(c.places, p)
	}
	for _, o := range r.Nested(b.Allow) {
		c.allow = append(c.allow, allowOf(r, o, c))
	}
	return c
}

// needsOf are the names that the block itself needs. It does not quote what is no
// name: it may be a value.
func needsOf(r *preflight.Reading, b block) []string {
	var out []string
	for i, v := range r.Texts(b.Needs) {
		if !v.IsUnknown() && !settingForm.MatchString(v.ValueString()) {
			r.Wrong("needs", msgNoName, "number", i+1)
		}
		out = append(out, v.ValueString())
	}
	if len(out) == 0 && b.NeedsFrom.ValueString() == "" && !b.Needs.IsUnknown() && !b.NeedsFrom.IsUnknown() {
		r.Wrong("needs", msgNoNeeds)
	}
	return out
}

// placeOf reads one place. It has no name while what it is is not known.
func placeOf(r *preflight.Reading, o types.Object) place {
	text := func(of string) string {
		s, _ := o.Attributes()[of].(types.String) // as the schema has it
		return s.ValueString()
	}
	var p place
	given, unknown := 0, o.Attributes()["name"].IsUnknown() || o.Attributes()["target"].IsUnknown()
	for _, sort := range sorts {
		v := o.Attributes()[sort]
		unknown = unknown || v.IsUnknown()
		if !v.IsNull() && (text(sort) != "" || sort == "names") {
			given++
			p.sort, p.at = sort, text(sort)
		}
	}
	if given != 1 && !unknown {
		r.Wrong("place", msgNotOne, "sorts", strings.Join(sorts, ", "))
	}
	p.target = text("target")
	if list, ok := o.Attributes()["names"].(types.List); ok {
		for _, v := range r.Texts(list) {
			unknown = unknown || v.IsUnknown()
			p.names = append(p.names, v.ValueString())
		}
	}
	p.runs(r)
	if !unknown {
		p.name = called(text("name"), p)
	}
	return p
}

// runs reads what names something that runs.
func (p *place) runs(r *preflight.Reading) {
	switch p.sort {
	case "cloud_run_service":
		if !serviceForm.MatchString(p.at) {
			r.Wrong("place", msgNoService, "value", p.at)
		}
	case "lambda_function":
		p.function = amazon.Named(r, "place", types.StringValue(p.at), types.StringNull(), form, msgNoFunction, "value", p.at)
	case ofECS:
		p.definition = tasks.Named(r, "place", types.StringValue(p.at), types.StringNull(), definitionForm, msgNoDefinition, "value", p.at)
	case "names":
		p.at = "names"
	}
}

// called is what a place is called.
func called(given string, p place) string {
	switch {
	case given != "":
		return given
	case p.target != "":
		return p.at + " " + p.target
	}
	return p.at
}

func allowOf(r *preflight.Reading, o types.Object, c check) configsync.Allow {
	text := func(of string) types.String {
		s, _ := o.Attributes()[of].(types.String) // as the schema has it
		return s
	}
	a := configsync.Allow{Name: text("name").ValueString(), Place: text("place").ValueString(), Reason: text("reason").ValueString()}
	if !text("reason").IsUnknown() && rollout.OneLine(a.Reason, 1000) == "" {
		r.Wrong("allow", msgNoReason, "setting", a.Name)
	}
	if a.Place != "" && c.whole && !slices.ContainsFunc(c.places, func(p place) bool { return p.name == a.Place }) {
		r.Wrong("allow", msgNoPlace, "place", a.Place)
	}
	return a
}

// reported are the attributes that the data source computes.
func reported() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"in_sync": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether everything that is needed is declared everywhere, but for what is allowed. What is `unknown` is not; what is `unused` does not count."},
		"needed": schema.ListAttribute{
			ElementType: types.StringType, Computed: true,
			MarkdownDescription: "What is needed, by name: `needs` and `needs_from` together, such as for the `names` of an `env` requirement.",
		},
		"settings": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "The table: one entry for each name in each place.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"name":   text("The name of the setting, or of a substitution."),
				"place":  text("The place, by its `name`."),
				"status": text("`declared`; `provided` (the platform gives it); `missing`; `broken_chain` (it is declared, and what it comes from is not); `unknown`; `unused`; `allowed`; or `allows_nothing`, of an `allow`."),
				"file":   text("The file, where there is one."),
				"line":   schema.Int64Attribute{Computed: true, MarkdownDescription: "The line there, 0 where there is none: of the declaration, or where one belongs, or of what keeps it from being known."},
				"secret": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it comes from a secret."},
				"chain":  text("Where its value comes from, such as `KEY <- _KEY <- secrets.KEY`."),
				"why":    text("What is wrong."),
				"add":    text("The line to add, where it is missing. What stands there already is written as `…`."),
				"reason": text("The reason that an `allow` gives."),
			}},
		},
	}
}

type record struct {
	Name   string `tfsdk:"name"`
	Place  string `tfsdk:"place"`
	Status string `tfsdk:"status"`
	File   string `tfsdk:"file"`
	Line   int64  `tfsdk:"line"`
	Secret bool   `tfsdk:"secret"`
	Chain  string `tfsdk:"chain"`
	Why    string `tfsdk:"why"`
	Add    string `tfsdk:"add"`
	Reason string `tfsdk:"reason"`
}

func (c check) report(ctx context.Context) (map[string]any, *rollout.Problem) {
	table, trouble := c.table(ctx)
	if trouble != nil {
		return nil, msgNoReport.Found("object", c.object(), "why", trouble.Why, "todo", trouble.Fix)
	}
	inSync, records := true, []record{}
	for _, e := range table.Entries {
		inSync = inSync && !wrong(e) && e.Status != configsync.Unknown
		records = append(records, record{
			Name: e.Name, Place: e.Place, Status: string(e.Status), File: e.File, Line: int64(e.Line), Secret: e.Secret, Chain: e.Chain, Why: e.Why, Add: e.Add, Reason: e.Reason,
		})
	}
	for _, a := range table.Idle {
		records = append(records, record{Name: a.Name, Place: a.Place, Status: "allows_nothing", Reason: a.Reason})
	}
	return map[string]any{"in_sync": inSync, "needed": append([]string{}, table.Needed...), "settings": records}, nil
}
