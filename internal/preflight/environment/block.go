package environment

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const asks = " Cloud Run needs the permissions `" + getService + "` and `" + getRevision + "`, which `" + runViewer + "` has; AWS those of the guide Permissions."

// Parity returns the preflight kind "environment_parity". Its messages are those of
// the whole package.
func Parity() preflight.Kind {
	k := preflight.Kind{
		Name: parityName,
		Doc: "Two environments of one app have the same live: artifact, names of settings and secrets, limits, scaling, timeouts, identity, each but for what is declared. " +
			"Values of settings are neither compared nor shown. The data source `rollout_environment_parity` shows the whole table." + asks,
		Attributes:  map[string]schema.Attribute{},
		Messages:    messages(),
		Permissions: permissions(false),
		Report: &preflight.Report{
			Doc: "Compares what is live in two environments of one app, such as staging and production: artifact by digest, names of settings and secrets, limits, scaling, timeouts, identity. " +
				"Differences that are meant are declared, each with a reason, and reported once they are gone. Values of settings are neither compared nor shown. The requirement `environment_parity` stops a rollout." + asks,
			Attributes: reported(),
			Asks:       true,
		},
	}
	k = k.ReadBy(func(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
		c := readParity(r)
		return c.object(), func(clients *cloud.Clients) rollout.Check {
			c.clients = clients
			return c
		}
	})
	k.Blocks = parityBlocks()
	k.Report.Read = func(ctx context.Context, block types.Object, clients *cloud.Clients) (map[string]any, *rollout.Problem) {
		c := readParity(preflight.NewReading(ctx, block))
		c.clients = clients
		return c.report(ctx)
	}
	return k
}

// Promoted returns the preflight kind "promoted_from". Its messages stand in the
// table of the other.
func Promoted() preflight.Kind {
	k := preflight.Kind{
		Name: promotedName,
		Doc: "The candidate's artifact is the one that another environment has promoted, by content: the digest of its image, or the hash of its code, is live there with all traffic, and no rollout is under way there. " +
			"It is looked at until it passed once in an apply, so that the other environment may go on meanwhile; a candidate that has all traffic already passes. What cannot be proven, such as an image by a tag, is no pass." + asks,
		Attributes:  placeAttributes("What the other environment is: "),
		Permissions: permissions(true),
	}
	delete(k.Attributes, ofDefinition) // nobody can tell whether it is live
	k.Attributes["for"] = schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "How long it has to have been live there, at least: `30m`. It counts from the last change of any sort there. Only a service of Cloud Run and one of Amazon ECS (`ecs_service`) tell when that was. " +
			"Default: any time.",
	}
	k = k.ReadBy(func(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
		c := readPromoted(r)
		return c.from.name, func(clients *cloud.Clients) rollout.Check {
			c.clients = clients
			return c
		}
	})
	k.Alone, k.NeedsCandidate, k.Lasting = false, true, true
	return k
}

// permissions are what a kind asks of an account. Lists and descriptions of load
// balancing, of task definitions and of autoscaling know no resource
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html).
func permissions(artifactsAlone bool) []cloud.Permission {
	const (
		onFunction = "arn:{partition}:lambda:{region}:{account}:function:{function}"
		onVersion  = onFunction + ":*"
		onService  = "arn:{partition}:ecs:{region}:{account}:service/{cluster}/*"
		functions  = "with `" + ofLambda + "`"
		tasks      = "with Amazon ECS"
	)
	out := []cloud.Permission{
		{Action: getConfiguration, Resource: onVersion, Phase: cloud.AtPlan, Where: functions},
		{Action: getAlias, Resource: onFunction, Phase: cloud.AtPlan, Where: functions},
		{Action: describeServices, Resource: onService, Phase: cloud.AtPlan, Where: tasks},
		{Action: describeDefinition, Resource: "*", Phase: cloud.AtPlan, Where: tasks},
		{Action: listServices, Resource: "*", Phase: cloud.AtPlan, Where: "with `ecs_cluster`"},
		{Action: describeListeners, Resource: "*", Phase: cloud.AtPlan, Where: "with `" + ofListener + "`"},
		{Action: describeRules, Resource: "*", Phase: cloud.AtPlan, Where: "with `" + ofRule + "`"},
	}
	if artifactsAlone {
		return out
	}
	return append(out, []cloud.Permission{
		{Action: getConfiguration, Resource: onFunction, Phase: cloud.AtPlan, Where: functions + " without an alias or a version"},
		{Action: getConcurrency, Resource: onFunction, Phase: cloud.AtPlan, Where: functions},
		{Action: getProvisioned, Resource: onVersion, Phase: cloud.AtPlan, Where: functions},
		{Action: describeTargets, Resource: "*", Phase: cloud.AtPlan, Where: tasks},
	}...)
}

