package kmskey

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "KMS", "key", "aws_kms_key.x.arn")

var (
	msgNoKey = rollout.Message{
		ID:   "kms_key.no_key",
		What: "The key of a kms_key is neither an ARN nor an id nor an alias",
		Why:  `"{key}" has to be like arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, its last part, or alias/app.`,
		Fix:  "Use aws_kms_key.x.arn, or aws_kms_alias.x.arn.",
	}
	msgNoUsage = rollout.Message{
		ID:   "kms_key.no_usage",
		What: "usage is not what a key is for",
		Why:  `"{usage}" is none of {words}.`,
		Fix:  "Write it as key_usage of aws_kms_key has it, or leave it out for any.",
	}
	msgDisabled = rollout.Message{
		ID:  "kms_key.disabled",
		Why: "it is {state}, so nothing can be decrypted with it",
		Fix: "Name another key, or enable it:\n  aws kms enable-key --region {region} --key-id {key}",
	}
	msgPendingDeletion = rollout.Message{
		ID:  "kms_key.pending_deletion",
		Why: "it is going to be deleted, so nothing can be decrypted with it",
		Fix: "Name another key, or keep it and enable it:\n  aws kms cancel-key-deletion --region {region} --key-id {key}\n  aws kms enable-key --region {region} --key-id {key}",
	}
	msgNotReady = rollout.Message{
		ID:  "kms_key.not_ready",
		Why: "it is {state}, so it cannot be used",
		Fix: "See in KMS what it waits for, or name another key.",
	}
	msgOtherUsage = rollout.Message{
		ID:  "kms_key.other_usage",
		Why: "it is for {found}, not for {usage}",
		Fix: "Correct usage, or name another key: what a key is for cannot be changed.",
	}
)

func messages() []rollout.Message {
	return amazon.Messages(msgNoKey, msgNoUsage, msgDisabled, msgPendingDeletion, msgNotReady, msgOtherUsage)
}
