// Package job says what something that runs to its end is to the provider: its
// name, the block that users write inside before, after and a gate, and how to
// open it. Each kind is a folder of its own; package catalog lists them. A job is
// found, begun and looked at; when it is owed is decided in package engine.
package job

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Kind describes one kind of job.
type Kind struct {
	// Name is the name of the block: cloud_run_job, ecs_task, lambda.
	Name string
	// Doc is the description of the block.
	Doc string
	// Attributes and Blocks are what stands in the block.
	Attributes map[string]schema.Attribute
	Blocks     map[string]schema.Block

	// Messages is the table of what the job may say to a person, but for what a
	// vendor says in its own words.
	Messages []rollout.Message

	// Permissions are what the job asks of an AWS account, each action once a
	// resource: the documents list them, and the sandbox enforces them.
	Permissions []cloud.Permission

	// Validate says what is wrong with the block without asking anybody.
	// Unknown values are not wrong.
	Validate func(ctx context.Context, block types.Object) []rollout.Problem
	// Describe returns what is known of the job without asking.
	Describe func(ctx context.Context, block types.Object) Description
	// Open returns the job, once everything in the block is known. It makes no
	// call.
	Open func(ctx context.Context, block types.Object, clients *cloud.Clients) (rollout.Job, error)
}

// Description is what is known of a job without asking it.
type Description struct {
	// Object is the thing, short, for plans and messages: "migrate". "" where it is
	// not known yet.
	Object string
	// Image: it runs the candidate's image, so that Errand.Image is given.
	Image bool
	// By is how a person looks at an execution, as a command in which {id} stands
	// for it; "" where it is not known yet.
	By string
}
