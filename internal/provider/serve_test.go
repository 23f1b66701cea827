package provider_test

import (
	"context"
	"runtime"
	"testing"
	"weak"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
)

// TestRequestsAreForgotten: nothing of a request stays behind once it has been
// answered, of whichever there is one a resource.
func TestRequestsAreForgotten(t *testing.T) {
	server := provider.Server(provider.New("test")())
	const of = "rollout_traffic_split"
	for name, ask := range map[string]func(context.Context) error{
		"validate": func(ctx context.Context) error {
			_, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: of})
			return err
		},
		"upgrade the state": func(ctx context.Context) error {
			_, err := server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{TypeName: of})
			return err
		},
		"upgrade the identity": func(ctx context.Context) error {
			_, err := server.UpgradeResourceIdentity(ctx, &tfprotov6.UpgradeResourceIdentityRequest{TypeName: of})
			return err
		},
		"read": func(ctx context.Context) error {
			_, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: of})
			return err
		},
		"plan": func(ctx context.Context) error {
			_, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: of})
			return err
		},
		"apply": func(ctx context.Context) error {
			_, err := server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{TypeName: of})
			return err
		},
	} {
		held := asked(t, ask)
		runtime.GC()
		if held.Value() != nil {
			t.Errorf("%s: what came with the request is still there", name)
		}
	}
}

// asked makes a request, and returns something that came with it.
func asked(t *testing.T, ask func(context.Context) error) weak.Pointer[[1 << 16]byte] {
	t.Helper()
	type key struct{}
	logger := new([1 << 16]byte)
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, logger))
	defer cancel()
	if err := ask(ctx); err != nil {
		t.Error(err)
	}
	return weak.Make(logger)
}
