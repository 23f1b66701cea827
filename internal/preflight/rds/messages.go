package rds

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "RDS", "database", "aws_db_instance.x.arn or aws_rds_cluster.x.arn")

var (
	msgNoInstance = rollout.Message{
		ID:   "rds.no_instance",
		What: "The instance of an rds is neither an ARN nor a name",
		Why:  `"{instance}" has to be like arn:aws:rds:eu-west-1:123456789012:db:orders, or like orders.`,
		Fix:  "Use aws_db_instance.x.arn. (An address, such as endpoint, does not name it.)",
	}
	msgNoCluster = rollout.Message{
		ID:   "rds.no_cluster",
		What: "The cluster of an rds is neither an ARN nor a name",
		Why:  `"{cluster}" has to be like arn:aws:rds:eu-west-1:123456789012:cluster:orders, or like orders.`,
		Fix:  "Use aws_rds_cluster.x.arn. (An address, such as endpoint, does not name it.)",
	}
	msgWhich = rollout.Message{
		ID:   "rds.which",
		What: "An rds names one of instance and cluster",
		Why:  "This one names {named}.",
		Fix:  "Write instance for an aws_db_instance, cluster for an aws_rds_cluster, and another rds block for another database.",
	}
	msgNoVersion = rollout.Message{
		ID:   "rds.no_version",
		What: "engine_version is not a version",
		Why:  `"{version}" has to be like 16 or 8.0.35.`,
		Fix:  "Write how the version begins that it has to have, or leave it out for any.",
	}
	msgNoDuration = rollout.Message{
		ID:   "rds.no_duration",
		What: "no_maintenance_within is not a duration",
		Why:  `"{duration}" has to be like 2h or 90m, and not less than 0s.`,
		Fix:  "Correct it, or leave it out for as long as the rollout takes.",
	}
	msgNotAvailable = rollout.Message{
		ID:  "rds.not_available",
		Why: "it is {status}",
		Fix: "Wait until it is available, or give it time with within. Where it does not become so by itself, see what RDS says:\n  aws rds {describe}",
	}
	msgUpgradePending = rollout.Message{
		ID:  "rds.upgrade_pending",
		Why: "an upgrade of its engine from {found} to {pending} is pending",
		Fix: "Let it be done first, by apply_immediately or in its maintenance window, or take it back.",
	}
	msgOtherVersion = rollout.Message{
		ID:  "rds.other_version",
		Why: "it is {engine} {found}, not {version}",
		Fix: "Correct engine_version, or upgrade it first.",
	}
	msgMaintenance = rollout.Message{
		ID:  "rds.maintenance",
		Why: "maintenance ({action}) is due {at}, and the time until {until} has to be free of it",
		Fix: "Roll out after it, or let it be done first:\n  aws rds apply-pending-maintenance-action --region {region} --resource-identifier {arn} --apply-action {action} --opt-in-type immediate",
	}
	msgOddMaintenance = rollout.Message{
		ID:  "rds.odd_maintenance",
		Why: "when maintenance ({action}) is due cannot be read",
		Fix: "See what RDS says of it, and report this as a fault of the provider:\n  aws rds describe-pending-maintenance-actions --region {region} --resource-identifier {arn}",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{msgNoInstance, msgNoCluster, msgWhich, msgNoVersion, msgNoDuration, msgNotAvailable, msgUpgradePending, msgOtherVersion, msgMaintenance, msgOddMaintenance}, amazon.Messages()...)
}
