package lambdaalias

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Provisioned concurrency stands on versions here and never on the alias: what
// stands on an alias cannot be managed while two versions share it, and when the
// alias moves it is taken from one version and then given to the other
// (https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html). On
// versions both have theirs while users move.

// provision gives the candidate what the block asks for, and takes it from those
// that a rollout leaves without traffic when its mark goes.
func (t *alias) provision(ctx context.Context, was, want rollout.Routing) error {
	n := t.settings.provisioned
	if n == nil {
		return nil
	}
	for _, r := range want.Keep {
		if *n > 0 && !was.Keeps(r) {
			if err := t.putProvisioned(ctx, r, *n); err != nil {
				return err
			}
		}
	}
	if want.Home != "" || len(want.Keep) > 0 {
		return nil
	}
	for _, r := range slices.Compact(append([]rollout.Revision{was.Home}, was.Keep...)) {
		if r == "" || want.Split[r] > 0 {
			continue
		}
		if err := t.dropProvisioned(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (t *alias) putProvisioned(ctx context.Context, r rollout.Revision, n int32) error {
	had, err := t.provisionedOf(ctx, string(r))
	if err != nil || had != nil && aws.ToInt32(had.RequestedProvisionedConcurrentExecutions) == n && had.Status != types.ProvisionedConcurrencyStatusEnumFailed {
		return err
	}
	_, err = call(ctx, t, "ask for provisioned concurrency of "+t.version(r), func(ctx context.Context, c *lambda.Client) (*lambda.PutProvisionedConcurrencyConfigOutput, error) {
		return c.PutProvisionedConcurrencyConfig(ctx, &lambda.PutProvisionedConcurrencyConfigInput{
			FunctionName: aws.String(t.functionARN()), Qualifier: aws.String(string(r)), ProvisionedConcurrentExecutions: &n,
		})
	})
	return err
}

func (t *alias) dropProvisioned(ctx context.Context, r rollout.Revision) error {
	_, err := call(ctx, t, "give up provisioned concurrency of "+t.version(r), func(ctx context.Context, c *lambda.Client) (*lambda.DeleteProvisionedConcurrencyConfigOutput, error) {
		return c.DeleteProvisionedConcurrencyConfig(ctx, &lambda.DeleteProvisionedConcurrencyConfigInput{
			FunctionName: aws.String(t.functionARN()), Qualifier: aws.String(string(r)),
		})
	})
	if errors.Is(err, rollout.ErrGone) { // neither it nor the version is needed any more
		return nil
	}
	return err
}

// provisionedOf returns what a version or an alias has, nil where it has none.
func (t *alias) provisionedOf(ctx context.Context, qualifier string) (*lambda.GetProvisionedConcurrencyConfigOutput, error) {
	out, err := call(ctx, t, "read the provisioned concurrency of "+t.functionARN()+":"+qualifier, func(ctx context.Context, c *lambda.Client) (*lambda.GetProvisionedConcurrencyConfigOutput, error) {
		return c.GetProvisionedConcurrencyConfig(ctx, &lambda.GetProvisionedConcurrencyConfigInput{
			FunctionName: aws.String(t.functionARN()), Qualifier: &qualifier,
		})
	})
	if errors.Is(err, rollout.ErrGone) {
		return nil, nil //nolint:nilnil // having none is not an error
	}
	return out, err
}

// provisioned tells how much room the candidate has: no more than it serves
// already, until what was asked for is ready.
func (t *alias) provisioned(ctx context.Context, o *rollout.Observation) error {
	if n := t.settings.provisioned; n == nil || *n == 0 {
		return nil
	}
	for _, r := range o.Routing.Keep {
		if r == o.Routing.Home || o.Routing.HasAll(r) {
			continue
		}
		had, err := t.provisionedOf(ctx, string(r))
		if err != nil {
			return err
		}
		if had == nil || had.Status != types.ProvisionedConcurrencyStatusEnumReady {
			o.Room[r] = o.Routing.Split[r]
		}
	}
	return nil
}
