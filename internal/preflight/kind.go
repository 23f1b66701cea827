// Package preflight says what a requirement is to the provider: its name, the
// block that users write inside requires, and how to open it. Each kind is a
// folder of its own; package catalog lists them.
package preflight

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Kind describes one sort of requirement.
type Kind struct {
	// Name is the name of the block inside requires: gcp_secret, env.
	Name string
	// Doc is the description of the block.
	Doc string
	// NeedsCandidate: it looks at the candidate alone, so it has no meaning
	// where there is none, as in a barrier.
	NeedsCandidate bool
	// Alone: what it finds depends on the block alone, neither on the candidate
	// nor on what serves. Equal blocks of one plan then share an answer.
	Alone bool
	// Lasting: that it passed for a candidate stays true for the rest of an apply,
	// because it is about what has happened.
	Lasting bool
	// Attributes and Blocks are what stands in the block.
	Attributes map[string]schema.Attribute
	Blocks     map[string]schema.Block

	// Messages is the table of what the check may say to a person, but for what a
	// vendor says in its own words.
	Messages []rollout.Message

	// Permissions are what the check asks of an AWS account, each action once a
	// resource: the documents list them, and the sandbox enforces them.
	Permissions []cloud.Permission

	// WayBack says where the way home of a rollout ends that has this block; nil for
	// kinds that have nothing to say of it. It reads, once everything in the block is
	// known, and returns the same in a plan and in its apply, or is Unsure. Where it
	// cannot tell, the way home ends at promotion.
	WayBack func(ctx context.Context, block types.Object, clients *cloud.Clients) rollout.WayBack

	// Enforced says how configuration asks that what is missing be brought about; nil
	// for kinds that only look. The check is a rollout.Enforcer then.
	Enforced *Enforced

	// Report makes the kind a data source as well, of the same block; nil where
	// a requirement is all there is.
	Report *Report

	// Validate says what is wrong with the block without asking anybody.
	// Unknown values are not wrong.
	Validate func(ctx context.Context, block types.Object) []rollout.Problem
	// Object names the thing for messages, as far as the block says; "" where
	// that is unknown.
	Object func(ctx context.Context, block types.Object) string
	// After is the role of the deployment that the block waits for, for a kind that
	// orders deployments; null where the block does not say it. nil for any other.
	After func(ctx context.Context, block types.Object) types.String
	// Open returns the check, once everything in the block is known. It makes
	// no call. A check that needs the candidate answers Deferred while there is
	// none.
	Open func(ctx context.Context, block types.Object, clients *cloud.Clients) (rollout.Check, error)
}

// Enforced is a term of a kind: after how long of waiting what is missing is brought
// about.
type Enforced struct {
	// Attribute is its name: stop_after.
	Attribute string
	// Doc is its description.
	Doc string
	// Does is what is done then, for plans, with {object} and {after} for what and when.
	Does string
}

// Report is what a data source tells where a requirement only decides. It is
// called rollout_ and the name of the kind.
type Report struct {
	// Doc is the description of the data source.
	Doc string
	// Attributes are what it computes.
	Attributes map[string]schema.Attribute
	// Asks: it may ask somebody. What does not reads files alone, also where the
	// provider's own configuration is not known yet.
	Asks bool
	// Read returns a value for each of them, and reads alone; a problem where
	// nothing can be said. Validate has found nothing wrong with the block.
	// clients is nil unless it asks.
	Read func(ctx context.Context, block types.Object, clients *cloud.Clients) (map[string]any, *rollout.Problem)
}
