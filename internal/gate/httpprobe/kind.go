package httpprobe

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// usual and longest are what a request may take; all requests of an evaluation
// together have longest as well. An evaluation of a gate ends after half a
// minute, and then it is the gate that failed, not the revision.
const (
	usual   = 10 * time.Second
	longest = 25 * time.Second
)

// Kind returns the gate kind "http".
func Kind() gate.Kind {
	return gate.Kind{
		Name: "http",
		Doc: "Asks the revision itself: at its own address at every weight, at 0 % too, and after promotion at the service's address as well. " +
			"The requests are made in their order and are one conversation, as of one user: it keeps cookies, and what one answer holds can be sent with the next request. " +
			"The value is the number of requests that were not answered as they should be, so the gate needs no threshold: one wrong answer is a breach. " +
			"Redirects are not followed. A request that gets no answer counts as a wrong one. " +
			"It is sent from where Terraform runs, so the address of the traffic tag has to be reachable from there. " +
			"A Cloud Run service that demands authentication is asked with `auth = \"google_id_token\"`; the guide [Choosing gates](../guides/gates#private-services) says what that needs. A function URL that does, with `auth = \"sigv4\"`.",
		Probe:      true,
		Attributes: attributes(),
		Blocks:     map[string]schema.Block{"request": requestSchema()},
		Messages:   messages(),
		Validate: func(ctx context.Context, block types.Object) []rollout.Problem {
			_, problems := read(ctx, block)
			return problems
		},
		Describe: func(context.Context, types.Object) gate.Description { return gate.Description{Measures: "requests"} },
		Open:     open,
	}
}

func attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"timeout": text("How long one request may take until its answer is complete, such as `\"5s\"`; at most `25s`, which is also what all requests of the gate together have. What takes longer counts as not answered. Default: `10s`."),
		"auth": text("`\"google_id_token\"` sends with every request an identity token for the Cloud Run service, of the service account that Terraform runs as, or that the provider's `impersonate_service_account` names. " +
			"It needs `roles/run.invoker` on the service. `\"sigv4\"` signs every request with the provider's AWS credentials (Signature Version 4), as a function URL with `AWS_IAM` demands it: that needs `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction` on the alias. " +
			"Default: requests say nothing of who asks."),
		"aws_service": text("With `auth = \"sigv4\"`, the service that checks the signature, by its name in signatures: `execute-api` for API Gateway, `vpc-lattice-svcs` for VPC Lattice. Default: `lambda`, for function URLs."),
		"aws_region":  text("With `auth = \"sigv4\"`, the region that the signature is for. Default: where the revision is."),
	}
}

func text(doc string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
}

func requestSchema() schema.ListNestedBlock {
	return schema.ListNestedBlock{
		MarkdownDescription: "A request, and what makes a good answer. All of them are made at every evaluation, one after another.",
		NestedObject: schema.NestedBlockObject{
			Attributes: requestAttributes(),
			Blocks:     map[string]schema.Block{"json": jsonSchema(), "capture": captureSchema()},
		},
	}
}

func requestAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"path": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "The path to ask for, from its first slash on, with a query if there is one: `/api/v1/health`. " +
				"`{{name}}` in it, in `headers` and in a body stands for what an earlier request captured; it is escaped for where it stands. Write `{{{{` where `{{` is to be sent as it is. " +
				"Messages leave the query out, but plan and state hold it: put no token there.",
		},
		"method": text("The method: `GET`, `HEAD`, `OPTIONS`, `POST`, `PUT`, `PATCH` or `DELETE`. Default: `GET`. " +
			"Those but `GET`, `HEAD` and `OPTIONS` may change something: they are made in apply alone, at every evaluation, and neither at plan nor before the candidate is there to be asked, unless `safe` is set. After promotion, and after a roll-back, they reach what serves."),
		"on": text("`\"promoted\"` makes the request at the revision to which traffic would go home, at its own address, before those to the candidate: log in there, and ask the candidate whether the session goes on. " +
			"Cookies and captured values go along. Where such a request is not answered as it should be nothing is measured, which is no pass. Default: `\"candidate\"`."),
		"safe": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether the request changes nothing that matters, whatever its method, such as a login with a test account: then it is made at plan and on what serves as well. Default: `false`. " +
				"Where a request is left out because it may change something, those after it are left out too: they may need its cookies.",
		},
		"body":         text("The body of a `POST`, `PUT`, `PATCH` or `DELETE` request. It stands in plan and state: put no credential there. At most one of `body`, `body_wo` and `body_env` is given."),
		"body_wo":      schema.StringAttribute{Optional: true, WriteOnly: true, MarkdownDescription: "A body that Terraform keeps nowhere, neither in plan nor in state, such as that of a login. A change of it alone plans nothing. It needs Terraform 1.11, or OpenTofu 1.11; with an older one use `body_env`."},
		"body_env":     text("The name of the environment variable of the process that runs Terraform which holds the body."),
		"content_type": text("The type of the body. Default: `application/json` if it is a JSON object or list, else `text/plain; charset=utf-8`."),
		"headers": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Headers, by name. They stand in plan and state, so one that holds credentials (`Authorization`, `Cookie`, `X-Api-Key` and the like) is refused, unless its value is captured: `Authorization = \"Bearer {{token}}\"`.",
		},
		"headers_wo": schema.MapAttribute{
			Optional: true, WriteOnly: true, ElementType: types.StringType,
			MarkdownDescription: "Headers that Terraform keeps nowhere, neither in plan nor in state: those with credentials. They are sent as they are. A change of them alone plans nothing. It needs Terraform 1.11, or OpenTofu 1.11; with an older one use `headers_env`.",
		},
		"headers_env": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Headers whose values are in environment variables of the process that runs Terraform: name of the header = name of the variable. They are sent as they are.",
		},
		"status": schema.ListAttribute{
			Optional:            true,
			ElementType:         types.Int64Type,
			MarkdownDescription: "The statuses that are good, such as `[200, 204]`. Default: any from 200 to 299.",
		},
		"latency": text("The longest that a good answer may take until it is complete, such as `\"500ms\"`. Default: as long as `timeout`."),
		"text":    text("A text that the first MiB of a good answer contains. No message shows it."),
	}
}

