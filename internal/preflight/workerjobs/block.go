package workerjobs

import (
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	kind     = "worker_jobs"
	enqueues = "enqueues"
	handles  = "handles"
)

// Kind returns the preflight kind "worker_jobs".
func Kind() preflight.Kind {
	k := preflight.Kind{
		Name: kind,
		Doc: "Every job that one side may enqueue is handled by the other, with as many arguments: before an API enqueues a new class the live worker has to handle it, and before a worker forgets one no live API may enqueue it. " +
			"Each side says its jobs in a manifest. The guide [Release order](../guides/release-order) has its form and how to make one.",
		Attributes:  map[string]schema.Attribute{},
		Messages:    messages(),
		Permissions: preflight.ECSPermissions("with `ecs_service`"),
	}.ReadBy(read)
	k.Blocks = map[string]schema.Block{
		enqueues: side("What may be enqueued."),
		handles:  side("What is handled."),
	}
	return k
}

func side(doc string) schema.ListNestedBlock {
	text := func(doc string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	return schema.ListNestedBlock{
		MarkdownDescription: doc + " It has exactly one of `classes`, `file`, `image`, `cloud_run_service` and `ecs_service`.",
		NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
			"classes": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The jobs themselves, such as `[\"Billing::ChargeJob/2\", \"shop.tasks.mail/1-3\"]`: a class, and how many arguments it has, if that is to be compared.",
			},
			"file":              text("A file that lists them: one a line, or as JSON."),
			"image":             text("An image that has them in a label: that of the candidate, by digest (`var.image`)."),
			"cloud_run_service": text("A service of Cloud Run as it is live, `google_cloud_run_v2_service.x.id`: the images of the revisions that have traffic."),
			"ecs_service":       text("A service of Amazon ECS as it is live, `aws_ecs_service.x.id` or `CLUSTER/NAME`: the images that its tasks run which have not stopped."),
			"container":         text("The container of `ecs_service` that says its jobs. Default: the only one."),
			"region":            text("The region of `ecs_service`, where no ARN says it. Default: that of the provider's `aws` block or of the environment."),
			"revision": text("What alone has to be live: of `cloud_run_service` the revision that has all traffic, `rollout_safe_deployment.worker.promoted`; of `ecs_service` the task definition that all tasks are of, `aws_ecs_task_definition.worker.arn`. " +
				"While that is about to change it is not known, and is looked at in apply. Default: whatever is live."),
			"label": text("The label of the image. Default: `rollout.enqueues` for what is enqueued, `rollout.handles` for what is handled."),
		}},
	}
}

type block struct {
	Enqueues types.List `tfsdk:"enqueues"`
	Handles  types.List `tfsdk:"handles"`
}

type sideBlock struct {
	Classes   types.List   `tfsdk:"classes"`
	File      types.String `tfsdk:"file"`
	Image     types.String `tfsdk:"image"`
	Service   types.String `tfsdk:"cloud_run_service"`
	Tasks     types.String `tfsdk:"ecs_service"`
	Container types.String `tfsdk:"container"`
	Region    types.String `tfsdk:"region"`
	Live      types.String `tfsdk:"revision"`
	Label     types.String `tfsdk:"label"`
}

// source is where one side says its jobs.
type source struct {
	side          string
	classes       []string
	file, image   string
	service, live string
	tasks         cloud.AWSName // the service of ECS
	container     string
	label         string
}

// object is the source for people, "" where it is not known.
func (s source) object() string {
	switch {
	case s.file != "":
		return s.file
	case s.image != "":
		return s.image
	case s.service != "":
		return s.service
	case s.tasks.Given != "":
		return s.tasks.Given
	case len(s.classes) > 0:
		return "classes"
	}
	return ""
}

var serviceForm = lazyregexp.New(`^projects/([^/\s]+)/locations/([a-z0-9-]+)/services/([a-z][a-z0-9-]*)$`)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{enqueues: sideOf(r, b.Enqueues, enqueues), handles: sideOf(r, b.Handles, handles)}
	if e, h := c.enqueues.object(), c.handles.object(); e != "" && h != "" {
		c.object = e + " against " + h
	}
	return c.object, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}

// sideOf reads one side.
func sideOf(r *preflight.Reading, list types.List, of string) source {
	s := source{side: of, label: "rollout." + of}
	if list.IsUnknown() {
		return s
	}
	blocks := r.Nested(list)
	if len(list.Elements()) != 1 {
		r.Wrong("", msgSides, "side", of)
		return s
	}
	var b sideBlock
	if len(blocks) == 0 || !r.From(blocks[0], &b) {
		return s
	}
	s.sole(r, b)
	s.listed(r, b.Classes)
	s.file = r.Text(b.File, func(f string) bool { return f != "" }, of, msgSource, "side", of)
	s.image = r.Text(b.Image, isImage, of, msgNoImage, "image", b.Image.ValueString())
	s.service = r.Text(b.Service, serviceForm.MatchString, of, msgNoService, "service", b.Service.ValueString())
	s.tasks = amazon.Named(r, of, b.Tasks, b.Region, preflight.ECSForm, msgNoTasks, "service", b.Tasks.ValueString())
	s.container = b.Container.ValueString()
	if b.Label.ValueString() != "" {
		s.label = b.Label.ValueString()
	}
	s.live = b.Live.ValueString()
	return s
}

// sole says that a side has no source, or several, and what stands beside none.
func (s source) sole(r *preflight.Reading, b sideBlock) {
	given, open := 0, false
	for _, v := range []attr.Value{b.Classes, b.File, b.Image, b.Service, b.Tasks} {
		open = open || v.IsUnknown()
		if !v.IsNull() && !v.IsUnknown() {
			given++
		}
	}
	if given > 1 || given == 0 && !open {
		r.Wrong(s.side, msgSource, "side", s.side)
	}
	for _, one := range []struct {
		attribute, other string
		v                types.String
		beside           []types.String
	}{
		{"label", "image, cloud_run_service or ecs_service", b.Label, []types.String{b.Image, b.Service, b.Tasks}},
		{"revision", "cloud_run_service or ecs_service", b.Live, []types.String{b.Service, b.Tasks}},
		{"container", "ecs_service", b.Container, []types.String{b.Tasks}},
		{"region", "ecs_service", b.Region, []types.String{b.Tasks}},
	} {
		if !one.v.IsNull() && !slices.ContainsFunc(one.beside, func(v types.String) bool { return !v.IsNull() }) {
			r.Wrong(s.side, msgBeside, "attribute", one.attribute, "other", one.other)
		}
	}
}

// listed reads the jobs that configuration lists. They count once all are known.
func (s *source) listed(r *preflight.Reading, list types.List) {
	var classes []string
	for _, v := range r.Texts(list) {
		if v.IsUnknown() {
			return
		}
		if _, ok := parseJob(v.ValueString()); !ok {
			r.Wrong(s.side, msgNoJob, "job", v.ValueString())
		}
		classes = append(classes, v.ValueString())
	}
	if !list.IsNull() && !list.IsUnknown() && len(classes) == 0 {
		r.Wrong(s.side, msgSource, "side", s.side)
	}
	s.classes = classes
}

func isImage(text string) bool {
	_, err := name.ParseReference(text)
	return err == nil && !strings.Contains(text, "://")
}
