package cloudsqlinstance

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "cloud_sql_instance"

// Kind returns the preflight kind "cloud_sql_instance".
func Kind() preflight.Kind {
	k := preflight.Kind{
		Name: name,
		Doc: "An instance of Cloud SQL that runs, and that goes down for no maintenance during the rollout. It needs the permission `" +
			permission + "`, which `" + role + "` has.",
		Attributes: map[string]schema.Attribute{
			"instance": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The instance: `google_sql_database_instance.x.connection_name` (`PROJECT:REGION:NAME`) or its id (`projects/PROJECT/instances/NAME`). " +
					"One that is created in the same apply has to be named by its computed name, so that it is checked once it exists.",
			},
			"database_version": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The version that it has to have, such as `POSTGRES_16`, or the beginning of it: `POSTGRES` is any, `MYSQL_8_0` is `MYSQL_8_0_36` too.",
			},
			"no_maintenance_within": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How long no maintenance may be due, from the beginning of the rollout, such as `\"2h\"`. Default: as long as the rollout takes, " +
					"with all its bakes, its watch and the waiting of its gates; `1h` where there is no rollout. `0s` minds only one that is due already.",
			},
		},
		Messages: messages(),
	}.ReadBy(read)
	k.Alone = false // when the rollout is counts too
	return k
}

type block struct {
	Instance types.String `tfsdk:"instance"`
	Version  types.String `tfsdk:"database_version"`
	Free     types.String `tfsdk:"no_maintenance_within"`
}

var (
	connectionForm = lazyregexp.New(`^((?:[a-z0-9.-]+:)?[a-z][a-z0-9-]+):([a-z0-9-]+):([a-z][a-z0-9-]*)$`)
	idForm         = lazyregexp.New(`^projects/([^/\s]+)/instances/([a-z][a-z0-9-]*)$`)
	versionForm    = lazyregexp.New(`^(POSTGRES|MYSQL|SQLSERVER)(_[A-Z0-9]+)*$`)
)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	var c check
	if text := b.Instance.ValueString(); !b.Instance.IsUnknown() {
		if m := connectionForm.FindStringSubmatch(text); m != nil {
			c.asked, c.project, c.region, c.instance = text, m[1], m[2], m[3]
		} else if m := idForm.FindStringSubmatch(text); m != nil {
			c.asked, c.project, c.instance = text, m[1], m[2]
		} else {
			r.Wrong("instance", msgNoInstance, "instance", text)
		}
	}
	c.version = r.Text(b.Version, versionForm.MatchString, "database_version", msgNoVersion, "version", b.Version.ValueString())
	c.quiet = r.Quiet(b.Free, "no_maintenance_within", msgNoLength, "text", b.Free.ValueString())
	return c.asked, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
