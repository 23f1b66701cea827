package awssecret

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "Secrets Manager", "secret", "aws_secretsmanager_secret.x.arn")

var (
	msgNoSecret = rollout.Message{
		ID:   "aws_secret.no_secret",
		What: "The secret of an aws_secret is neither an ARN nor a name",
		Why:  "It has to be like arn:aws:secretsmanager:eu-west-1:123456789012:secret:stripe-AbCdEf, or like prod/stripe. (It is not shown, in case it is the secret itself.)",
		Fix:  "Use aws_secretsmanager_secret.x.arn, or aws_secretsmanager_secret_version.x.id for a certain version.",
	}
	msgNoStage = rollout.Message{
		ID:   "aws_secret.no_stage",
		What: "stage is not the name of a stage",
		Why:  `"{stage}" has to be like AWSCURRENT: at most 256 letters, digits and /_+=.@-.`,
		Fix:  "Leave it out for AWSCURRENT, which is what most readers ask for.",
	}
	msgDeleted = rollout.Message{
		ID:  "aws_secret.deleted",
		Why: "it is scheduled for deletion, on {date}, so it cannot be read",
		Fix: "Refer to another secret, or restore it:\n  aws secretsmanager restore-secret --region {region} --secret-id {secret}",
	}
	msgNoVersion = rollout.Message{
		ID:  "aws_secret.no_version",
		Why: "no version has the stage {stage}, so there is nothing to read",
		Fix: "Put a value into it, with aws_secretsmanager_secret_version, or correct stage. If the value is put there in this same apply, refer to aws_secretsmanager_secret_version.x.id, so that it is looked at once it is there.",
	}
	msgOldVersion = rollout.Message{
		ID:  "aws_secret.old_version",
		Why: "its version {version} does not have the stage {stage}, which {now} has",
		Fix: "Refer to the version that is to be read, or correct stage.",
	}
)

func messages() []rollout.Message {
	return amazon.Messages(msgNoSecret, msgNoStage, msgDeleted, msgNoVersion, msgOldVersion)
}
