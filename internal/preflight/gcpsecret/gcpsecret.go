package gcpsecret

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// readers are the predefined roles that have secretmanager.versions.access.
var readers = []string{"roles/secretmanager.secretAccessor", "roles/secretmanager.admin", "roles/owner"}

// id is a version of a secret.
type id struct{ project, secret, version string }

var idForm = lazyregexp.New(`^projects/([^/\s]+)/secrets/([A-Za-z0-9_-]+)/versions/([A-Za-z0-9_-]+)$`)

// parse reads projects/P/secrets/S/versions/V.
func parse(text string) (id, bool) {
	m := idForm.FindStringSubmatch(text)
	if m == nil {
		return id{}, false
	}
	return id{m[1], m[2], m[3]}, true
}

func (i id) parent() string { return "projects/" + i.project + "/secrets/" + i.secret }
func (i id) String() string { return i.parent() + "/versions/" + i.version }

// check implements rollout.Check.
type check struct {
	clients *cloud.Clients
	id      id
	reader  string // the email of a service account, or ""
}

// Run asks for the version's state, and where a reader is named, for the
// secret's policy.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	version := c.version(ctx)
	if c.reader == "" || version.Status == rollout.Failed && version.Retry {
		return []rollout.Finding{version} // of a secret that is not there nobody knows the readers
	}
	return []rollout.Finding{version, c.grant(ctx)}
}

func (c check) version(ctx context.Context) rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.id.String()}
	client, err := c.clients.Secrets(ctx)
	if err != nil {
		return unable(f, err)
	}
	v, err := client.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: c.id.String()})
	switch meant := cloud.GoogleError("", err); {
	case err == nil:
		return c.judge(f, v)
	case errors.Is(meant, rollout.ErrGone):
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgGone)
	}
	return c.skipped(ctx, f, "secretmanager.versions.get", err)
}

// judge reads the state of a version. Whatever is not enabled cannot be read.
func (c check) judge(f rollout.Finding, v *secretmanagerpb.SecretVersion) rollout.Finding {
	number := path.Base(v.GetName())
	which := "version " + number
	if number != c.id.version {
		which = fmt.Sprintf("%s is version %s, which", c.id.version, number)
	}
	if v.GetState() == secretmanagerpb.SecretVersion_ENABLED {
		f.Status, f.Why = rollout.Passed, which+" is enabled"
		return f
	}
	f.Status = rollout.Failed
	if v.GetState() == secretmanagerpb.SecretVersion_DISABLED {
		return f.Because(msgDisabled, "version", which, "number", number, "secret", c.id.secret, "project", c.id.project)
	}
	return f.Because(msgNotEnabled, "version", which, "state", v.GetState())
}

// grant says whether the secret's own policy lets the reader read. It cannot say
// that nothing else does.
func (c check) grant(ctx context.Context) rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.id.String(), Permission: true}
	client, err := c.clients.Secrets(ctx)
	if err != nil {
		return unable(f, err)
	}
	policy, err := client.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{
		Resource: c.id.parent(), Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: 3},
	})
	if err != nil {
		f = c.skipped(ctx, f, "secretmanager.secrets.getIamPolicy", err)
		return f.Because(msgPolicyUnread, "reader", c.reader, "why", f.Why, "fix", f.Fix)
	}
	conditional := false
	for _, b := range policy.GetBindings() {
		if !slices.Contains(readers, b.GetRole()) || !slices.ContainsFunc(b.GetMembers(), c.isReader) {
			continue
		}
		if b.GetCondition() == nil {
			f.Status, f.Why = rollout.Passed, fmt.Sprintf("%s may read it: the secret's own policy gives it %s", c.reader, b.GetRole())
			return f
		}
		conditional = true
	}
	f.Status, f.Retry = rollout.Skipped, true
	m := msgNoGrant
	if conditional {
		m = msgConditionalGrant
	}
	return f.Because(m, "reader", c.reader, "secret", c.id.secret, "project", c.id.project, "role", readers[0])
}

func (c check) isReader(member string) bool {
	return strings.EqualFold(member, "serviceAccount:"+c.reader)
}

// skipped says why nothing could be seen, by the sort of the error alone: its
// text may quote whatever answered in the place of the API.
func (c check) skipped(ctx context.Context, f rollout.Finding, permission string, err error) rollout.Finding {
	f.Status = rollout.Skipped
	switch code := status.Code(err); {
	case ctx.Err() != nil:
		return f.Because(msgInterrupted)
	case code == codes.PermissionDenied:
		return f.Because(msgDenied, "permission", permission, "secret", c.id.parent())
	case code == codes.Unauthenticated:
		return f.Because(msgUnauthenticated)
	case code == codes.DeadlineExceeded:
		return f.Because(msgNoAnswer)
	default:
		return f.Because(msgUnasked, "code", code)
	}
}

// unable says that there is no client. The cause is not quoted: it may quote a
// credential.
func unable(f rollout.Finding, err error) rollout.Finding {
	f.Status = rollout.Skipped
	f = f.Because(msgNoClient)
	var p rollout.Problem
	if errors.As(err, &p) {
		f.Why, f.Fix = p.What, p.Fix
	}
	return f
}
