package aws_test

import (
	"errors"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

func TestAliasIsWrittenUnderItsRevision(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	c, ctx := w.lambda(), t.Context()
	read := ok[*lambda.GetAliasOutput](t)(c.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: sdk.String("shop"), Name: sdk.String("live")}))
	split := &lambda.UpdateAliasInput{
		FunctionName: sdk.String("shop"), Name: sdk.String("live"), RevisionId: read.RevisionId,
		RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.1}},
	}
	first := ok[*lambda.UpdateAliasOutput](t)(c.UpdateAlias(ctx, split))
	if sdk.ToString(first.RevisionId) == sdk.ToString(read.RevisionId) || first.RoutingConfig.AdditionalVersionWeights["2"] != 0.1 {
		t.Fatalf("after the write: %+v", first)
	}
	_, err := c.UpdateAlias(ctx, split)
	if want := (*types.PreconditionFailedException)(nil); !errors.As(err, &want) {
		t.Fatalf("a stale revision: %v", err)
	}
	kept := ok[*lambda.UpdateAliasOutput](t)(c.UpdateAlias(ctx, &lambda.UpdateAliasInput{
		FunctionName: sdk.String("shop"), Name: sdk.String("live"), Description: sdk.String("said"),
	}))
	if kept.RoutingConfig == nil || kept.RoutingConfig.AdditionalVersionWeights["2"] != 0.1 {
		t.Fatalf("what is left out stays: %+v", kept.RoutingConfig)
	}
	gone := ok[*lambda.UpdateAliasOutput](t)(c.UpdateAlias(ctx, &lambda.UpdateAliasInput{
		FunctionName: sdk.String("shop"), Name: sdk.String("live"), FunctionVersion: sdk.String("2"),
		RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{}},
	}))
	if gone.RoutingConfig != nil || sdk.ToString(gone.FunctionVersion) != "2" {
		t.Fatalf("empty weights go: %+v", gone)
	}
}

func TestPublishingWaitsForTheUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{Updates: 5 * time.Second, Creates: 3 * time.Second})
	w.shop()
	c, ctx, shop := w.lambda(), t.Context(), sdk.String("shop")
	before := ok[*lambda.GetFunctionConfigurationOutput](t)(c.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: shop}))
	updated := ok[*lambda.UpdateFunctionCodeOutput](t)(c.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: shop, ZipFile: []byte("v3"), RevisionId: before.RevisionId}))
	if updated.LastUpdateStatus != types.LastUpdateStatusInProgress || updated.LastUpdateStatusReasonCode != "Creating" {
		t.Fatalf("during the update: %s %s", updated.LastUpdateStatus, updated.LastUpdateStatusReasonCode)
	}
	_, err := c.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: shop})
	refused(t, err, "ResourceConflictException")
	_, err = c.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: shop, Timeout: sdk.Int32(9)})
	refused(t, err, "ResourceConflictException")
	w.clock.elapse(5 * time.Second)
	_, err = c.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: shop, RevisionId: updated.RevisionId})
	refused(t, err, "PreconditionFailedException")
	after := ok[*lambda.GetFunctionConfigurationOutput](t)(c.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: shop}))
	if after.LastUpdateStatus != types.LastUpdateStatusSuccessful {
		t.Fatalf("after the update: %s", after.LastUpdateStatus)
	}
	_, err = c.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: shop, CodeSha256: before.CodeSha256})
	refused(t, err, "InvalidParameterValueException")
	v := ok[*lambda.PublishVersionOutput](t)(c.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: shop, CodeSha256: after.CodeSha256, RevisionId: after.RevisionId}))
	if sdk.ToString(v.Version) != "3" || v.State != types.StatePending {
		t.Fatalf("the version: %s %s", sdk.ToString(v.Version), v.State)
	}
	same := ok[*lambda.PublishVersionOutput](t)(c.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: shop}))
	if sdk.ToString(same.Version) != "3" {
		t.Fatalf("published %s without a change", sdk.ToString(same.Version))
	}
	w.clock.elapse(3 * time.Second)
	active := ok[*lambda.GetFunctionConfigurationOutput](t)(c.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: shop, Qualifier: sdk.String("3")}))
	if active.State != types.StateActive {
		t.Fatalf("the version became %s", active.State)
	}
}
