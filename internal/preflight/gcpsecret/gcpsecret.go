package gcpsecret

import (
	"context"
	"fmt"
	"path"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	getVersion = "secretmanager.versions.get"
	getPolicy  = "secretmanager.secrets.getIamPolicy"
	role       = "roles/secretmanager.viewer, which reads no value,"
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
		return asked.Skipped(ctx, f, err, getVersion, role)
	}
	v, err := client.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: c.id.String()})
	switch {
	case ctx.Err() == nil && cloud.Gone(err):
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgGone)
	case err != nil || ctx.Err() != nil:
		return asked.Skipped(ctx, f, err, getVersion, role)
	}
	return c.judge(f, v)
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
	policy, err := c.policy(ctx)
	if err != nil || ctx.Err() != nil {
		f = asked.Skipped(ctx, f, err, getPolicy, role)
		if ctx.Err() != nil {
			return f
		}
		return f.Because(msgPolicyUnread, "reader", c.reader, "why", f.Why, "fix", f.Fix)
	}
	given, conditional := policy.Gives(c.reader, readers...)
	if given != "" {
		f.Status, f.Why = rollout.Passed, c.reader+" may read it: the secret's own policy gives it "+given
		return f
	}
	f.Status, f.Retry = rollout.Skipped, true
	m := msgNoGrant
	if conditional {
		m = msgConditionalGrant
	}
	return f.Because(m, "reader", c.reader, "secret", c.id.secret, "project", c.id.project, "role", readers[0])
}

func (c check) policy(ctx context.Context) (cloud.Policy, error) {
	client, err := c.clients.Secrets(ctx)
	if err != nil {
		return cloud.Policy{}, err
	}
	p, err := client.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{
		Resource: c.id.parent(), Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: 3},
	})
	if err != nil {
		return cloud.Policy{}, fmt.Errorf("read the policy: %w", err)
	}
	return cloud.PolicyOf(p), nil
}
