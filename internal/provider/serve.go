package provider

import (
	"context"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// garbage is how much of it there may be, in percent of what is in use, before it
// is looked for. Requests leave much and nothing stays, while one process runs for
// each provider of a configuration at the same time as Terraform. GOGC goes before
// it.
const garbage = 50

// Serve serves a provider to the Terraform that started this process, until it
// ends it; or, to debug it, until an interrupt, and then says how Terraform
// reaches it.
func Serve(p func() provider.Provider, debugged bool) error {
	var options []tf6server.ServeOpt
	if debugged {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		logOnRequest()
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	return tf6server.Serve(Address, func() tfprotov6.ProviderServer { return Server(p()) }, options...)
}

// logOnRequest keeps the framework from logging what nobody will see. Without a
// level it writes everything, a dozen lines for each request, and Terraform reads
// and drops them where no variable asks for logs
// (https://developer.hashicorp.com/terraform/plugin/log/managing).
func logOnRequest() {
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "TF_LOG") && name != "TF_LOG_PATH" && value != "" {
			return
		}
	}
	for _, name := range []string{"TF_LOG_PROVIDER", "TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_FRAMEWORK"} {
		_ = os.Setenv(name, "OFF") // where it cannot be set there are logs
	}
}

// Server is what answers Terraform's requests.
func Server(p provider.Provider) tfprotov6.ProviderServer {
	return lettingGo{providerserver.NewProtocol6(p)()}
}

// lettingGo forgets each request that is over. The framework keeps the contexts
// of all of them for StopProvider, and with each the loggers of its request: a
// plan of a thousand resources would hold 60 MB of them.
type lettingGo struct{ tfprotov6.ProviderServer }

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (s lettingGo) ValidateResourceConfig(ctx context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return during(ctx, r, s.ProviderServer.ValidateResourceConfig)
}

// UpgradeResourceState implements tfprotov6.ResourceServer.
func (s lettingGo) UpgradeResourceState(ctx context.Context, r *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return during(ctx, r, s.ProviderServer.UpgradeResourceState)
}

// UpgradeResourceIdentity implements tfprotov6.ResourceServer.
func (s lettingGo) UpgradeResourceIdentity(ctx context.Context, r *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return during(ctx, r, s.ProviderServer.UpgradeResourceIdentity)
}

// ReadResource implements tfprotov6.ResourceServer.
func (s lettingGo) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return during(ctx, r, s.ProviderServer.ReadResource)
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (s lettingGo) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return during(ctx, r, s.ProviderServer.PlanResourceChange)
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s lettingGo) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return during(ctx, r, s.ProviderServer.ApplyResourceChange)
}

func during[In, Out any](ctx context.Context, in In, answer func(context.Context, In) (Out, error)) (Out, error) {
	of := &request{}
	of.held.Store(&ctx)
	defer of.held.Store(nil) //nolint:contextcheck // it is ctx until it is answered
	return answer(of, in)    //nolint:contextcheck // as above
}

// request is the context of a request until that is answered, and then one that
// has ended.
type request struct {
	held atomic.Pointer[context.Context]
}

// Deadline implements context.Context.
func (r *request) Deadline() (deadline time.Time, ok bool) {
	if ctx := r.held.Load(); ctx != nil {
		return (*ctx).Deadline()
	}
	return deadline, false
}

// Done implements context.Context.
func (r *request) Done() <-chan struct{} {
	if ctx := r.held.Load(); ctx != nil {
		return (*ctx).Done()
	}
	return nothingMore()
}

var nothingMore = sync.OnceValue(func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
})

// Err implements context.Context.
func (r *request) Err() error {
	if ctx := r.held.Load(); ctx != nil {
		return (*ctx).Err()
	}
	return context.Canceled
}

// Value implements context.Context.
func (r *request) Value(key any) any {
	if ctx := r.held.Load(); ctx != nil {
		return (*ctx).Value(key)
	}
	return nil
}