// sorts are the attributes of which an environment has one.
var sorts = []string{ofCloudRun, ofLambda, ofService, ofDefinition, ofListener, ofRule}

// placeAttributes are those that say where an app runs.
func placeAttributes(of string) map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		ofCloudRun:    text(of + "a service of Cloud Run, as `projects/PROJECT/locations/REGION/services/NAME`."),
		ofLambda:      text(of + "a function of Lambda with its alias: the ARN of the alias, or `NAME:ALIAS` in the region of the provider's `aws` block."),
		ofService:     text(of + "a service of Amazon ECS, by its ARN."),
		ofDefinition:  text(of + "a task definition of Amazon ECS by itself: its ARN, `FAMILY`, or `FAMILY:REVISION`."),
		ofListener:    text(of + "what a listener of an Application Load Balancer forwards most requests to, by its ARN: the service in `ecs_cluster` behind that target group."),
		ofRule:        text(of + "the same for a rule of a listener."),
		"ecs_cluster": text("The cluster (ARN or name) whose services are behind `listener` or `rule`."),
		"container":   text("With Amazon ECS, the container that is the app. Default: the one that the load balancer reaches, or else the first with a port."),
		"role_arn":    text("The role of AWS to ask as, where the environment is in another account. It is assumed by whom the provider's `aws` block or the environment says, not by its `role_arn`."),
	}
}

func parityBlocks() map[string]schema.Block {
	environment := placeAttributes("")
	environment["name"] = schema.StringAttribute{Required: true, MarkdownDescription: "What it is called in findings: `staging`."}
	return map[string]schema.Block{
		"environment": schema.ListNestedBlock{
			MarkdownDescription: "One of the two environments: one of `" + strings.Join(sorts, "`, `") + "`. What is compared is what most requests get.",
			NestedObject:        schema.NestedBlockObject{Attributes: environment},
		},
		"expect": schema.ListNestedBlock{
			MarkdownDescription: "A difference that is meant. It stays in the table, with the reason. One for which there is none is a finding itself.",
			NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
				"key":       schema.StringAttribute{Required: true, MarkdownDescription: "The key of the setting, such as `max_instances`; with a star at its end all that begin so, such as `secret.*`."},
				"reason":    schema.StringAttribute{Required: true, MarkdownDescription: "Why it is so. Plans show it."},
				"sometimes": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether there may be none as well: `image` differs between two releases and not always. Default: `false`."},
			}},
		},
	}
}

// reported are the attributes that the data source computes.
func reported() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	texts := func(doc string) schema.Attribute {
		return schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"in_parity": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether nothing differs but what is expected. What nobody can tell is no parity."},
		"live":      texts("What was compared, by environment: a revision, a version, a task definition."),
		"settings": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "The table: one entry for each setting, and for each `expect` that is for nothing.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"key":    text("The setting: `memory`, `env.DATABASE_URL`, `container.proxy.image`. The guide \"Environments\" lists them."),
				"status": text("`same`; `different`; `unknown`, of what nobody can tell; `expected`; `not_compared`, of what one of two platforms has not; or `expects_nothing`, of an `expect`."),
				"values": texts("By environment, and without those that have none: a limit, a digest, `plain` or `secret` of a setting, never its value; `set` of what is compared and not shown."),
				"why":    text("Why nobody can tell."),
				"reason": text("The reason that an `expect` gives."),
			}},
		},
	}
}

