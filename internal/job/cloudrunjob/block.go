package cloudrunjob

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Kind returns the job kind "cloud_run_job".
func Kind() job.Kind {
	return job.Kind{
		Name: name,
		Doc: "A job of Cloud Run, of which an execution is begun. The job itself is not changed. It needs the permissions `" + getJob + "`, `" + runJob + "`, `" + override + "`, `" + getExecution +
			"`, `" + listExecutions + "`, `" + listTasks + "` and, for `log_lines`, `" + listEntries + "`; `" + role + "` has all but the last, which `roles/logging.viewer` has.",
		Attributes: map[string]schema.Attribute{
			"job": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The job's id: `google_cloud_run_v2_job.x.id`, `projects/PROJECT/locations/REGION/jobs/NAME`. " +
					"One that is created or changed in the same apply has to be named by its computed id, so that it is run as it is then.",
			},
			"args": schema.ListAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Arguments in place of those of the job's first container. They are shown in plans and state.",
			},
			"candidate_image": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether the job has to run the candidate's image: it is run only if its first container has it, by digest. " +
					"Cloud Run runs a job with the image that the job has, so give the job and the deployment the same value, such as `data.rollout_image.api.by_digest`.",
			},
			"log_lines": job.LogLines("the job", "They are read from Cloud Logging"),
		},
		Blocks:   map[string]schema.Block{},
		Messages: messages(),
		Validate: func(ctx context.Context, object types.Object) []rollout.Problem {
			_, problems := read(ctx, object)
			return problems
		},
		Describe: func(ctx context.Context, object types.Object) job.Description {
			r, _ := read(ctx, object)
			return job.Description{Object: r.name, Image: r.image, By: r.by()}
		},
		Open: func(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Job, error) {
			r, problems := read(ctx, object)
			if len(problems) > 0 {
				return nil, problems[0]
			}
			r.clients = clients
			return &r, nil
		},
	}
}

type block struct {
	Job            types.String `tfsdk:"job"`
	Args           types.List   `tfsdk:"args"`
	CandidateImage types.Bool   `tfsdk:"candidate_image"`
	LogLines       types.Int64  `tfsdk:"log_lines"`
}

var jobForm = lazyregexp.New(`^projects/([^/\s]+)/locations/([a-z0-9-]+)/jobs/([a-z][a-z0-9-]*)$`)

// read turns the block into a job. What is unknown is left out, and is not wrong.
func read(ctx context.Context, object types.Object) (runner, []rollout.Problem) {
	out := runner{}
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return out, nil
	}
	var problems []rollout.Problem
	if m := jobForm.FindStringSubmatch(b.Job.ValueString()); m != nil {
		out.id, out.project, out.location, out.name = b.Job.ValueString(), m[1], m[2], m[3]
	} else if !b.Job.IsUnknown() {
		problems = append(problems, msgNoJob.With("value", b.Job.ValueString()))
	}
	for _, v := range b.Args.Elements() {
		if s, ok := v.(types.String); ok {
			out.args = append(out.args, s.ValueString())
		}
	}
	out.image = b.CandidateImage.ValueBool()
	out.lines = job.ReadLogLines(b.LogLines, &problems)
	return out, problems
}

// by is how a person looks at an execution; "" while the job is not known.
func (r *runner) by() string {
	if r.id == "" {
		return ""
	}
	return "gcloud run jobs executions describe {id} --project=" + r.project + " --region=" + r.location
}
