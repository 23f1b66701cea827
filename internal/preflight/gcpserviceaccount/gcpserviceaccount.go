package gcpserviceaccount

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/iam/v1"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const permission = "iam.serviceAccounts.get"

// check implements rollout.Check.
type check struct {
	clients *cloud.Clients
	email   string
}

// Run asks for the account.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.email}
	client, err := c.clients.ServiceAccounts(ctx)
	if err != nil {
		return []rollout.Finding{unable(f, err)}
	}
	account, err := client.Projects.ServiceAccounts.Get(resource(c.email)).Context(ctx).Do()
	var refused *googleapi.Error
	switch {
	case ctx.Err() != nil:
		f.Status, f.Why, f.Fix = rollout.Skipped, "the look at it was interrupted", "Run it again."
	case err == nil:
		f = c.judge(f, account)
	case errors.Is(err, context.DeadlineExceeded):
		f.Status, f.Why, f.Fix = rollout.Skipped, "IAM gave no answer in time", "Run it again."
	case !errors.As(err, &refused):
		f.Status, f.Why, f.Fix = rollout.Skipped, "IAM gave no answer that could be read", "Run it again."
	default:
		f = c.refused(f, refused.Code)
	}
	return []rollout.Finding{f}
}

// judge reads an account. An answer about another one is no answer.
func (c check) judge(f rollout.Finding, account *iam.ServiceAccount) rollout.Finding {
	switch {
	case !strings.EqualFold(account.Email, c.email):
		f.Status, f.Why, f.Fix = rollout.Skipped, "IAM answered with another account", "Report this."
	case account.Disabled:
		f.Status, f.Why = rollout.Failed, "it is disabled, so nothing can run as it"
		f.Fix = "Enable it: gcloud iam service-accounts enable " + c.email
	default:
		f.Status, f.Why = rollout.Passed, "it exists and is enabled"
	}
	return f
}

func (c check) refused(f rollout.Finding, code int) rollout.Finding {
	f.Status = rollout.Skipped
	switch code {
	case http.StatusNotFound:
		f.Status, f.Retry = rollout.Failed, true
		f.Why = "there is no such service account"
		f.Fix = "Create it. If it is created in this same apply, refer to its computed email, google_service_account.x.email, " +
			"rather than to a name: then it is checked in apply, once it exists."
	case http.StatusForbidden:
		f.Why = fmt.Sprintf("%s is denied on it, or it does not exist", permission)
		f.Fix = "Grant it to whom Terraform runs as: roles/iam.serviceAccountViewer has it."
	case http.StatusUnauthorized:
		f.Why, f.Fix = "IAM does not accept the credentials", "Log in again, or correct the credentials of the provider."
	default:
		f.Why, f.Fix = fmt.Sprintf("IAM could not be asked: it answered %d", code), "Run it again."
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

// unable says that there is no client. The cause is not quoted: it may quote a
// credential.
func unable(f rollout.Finding, err error) rollout.Finding {
	f.Status, f.Why, f.Fix = rollout.Skipped, "IAM could not be asked", "Correct the provider's google block."
	var p rollout.Problem
	if errors.As(err, &p) {
		f.Why, f.Fix = p.What, p.Fix
	}
	return f
}