func jsonSchema() schema.ListNestedBlock {
	return schema.ListNestedBlock{
		MarkdownDescription: "Something that holds of a good answer, which is JSON.",
		NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Where to look: keys and places in lists, joined by dots, such as `data.items.0.status`.",
			},
			"equals": text("What stands there: a string, or a number, `true`, `false` or `null` as JSON writes it. Default: anything but `null`. No message shows it."),
		}},
	}
}

func captureSchema() schema.ListNestedBlock {
	return schema.ListNestedBlock{
		MarkdownDescription: "A value of a good answer that later requests need. It is kept in memory for one evaluation, and shown nowhere. An answer without it is a wrong one, and the requests that need it are not made then. Exactly one of `json`, `header`, `cookie` and `regex` says from where.",
		NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The name of the value: `token` is used as `{{token}}`.",
			},
			"json":   text("Where the value stands in an answer that is JSON: keys and places in lists, joined by dots. It is a string, a number or a boolean."),
			"header": text("The header whose first value it is."),
			"cookie": text("The cookie of this answer whose value it is. Cookies are sent with later requests anyhow."),
			"regex":  text("A regular expression (RE2) with exactly one group, which matches the value in the first MiB of the answer."),
		}},
	}
}

// block is what stands in the block, and those after it in the blocks within it:
// as the schemas above have them.
type block struct {
	Request types.List   `tfsdk:"request"`
	Timeout types.String `tfsdk:"timeout"`
	Auth    types.String `tfsdk:"auth"`

	AWSService types.String `tfsdk:"aws_service"`
	AWSRegion  types.String `tfsdk:"aws_region"`
}

type requestBlock struct {
	Path        types.String `tfsdk:"path"`
	Method      types.String `tfsdk:"method"`
	On          types.String `tfsdk:"on"`
	Safe        types.Bool   `tfsdk:"safe"`
	Body        types.String `tfsdk:"body"`
	BodyWO      types.String `tfsdk:"body_wo"`
	BodyEnv     types.String `tfsdk:"body_env"`
	ContentType types.String `tfsdk:"content_type"`
	Headers     types.Map    `tfsdk:"headers"`
	HeadersWO   types.Map    `tfsdk:"headers_wo"`
	HeadersEnv  types.Map    `tfsdk:"headers_env"`
	Status      types.List   `tfsdk:"status"`
	Latency     types.String `tfsdk:"latency"`
	Text        types.String `tfsdk:"text"`
	JSON        types.List   `tfsdk:"json"`
	Capture     types.List   `tfsdk:"capture"`
}

type jsonBlock struct {
	Path   types.String `tfsdk:"path"`
	Equals types.String `tfsdk:"equals"`
}

type captureBlock struct {
	Name   types.String `tfsdk:"name"`
	JSON   types.String `tfsdk:"json"`
	Header types.String `tfsdk:"header"`
	Cookie types.String `tfsdk:"cookie"`
	Regex  types.String `tfsdk:"regex"`
}

// open returns the probe. A variable that is named and not set, and credentials
// that give no identity token, are told here, before anything is written.
func open(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Source, error) {
	p, problems := read(ctx, object)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	if p.identified {
		if err := clients.GivesIDTokens(); err != nil {
			return nil, err
		}
	}
	for i := range p.requests {
		if err := p.requests[i].open(); err != nil {
			return nil, err
		}
	}
	p.client, p.clock, p.clients = clients.HTTP(), clients.Clock(), clients
	if p.compares() {
		return beside{&p}, nil
	}
	return &p, nil
}
