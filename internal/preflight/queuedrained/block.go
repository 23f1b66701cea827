package queuedrained

import (
	"crypto/x509"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	kind      = "queue_drained"
	usualPort = 6379
	usual     = 10 * time.Second
	longest   = time.Minute
)

// Kind returns the preflight kind "queue_drained".
func Kind() preflight.Kind {
	k := preflight.Kind{
		Name: kind,
		Doc: "Queues in Redis that hold nothing, of everything or of some classes of jobs: what has to be so before the handler of a job is removed. It is asked from where Terraform runs, and only read. " +
			"The guide [Release order](../guides/release-order) has what the user has to be allowed, and what is not seen.",
		Attributes: attributes(),
		Messages:   messages(),
	}.ReadBy(func(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
		c := read(r)
		return c.object, func(*cloud.Clients) rollout.Check { return c }
	})
	k.Blocks = blocks()
	return k
}

func text(doc string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
}

func texts(doc string) schema.ListAttribute {
	return schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: doc}
}

func attributes() map[string]schema.Attribute {
	secret := func(doc string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, WriteOnly: true, MarkdownDescription: doc + ", which Terraform keeps nowhere, neither in plan nor in state. It needs Terraform 1.11, or OpenTofu 1.11."}
	}
	return map[string]schema.Attribute{
		"url_env":        text("The environment variable that holds the whole address with its credentials, as workers take it: `rediss://user:password@host:6379/0`. Exactly one of `url_env`, `url_wo` and `host` is given."),
		"url_wo":         secret("The whole address with its credentials, as `url_env` has it"),
		"host":           text("The server: the primary, since what a replica tells is older. One that is created in the same apply has to be named by its computed address, so that it is asked once it exists."),
		"port":           schema.Int64Attribute{Optional: true, MarkdownDescription: "Its port. Default: `6379`."},
		"database":       schema.Int64Attribute{Optional: true, MarkdownDescription: "The number of its database, beside `host`. Default: `0`."},
		"user":           text("Who asks, beside `host`. Default: the server's default user."),
		"password_env":   text("The environment variable that holds the password, beside `host`."),
		"password_wo":    secret("The password, beside `host`"),
		"tls":            schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether it speaks TLS, beside `host`. Default: yes, for any server that is not this machine. A URL says it by `rediss` or `redis`. A finding that passes tells where it does not."},
		"ca_certificate": text("Certificates in PEM that vouch for the server, where this machine does not know who signed its certificate."),
		"timeout":        text("How long the whole look may take, such as `\"5s\"`; at most `1m`. Default: `10s`."),
		"keys":           texts("Plain keys that have to hold nothing: lists, sets, sorted sets, hashes, and streams that are trimmed. A key that is not there holds nothing, also if its name is misspelt: Redis keeps no empty ones."),
	}
}

func blocks() map[string]schema.Block {
	required := func(doc string) schema.StringAttribute {
		return schema.StringAttribute{Required: true, MarkdownDescription: doc}
	}
	return map[string]schema.Block{
		"sidekiq": schema.ListNestedBlock{
			MarkdownDescription: "What Sidekiq keeps: its queues, the scheduled and the retry set, and what its processes work on.",
			NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
				"classes": texts("The classes of jobs that count, such as `[\"Billing::OldJob\"]`; of Active Job the job's own. Default: all."),
				"queues":  texts("The queues that count. Default: all that Sidekiq has."),
			}},
		},
		"celery": schema.ListNestedBlock{
			MarkdownDescription: "What Celery keeps where Redis is its broker: its queues, with their priorities, and what workers hold and have not acknowledged, which is what waits for its time too.",
			NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
				"queues":     texts("The queues, such as `[\"celery\"]`, which is that of apps that name none."),
				"tasks":      texts("The names of the tasks that count, such as `[\"shop.tasks.old\"]`. Default: all; then what workers hold counts whatever queue it is from."),
				"exchange":   text("The exchange to which the queues are bound. Default: each to one of its own name, as Celery does it."),
				"key_prefix": text("What stands before every key: the transport option `global_keyprefix`."),
			}},
		},
		"stream": schema.ListNestedBlock{
			MarkdownDescription: "A stream of which a group of consumers has nothing left to do: everything was given out, and is acknowledged.",
			NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
				"key": required("Its key."), "group": required("The name of the group."),
			}},
		},
	}
}

type block struct {
	URLEnv      types.String `tfsdk:"url_env"`
	URL         types.String `tfsdk:"url_wo"`
	Host        types.String `tfsdk:"host"`
	Port        types.Int64  `tfsdk:"port"`
	Database    types.Int64  `tfsdk:"database"`
	User        types.String `tfsdk:"user"`
	PasswordEnv types.String `tfsdk:"password_env"`
	Password    types.String `tfsdk:"password_wo"`
	TLS         types.Bool   `tfsdk:"tls"`
	Roots       types.String `tfsdk:"ca_certificate"`
	Timeout     types.String `tfsdk:"timeout"`
	Keys        types.List   `tfsdk:"keys"`
	Sidekiq     types.List   `tfsdk:"sidekiq"`
	Celery      types.List   `tfsdk:"celery"`
	Streams     types.List   `tfsdk:"stream"`
}

type sidekiqBlock struct {
	Classes types.List `tfsdk:"classes"`
	Queues  types.List `tfsdk:"queues"`
}

