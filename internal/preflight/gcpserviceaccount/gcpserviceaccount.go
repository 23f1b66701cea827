package gcpserviceaccount

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/api/iam/v1"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	permission = "iam.serviceAccounts.get"
	role       = "roles/iam.serviceAccountViewer"
)

// check implements rollout.Check.
type check struct {
	clients *cloud.Clients
	email   string
}

// Run asks for the account.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.email}
	account, err := c.account(ctx)
	switch {
	case ctx.Err() == nil && cloud.Gone(err):
		f.Status, f.Retry = rollout.Failed, true
		f = f.Because(msgGone)
	case err != nil || ctx.Err() != nil:
		f = asked.Skipped(ctx, f, err, permission, role)
	default:
		f = c.judge(f, account)
	}
	return []rollout.Finding{f}
}

func (c check) account(ctx context.Context) (*iam.ServiceAccount, error) {
	client, err := c.clients.ServiceAccounts(ctx)
	if err != nil {
		return nil, err
	}
	account, err := client.Projects.ServiceAccounts.Get(resource(c.email)).Context(ctx).Do()
	if err != nil {
		return nil, fmt.Errorf("read the account: %w", err)
	}
	return account, nil
}

// judge reads an account. An answer about another one is no answer.
func (c check) judge(f rollout.Finding, account *iam.ServiceAccount) rollout.Finding {
	switch {
	case !strings.EqualFold(account.Email, c.email):
		f.Status = rollout.Skipped
		return f.Because(msgAnotherAccount)
	case account.Disabled:
		f.Status = rollout.Failed
		return f.Because(msgDisabled, "email", c.email)
	default:
		f.Status, f.Why = rollout.Passed, "it exists and is enabled"
	}
	return f
}

// resource is the name to ask for.
func resource(email string) string {
	return "projects/" + project(email) + "/serviceAccounts/" + email
}

// project reads the project from an email:
//
//	name@PROJECT.iam.gserviceaccount.com
//	name@PROJECT.DOMAIN.iam.gserviceaccount.com, of a project DOMAIN:PROJECT
//	PROJECT@appspot.gserviceaccount.com
//	NUMBER-compute@developer.gserviceaccount.com
//
// Others name none.
func project(email string) string {
	local, host, _ := strings.Cut(email, "@")
	if p, ok := strings.CutSuffix(host, ".iam.gserviceaccount.com"); ok {
		if p, domain, scoped := strings.Cut(p, "."); scoped {
			return domain + ":" + p
		}
		return p
	}
	if number, ok := strings.CutSuffix(local, "-compute"); ok && host == "developer.gserviceaccount.com" {
		return number
	}
	if host == "appspot.gserviceaccount.com" {
		return local
	}
	return "-"
}