var (
	serviceForm    = lazyregexp.New(`^projects/[^/\s]+/locations/[a-z0-9-]+/services/[a-z][a-z0-9-]*$`)
	ecsServiceForm = lazyregexp.New(`^arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:service/[a-zA-Z0-9_-]{1,255}/[a-zA-Z0-9_-]{1,255}$`)
	definitionForm = lazyregexp.New(`^arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:task-definition/[a-zA-Z0-9_-]{1,255}(:\d+)?$`)
	familyForm     = lazyregexp.New(`^[a-zA-Z0-9_-]{1,255}(:\d+)?$`)
	listenerForm   = lazyregexp.New(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:listener/app/[^/:]+/[^/:]+/[^/:]+$`)
	ruleForm       = lazyregexp.New(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:listener-rule/app/[^/:]+/[^/:]+/[^/:]+/[^/:]+$`)
	roleForm       = lazyregexp.New(`^arn:aws[a-z-]*:iam::\d{12}:role/\S+$`)
	keyForm        = lazyregexp.New(`^[^\s*]+\*?$`)
	functionForm   = preflight.AmazonForm{Service: "lambda", Before: "function:", Name: lazyregexp.New(`^[A-Za-z0-9_-]{1,64}(:(\$LATEST|[A-Za-z0-9_-]{1,128}))?$`)}
)

type parityBlock struct {
	Environments types.List `tfsdk:"environment"`
	Expect       types.List `tfsdk:"expect"`
}

func readParity(r *preflight.Reading) parity {
	var b parityBlock
	if !r.Into(&b) {
		return parity{places: []place{{}}}
	}
	var c parity
	if n := len(b.Environments.Elements()); n != 2 && !b.Environments.IsUnknown() { //nolint:mnd // one and another
		r.Wrong("environment", msgNotTwo, "n", n)
	}
	for _, o := range r.Nested(b.Environments) {
		name := textOf(o, "name")
		p := readPlace(r, "environment", o)
		if p.name = name.ValueString(); p.name != "" && slices.ContainsFunc(c.places, func(other place) bool { return other.name == p.name }) {
			r.Wrong("environment", msgTwice, "name", p.name)
		}
		c.places = append(c.places, p)
	}
	if len(c.places) == 0 {
		c.places = []place{{}} // of which nothing is known
	}
	for _, o := range r.Nested(b.Expect) {
		c.expects = append(c.expects, expectOf(r, o))
	}
	return c
}

func expectOf(r *preflight.Reading, o types.Object) expect {
	sometimes, _ := o.Attributes()["sometimes"].(types.Bool) // as the schema has it
	key, reason := textOf(o, "key"), textOf(o, "reason")
	r.Text(key, keyForm.MatchString, "expect", msgNoKey, "key", key.ValueString())
	if !reason.IsUnknown() && rollout.OneLine(reason.ValueString(), 1000) == "" {
		r.Wrong("expect", msgNoReason, "key", key.ValueString())
	}
	return expect{key: key.ValueString(), reason: reason.ValueString(), sometimes: sometimes.ValueBool()}
}

type promotedBlock struct {
	CloudRun  types.String `tfsdk:"cloud_run_service"`
	Lambda    types.String `tfsdk:"lambda_function"`
	Service   types.String `tfsdk:"ecs_service"`
	Listener  types.String `tfsdk:"listener"`
	Rule      types.String `tfsdk:"rule"`
	Cluster   types.String `tfsdk:"ecs_cluster"`
	Container types.String `tfsdk:"container"`
	Role      types.String `tfsdk:"role_arn"`
	For       types.String `tfsdk:"for"`
}

func readPromoted(r *preflight.Reading) promoted {
	var b promotedBlock
	if !r.Into(&b) {
		return promoted{}
	}
	var c promoted
	c.from = readTexts(r, "", map[string]types.String{
		ofCloudRun: b.CloudRun, ofLambda: b.Lambda, ofService: b.Service, ofListener: b.Listener, ofRule: b.Rule,
		"ecs_cluster": b.Cluster, "container": b.Container, "role_arn": b.Role,
	})
	if c.from.sort == ofLambda && c.from.at != "" && c.from.alias() == "" {
		r.Wrong(ofLambda, msgNoAlias, "value", c.from.at)
	}
	c.from.artifactsAlone = true
	if c.from.at != "" { // all of it is known
		c.from.name = c.from.at
	}
	if b.For.IsNull() || b.For.IsUnknown() {
		return c
	}
	var err error
	if c.atLeast, err = time.ParseDuration(b.For.ValueString()); err != nil || c.atLeast <= 0 {
		r.Wrong("for", msgNoTime, "value", b.For.ValueString())
	}
	if slices.Contains([]string{ofLambda, ofListener, ofRule}, c.from.sort) {
		r.Wrong("for", msgNoSince, "sort", c.from.sort)
	}
	return c
}

