package neonendpoint

import (
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	name     = "neon_endpoint"
	usualKey = "NEON_API_KEY" // Neon's own name for it

	never      = "never"
	neverSleep = -time.Second // as Neon writes it
	longest    = 604800 * time.Second
)

// Kind returns the preflight kind "neon_endpoint".
func Kind() preflight.Kind {
	text := func(doc string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	size := func(doc string) schema.Float64Attribute {
		return schema.Float64Attribute{Optional: true, MarkdownDescription: doc + ", in compute units, such as `0.25` or `4`."}
	}
	return preflight.Kind{
		Name: name,
		Doc:  "A compute endpoint of Neon with the size that a revision was planned for, after every operation on it has finished. It needs an API key that may read the project.",
		Attributes: map[string]schema.Attribute{
			"project": schema.StringAttribute{Required: true, MarkdownDescription: "The id of the project, such as `shiny-wind-028834`: `neon_project.x.id`."},
			"endpoint": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The id of the endpoint, such as `ep-silent-smoke-806639`: `neon_endpoint.x.id`. One that is created in the same apply has to be named by its computed id, so that it is checked once it exists.",
			},
			"min_cu":          size("The smallest size that it has to be set to"),
			"max_cu":          size("The largest size that it has to be set to"),
			"suspend_timeout": text("After how long without work it has to suspend, such as `\"5m\"` (Neon's default), or `never`."),
			"state":           text("What it has to be now: `active` or `idle`. Default: it does not matter."),
			"api_key_env":     text("The environment variable that holds the API key. Default: `" + usualKey + "`."),
			"api_key_wo": schema.StringAttribute{
				Optional: true, WriteOnly: true,
				MarkdownDescription: "The API key, which Terraform keeps nowhere, neither in plan nor in state. It needs Terraform 1.11, or OpenTofu 1.11. The data source has `api_key_env` alone.",
			},
		},
		Messages: messages(),
	}.ReadBy(func(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
		c := read(r)
		return c.object(), func(clients *cloud.Clients) rollout.Check {
			c.clients = clients
			return c
		}
	})
}

type block struct {
	Project  types.String  `tfsdk:"project"`
	Endpoint types.String  `tfsdk:"endpoint"`
	Min      types.Float64 `tfsdk:"min_cu"`
	Max      types.Float64 `tfsdk:"max_cu"`
	Suspend  types.String  `tfsdk:"suspend_timeout"`
	State    types.String  `tfsdk:"state"`
	KeyEnv   types.String  `tfsdk:"api_key_env"`
	Key      types.String  `tfsdk:"api_key_wo"`
}

var idForm = lazyregexp.New(`^[a-z0-9-]{1,60}$`)

// read turns the block into a check.
func read(r *preflight.Reading) check {
	c := check{variable: usualKey}
	var b block
	if !r.Into(&b) {
		return c
	}
	c.project = r.Text(b.Project, idForm.MatchString, "project", msgNoID, "attribute", "project", "value", b.Project.ValueString(), "form", "shiny-wind-028834")
	c.endpoint = r.Text(b.Endpoint, idForm.MatchString, "endpoint", msgNoID, "attribute", "endpoint", "value", b.Endpoint.ValueString(), "form", "ep-silent-smoke-806639")
	c.min, c.max = known(b.Min), known(b.Max)
	for _, size := range []struct {
		at string
		cu *float64
	}{{"min_cu", c.min}, {"max_cu", c.max}} {
		if size.cu != nil && *size.cu <= 0 {
			r.Wrong(size.at, msgNoSize, "attribute", size.at, "value", units(*size.cu))
		}
	}
	if c.min != nil && c.max != nil && *c.min > *c.max {
		r.Wrong("min_cu", msgTooSmall, "min", units(*c.min), "max", units(*c.max))
	}
	c.state = r.Text(b.State, func(s string) bool { return s == "active" || s == "idle" }, "state", msgNoState, "value", b.State.ValueString())
	if !b.Suspend.IsNull() && !b.Suspend.IsUnknown() {
		d, ok := suspension(b.Suspend.ValueString())
		if !ok {
			r.Wrong("suspend_timeout", msgNoSuspend, "value", b.Suspend.ValueString())
		}
		c.suspend = &d
	}
	c.readKey(r, b)
	return c
}

func known(v types.Float64) *float64 {
	if v.IsUnknown() {
		return nil
	}
	return v.ValueFloat64Pointer()
}

func (c *check) readKey(r *preflight.Reading, b block) {
	// What stands in the place of the variable's name may be the key itself.
	if named := r.Text(b.KeyEnv, web.IsVariable, "", msgNoVariable); named != "" {
		c.variable = named
	}
	if b.Key.IsNull() || b.Key.IsUnknown() {
		return
	}
	if !b.KeyEnv.IsNull() && !b.KeyEnv.IsUnknown() {
		r.Wrong("api_key_env", msgTwoKeys)
	}
	value := strings.TrimSpace(b.Key.ValueString())
	c.given = func() string { return value }
}

// suspension reads a time after which an endpoint suspends, which Neon counts in
// seconds.
func suspension(text string) (time.Duration, bool) {
	if text == never {
		return neverSleep, true
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0 && d <= longest && d%time.Second == 0
}
