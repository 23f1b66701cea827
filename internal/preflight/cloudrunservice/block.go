package cloudrunservice

import (
	"slices"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "cloud_run_service"

// Kind returns the preflight kind "cloud_run_service".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc: "Another service of Cloud Run, on which the revision depends: it exists and is ready. It needs the permissions `" + getService + "` and, for `image`, `" +
			getRevision + "`, which `" + role + "` has. No request is sent to it.",
		Attributes: map[string]schema.Attribute{
			"service": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The service's id: `google_cloud_run_v2_service.x.id`, `projects/PROJECT/locations/REGION/services/NAME`. " +
					"One that is created in the same apply has to be named by its computed id, so that it is checked once it exists.",
			},
			"revision": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The revision that has to have all its traffic, such as `rollout_safe_deployment.x.promoted`.",
			},
			"image": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The image, by digest, that the revision with all its traffic has to run.",
			},
			"ingress": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "From where it has to be reached: `all`, `internal` or `internal-and-cloud-load-balancing`.",
			},
		},
		Messages: messages(),
	}.ReadBy(read)
}

type block struct {
	Service  types.String `tfsdk:"service"`
	Revision types.String `tfsdk:"revision"`
	Image    types.String `tfsdk:"image"`
	Ingress  types.String `tfsdk:"ingress"`
}

var (
	serviceForm  = lazyregexp.New(`^projects/([^/\s]+)/locations/([a-z0-9-]+)/services/([a-z][a-z0-9-]*)$`)
	revisionForm = lazyregexp.New(`^[a-z][a-z0-9-]*$`)
	digestForm   = lazyregexp.New(`^[^@\s]+@sha256:[0-9a-f]{64}$`)
)

// ingresses are the words for where a service is reached from, as gcloud has
// them.
var ingresses = map[runpb.IngressTraffic]string{
	runpb.IngressTraffic_INGRESS_TRAFFIC_ALL:                    "all",
	runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_ONLY:          "internal",
	runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER: "internal-and-cloud-load-balancing",
}

var words = []string{"all", "internal", "internal-and-cloud-load-balancing"}

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	var c check
	id := r.Text(b.Service, serviceForm.MatchString, "service", msgNoService, "value", b.Service.ValueString())
	if m := serviceForm.FindStringSubmatch(id); m != nil {
		c.id, c.project, c.location, c.service = id, m[1], m[2], m[3]
	}
	c.revision = r.Text(b.Revision, revisionForm.MatchString, "revision", msgNoRevision, "value", b.Revision.ValueString())
	c.image = r.Text(b.Image, digestForm.MatchString, "image", msgNoDigest, "value", b.Image.ValueString())
	known := func(word string) bool { return slices.Contains(words, word) }
	c.ingress = r.Text(b.Ingress, known, "ingress", msgNoIngress, "value", b.Ingress.ValueString(), "words", strings.Join(words, ", "))
	return c.id, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