// readPlace reads an environment from a nested block.
func readPlace(r *preflight.Reading, at string, o types.Object) place {
	all := map[string]types.String{}
	for name := range o.Attributes() {
		all[name] = textOf(o, name)
	}
	delete(all, "name")
	return readTexts(r, at, all)
}

// readTexts reads an environment. block is where what is wrong is told; "" is at the
// attribute itself.
func readTexts(r *preflight.Reading, block string, all map[string]types.String) place {
	var p place
	known, unknown := 0, 0
	for _, sort := range sorts {
		switch v := all[sort]; {
		case v.IsUnknown():
			unknown++
			p.sort = or(p.sort, sort)
		case v.ValueString() != "":
			known++
			p.sort, p.at = sort, v.ValueString()
		}
	}
	if known > 1 || known+unknown == 0 {
		of := slices.DeleteFunc(slices.Clone(sorts), func(s string) bool { _, has := all[s]; return !has })
		r.Wrong(block, msgNotOne, "sorts", strings.Join(of, ", "))
		return place{}
	}
	p.cluster, p.container, p.role = all["ecs_cluster"].ValueString(), all["container"].ValueString(), all["role_arn"].ValueString()
	wrong := func(attribute string, m rollout.Message, pairs ...any) {
		r.Wrong(or(block, attribute), m, pairs...)
	}
	if p.at != "" {
		p.form(r, block, wrong)
	}
	if p.role != "" && !roleForm.MatchString(p.role) {
		wrong("role_arn", msgNoRole, "value", p.role)
	}
	if unknown == 0 {
		p.besides(all, wrong)
	}
	if anyUnknown(all) {
		p.at = "" // not all of it is known
	}
	return p
}

func anyUnknown(all map[string]types.String) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(all)), types.String.IsUnknown)
}

// form reads the name of what runs.
func (p *place) form(r *preflight.Reading, block string, wrong func(string, rollout.Message, ...any)) {
	good := map[string]bool{
		ofCloudRun: serviceForm.MatchString(p.at), ofLambda: true, ofService: ecsServiceForm.MatchString(p.at),
		ofDefinition: definitionForm.MatchString(p.at) || familyForm.MatchString(p.at),
		ofListener:   listenerForm.MatchString(p.at), ofRule: ruleForm.MatchString(p.at),
	}
	if p.sort == ofLambda {
		p.function = lambdas.Named(r, or(block, ofLambda), types.StringValue(p.at), types.StringNull(), functionForm, msgNoForm, "sort", p.sort, "value", p.at, "form", forms[p.sort])
	}
	if !good[p.sort] {
		wrong(p.sort, msgNoForm, "sort", p.sort, "value", p.at, "form", forms[p.sort])
	}
	if parts := strings.Split(p.at, ":"); parts[0] == "arn" && len(parts) > 3 {
		p.region = parts[3]
	}
}

// besides refuses what says nothing of a place of this sort, and what it lacks.
func (p place) besides(all map[string]types.String, wrong func(string, rollout.Message, ...any)) {
	balanced := p.sort == ofListener || p.sort == ofRule
	for attribute, fits := range map[string]bool{
		"ecs_cluster": balanced,
		"container":   balanced || p.sort == ofService || p.sort == ofDefinition,
		"role_arn":    p.sort != ofCloudRun,
	} {
		if v := all[attribute]; !fits && v.ValueString() != "" {
			wrong(attribute, msgBeside, "attribute", attribute, "sort", p.sort)
		}
	}
	if v := all["ecs_cluster"]; balanced && !v.IsUnknown() && v.ValueString() == "" {
		wrong(p.sort, msgNoCluster, "sort", p.sort)
	}
}

// textOf is a text of a nested block, as the schema has it.
func textOf(o types.Object, name string) types.String {
	s, _ := o.Attributes()[name].(types.String)
	return s
}