type celeryBlock struct {
	Queues   types.List   `tfsdk:"queues"`
	Tasks    types.List   `tfsdk:"tasks"`
	Exchange types.String `tfsdk:"exchange"`
	Prefix   types.String `tfsdk:"key_prefix"`
}

type streamBlock struct {
	Key   types.String `tfsdk:"key"`
	Group types.String `tfsdk:"group"`
}

// read turns the block into a check.
func read(r *preflight.Reading) check {
	var b block
	c := check{limit: usual}
	if !r.Into(&b) {
		return c
	}
	c.at = addressOf(r, b)
	c.object = c.at.object()
	if has(b.Roots) {
		c.roots = x509.NewCertPool()
		if !c.roots.AppendCertsFromPEM([]byte(b.Roots.ValueString())) {
			r.Wrong("ca_certificate", msgNoCertificate)
		}
	}
	if has(b.Timeout) {
		d, err := time.ParseDuration(b.Timeout.ValueString())
		if err != nil || d <= 0 || d > longest {
			r.Wrong("timeout", msgNoTimeout, "value", b.Timeout.ValueString())
		}
		c.limit = d
	}
	c.want = wanted(r, b)
	return c
}

// has reports whether a value is given, and known.
func has(v attr.Value) bool { return !v.IsNull() && !v.IsUnknown() }

// addressOf reads where the server is. What is wrong with a secret is shown at the
// block, for Terraform prints the line.
func addressOf(r *preflight.Reading, b block) address {
	a := address{host: b.Host.ValueString(), user: b.User.ValueString(), port: usualPort, database: b.Database.ValueInt64(), encrypted: !here(b.Host.ValueString())}
	given, open := 0, false
	for _, one := range []types.String{b.URLEnv, b.URL, b.Host} {
		open = open || one.IsUnknown()
		if has(one) {
			given++
		}
	}
	if given > 1 || given == 0 && !open {
		r.Wrong("", msgAddress)
	}
	// What stands in the place of a variable's name may be the credential itself.
	a.urlVariable = r.Text(b.URLEnv, web.IsVariable, "", msgNoVariable, "attribute", "url_env")
	a.passwordVariable = r.Text(b.PasswordEnv, web.IsVariable, "", msgNoVariable, "attribute", "password_env")
	if has(b.URL) {
		a.url = b.URL.ValueString
	}
	if has(b.Password) {
		a.password = b.Password.ValueString
	}
	if has(b.Port) {
		a.port = b.Port.ValueInt64()
	}
	if has(b.TLS) {
		a.encrypted = b.TLS.ValueBool()
	}
	parts(r, b)
	return a
}

// parts says what stands beside a whole address for nothing, and what stands there
// twice.
func parts(r *preflight.Reading, b block) {
	whole := "url_env"
	if has(b.URL) {
		whole = "url_wo"
	}
	for _, p := range []struct {
		attribute string
		value     attr.Value
	}{{"port", b.Port}, {"database", b.Database}, {"user", b.User}, {"password_env", b.PasswordEnv}, {"tls", b.TLS}} {
		if b.Host.IsNull() && has(p.value) {
			r.Wrong(p.attribute, msgBeside, "attribute", p.attribute, "other", whole)
		}
	}
	switch {
	case b.Host.IsNull() && has(b.Password):
		r.Wrong("", msgBeside, "attribute", "password_wo", "other", whole)
	case has(b.PasswordEnv) && has(b.Password):
		r.Wrong("password_env", msgBeside, "attribute", "password_env", "other", "password_wo")
	}
}

// wanted reads what has to be drained.
func wanted(r *preflight.Reading, b block) want {
	w := want{keys: named(r, b.Keys, "keys", "keys")}
	for _, o := range r.Nested(b.Sidekiq) {
		var one sidekiqBlock
		if r.From(o, &one) {
			w.sidekiq = append(w.sidekiq, sidekiq{queues: named(r, one.Queues, "sidekiq", "queues"), classes: named(r, one.Classes, "sidekiq", "classes")})
		}
	}
	for _, o := range r.Nested(b.Celery) {
		var one celeryBlock
		if !r.From(o, &one) {
			continue
		}
		if one.Queues.IsNull() {
			r.Wrong("celery", msgNoQueues)
		}
		w.celery = append(w.celery, celery{
			queues: named(r, one.Queues, "celery", "queues"), tasks: named(r, one.Tasks, "celery", "tasks"),
			exchange: one.Exchange.ValueString(), prefix: one.Prefix.ValueString(),
		})
	}
	for _, o := range r.Nested(b.Streams) {
		var one streamBlock
		if r.From(o, &one) {
			w.streams = append(w.streams, stream{one.Key.ValueString(), one.Group.ValueString()})
		}
	}
	if len(w.sidekiq)+len(w.celery)+len(w.streams) == 0 && b.Keys.IsNull() && !b.Sidekiq.IsUnknown() && !b.Celery.IsUnknown() && !b.Streams.IsUnknown() {
		r.Wrong("", msgNothing)
	}
	return w
}

// named reads names, of which there is one at least and none is empty.
func named(r *preflight.Reading, list types.List, at, attribute string) []string {
	var out []string
	for _, v := range r.Texts(list) {
		out = append(out, v.ValueString())
	}
	unknown := list.IsUnknown() || slices.ContainsFunc(r.Texts(list), func(s types.String) bool { return s.IsUnknown() })
	if !list.IsNull() && !unknown && (len(out) == 0 || slices.Contains(out, "")) {
		r.Wrong(at, msgEmpty, "attribute", attribute)
	}
	return out
}
