package gcpserviceaccount

import (
	"context"
	"errors"
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
		f = skipped(f, msgInterrupted)
	case err == nil:
		f = c.judge(f, account)
	case errors.Is(err, context.DeadlineExceeded):
		f = skipped(f, msgNoAnswer)
	case !errors.As(err, &refused):
		f = skipped(f, msgUnreadable)
	default:
		f = c.refused(f, refused.Code)
	}
	return []rollout.Finding{f}
}

func skipped(f rollout.Finding, m rollout.Message, pairs ...any) rollout.Finding {
	f.Status = rollout.Skipped
	return f.Because(m, pairs...)
}

// judge reads an account. An answer about another one is no answer.
func (c check) judge(f rollout.Finding, account *iam.ServiceAccount) rollout.Finding {
	switch {
	case !strings.EqualFold(account.Email, c.email):
		return skipped(f, msgAnotherAccount)
	case account.Disabled:
		f.Status = rollout.Failed
		return f.Because(msgDisabled, "email", c.email)
	default:
		f.Status, f.Why = rollout.Passed, "it exists and is enabled"
	}
	return f
}

func (c check) refused(f rollout.Finding, code int) rollout.Finding {
	switch code {
	case http.StatusNotFound:
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgGone)
	case http.StatusForbidden:
		return skipped(f, msgDenied, "permission", permission)
	case http.StatusUnauthorized:
		return skipped(f, msgUnauthenticated)
	default:
		return skipped(f, msgUnasked, "code", code)
	}
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
	f = skipped(f, msgNoClient)
	var p rollout.Problem
	if errors.As(err, &p) {
		f.Why, f.Fix = p.What, p.Fix
	}
	return f
}
