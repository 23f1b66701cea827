package kmskey

import (
	"context"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const describe = "kms:DescribeKey"

// check implements rollout.Check.
type check struct {
	clients *cloud.Clients
	key     cloud.AWSName
	usage   string // "" for any
}

// answer is the part of a description that is looked at.
type answer struct {
	KeyMetadata struct {
		KeyId    string
		Arn      string
		KeyState string
		KeyUsage string
	}
}

// Run asks for the key's description.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.key.Given}
	region := c.clients.AWSRegion(ctx, c.key.Region)
	var found answer
	err := c.clients.AWSJSON(ctx, region, "kms", "TrentService.DescribeKey", map[string]string{"KeyId": c.key.Given}, &found)
	if err != nil || ctx.Err() != nil {
		return []rollout.Finding{amazon.Unread(ctx, f, err, describe, " in "+region)}
	}
	return []rollout.Finding{c.judge(f, found, region)}
}

// judge reads a description. An alias is answered with the key behind it; one of
// another key is no answer.
func (c check) judge(f rollout.Finding, found answer, region string) rollout.Finding {
	key := found.KeyMetadata
	id := strings.TrimPrefix(c.key.Name, "key/")
	f.Status = rollout.Failed
	switch state := key.KeyState; {
	case key.KeyId == "", !strings.HasPrefix(id, "alias/") && key.KeyId != id:
		return amazon.Odd(f)
	case state == "Disabled":
		return f.Because(msgDisabled, "state", "disabled", "region", region, "key", key.KeyId)
	case state == "PendingDeletion", state == "PendingReplicaDeletion":
		return f.Because(msgPendingDeletion, "region", region, "key", key.KeyId)
	case state != "Enabled":
		f.Retry = true
		return f.Because(msgNotReady, "state", state)
	case c.usage != "" && key.KeyUsage != c.usage:
		return f.Because(msgOtherUsage, "found", key.KeyUsage, "usage", c.usage)
	}
	f.Status, f.Why = rollout.Passed, "it is enabled, for "+key.KeyUsage
	return f
}
