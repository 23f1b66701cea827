package gcsbucket

import (
	"context"
	"net/url"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	api         = "storage"
	getBucket   = "storage.buckets.get"
	getPolicy   = "storage.buckets.getIamPolicy"
	listObjects = "storage.objects.list"

	role         = "roles/storage.bucketViewer"
	listRole     = "roles/storage.legacyBucketReader"
	securityRole = "roles/iam.securityReviewer"
)

// The predefined roles that have storage.objects.get, and storage.objects.create,
// and can be granted on a bucket; the least one first.
var (
	readers = []string{"roles/storage.objectViewer", "roles/storage.objectUser", "roles/storage.objectAdmin", "roles/storage.admin", "roles/storage.legacyObjectReader", "roles/storage.legacyObjectOwner"}
	writers = []string{"roles/storage.objectCreator", "roles/storage.objectUser", "roles/storage.objectAdmin", "roles/storage.admin", "roles/storage.legacyBucketWriter", "roles/storage.legacyBucketOwner"}
)

// check implements rollout.Check.
type check struct {
	clients        *cloud.Clients
	name           string
	location       string // "" for any
	versioning     *bool  // nil for either
	prefix         string // "" for none
	reader, writer string // emails of service accounts, or ""
}

// bucket is the part of a bucket that is looked at.
type bucket struct {
	Name       string `json:"name"`
	Location   string `json:"location"`
	Versioning struct {
		Enabled bool `json:"enabled"`
	} `json:"versioning"`
}

// Run asks for the bucket and, where it is there, for everything else that is
// required of it.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.name}
	var found bucket
	err := c.get(ctx, "", nil, &found)
	switch {
	case ctx.Err() == nil && cloud.Gone(err):
		f.Status, f.Retry = rollout.Failed, true
		return []rollout.Finding{f.Because(msgGone)}
	case err != nil || ctx.Err() != nil:
		return []rollout.Finding{asked.Skipped(ctx, f, err, getBucket, role)}
	}
	out := []rollout.Finding{c.judge(f, found)}
	if c.prefix != "" {
		out = append(out, c.holds(ctx))
	}
	return append(out, c.grants(ctx)...)
}

// get reads the bucket, or what stands behind its name.
func (c check) get(ctx context.Context, behind string, query url.Values, out any) error {
	return c.clients.GoogleJSON(ctx, api, "/storage/v1/b/"+url.PathEscape(c.name)+behind, query, out)
}

// judge reads a bucket. An answer about another one is no answer.
func (c check) judge(f rollout.Finding, found bucket) rollout.Finding {
	f.Status = rollout.Failed
	switch {
	case found.Name != c.name:
		f.Status = rollout.Skipped
		return f.Because(msgOddAnswer)
	case c.location != "" && !strings.EqualFold(found.Location, c.location):
		return f.Because(msgElsewhere, "found", found.Location, "location", strings.ToUpper(c.location))
	case c.versioning != nil && *c.versioning && !found.Versioning.Enabled:
		return f.Because(msgNoVersioning, "name", c.name)
	case c.versioning != nil && !*c.versioning && found.Versioning.Enabled:
		return f.Because(msgVersioning, "name", c.name)
	}
	f.Status, f.Why = rollout.Passed, "it exists, in "+found.Location
	return f
}

// holds looks for one object by its name. A page may be empty although there is
// another one.
func (c check) holds(ctx context.Context) rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.name}
	query := url.Values{"prefix": {c.prefix}, "maxResults": {"1"}}
	for {
		var page struct {
			Items []struct {
				Name string `json:"name"`
			} `json:"items"`
			Next string `json:"nextPageToken"`
		}
		err := c.get(ctx, "/o", query, &page)
		switch {
		case err != nil || ctx.Err() != nil:
			return asked.Skipped(ctx, f, err, listObjects, listRole+" on the bucket")
		case len(page.Items) > 0:
			f.Status, f.Why = rollout.Passed, "it holds objects whose names begin with "+c.prefix
			return f
		case page.Next == "" || page.Next == query.Get("pageToken"):
			f.Status, f.Retry = rollout.Failed, true
			return f.Because(msgEmpty, "prefix", c.prefix)
		}
		query.Set("pageToken", page.Next)
	}
}

// grants says whether the bucket's own policy lets the accounts read and write.
// It cannot say that nothing else does.
func (c check) grants(ctx context.Context) []rollout.Finding {
	if c.reader == "" && c.writer == "" {
		return nil
	}
	var policy cloud.Policy
	err := c.get(ctx, "/iam", url.Values{"optionsRequestedPolicyVersion": {"3"}}, &policy)
	var out []rollout.Finding
	for _, g := range []struct {
		account, do string
		roles       []string
	}{{c.reader, "read", readers}, {c.writer, "create", writers}} {
		if g.account != "" {
			out = append(out, c.grant(ctx, policy, err, g.account, g.do, g.roles))
		}
	}
	return out
}

func (c check) grant(ctx context.Context, policy cloud.Policy, err error, account, do string, roles []string) rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.name, Permission: true}
	if err != nil || ctx.Err() != nil {
		f = asked.Skipped(ctx, f, err, getPolicy, securityRole)
		if ctx.Err() != nil {
			return f
		}
		return f.Because(msgPolicyUnread, "account", account, "do", do, "why", f.Why, "fix", f.Fix)
	}
	given, conditional := policy.Gives(account, roles...)
	if given != "" {
		f.Status, f.Why = rollout.Passed, account+" may "+do+" objects: the bucket's own policy gives it "+given
		return f
	}
	f.Status, f.Retry = rollout.Skipped, true
	m := msgNoGrant
	if conditional {
		m = msgConditionalGrant
	}
	return f.Because(m, "account", account, "do", do, "name", c.name, "role", roles[0])
}
