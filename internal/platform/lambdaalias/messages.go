package lambdaalias

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoAlias = rollout.Message{
		ID:   "lambda_alias.no_alias",
		What: "This is not the ARN of an alias",
		Why:  "{why}.",
		Fix:  "Use the ARN of the alias's resource (aws_lambda_alias.NAME.arn). A number at its end names a version, and an ARN without anything there the function.",
		At:   "alias",
	}
	msgNameAlone = rollout.Message{
		ID:   "lambda_alias.name_alone",
		What: "The alias is given by its name alone",
		Why:  `"{name}" says neither which function it belongs to, nor the account and the region.`,
		Fix:  "Use the ARN of the alias's resource (aws_lambda_alias.NAME.arn), or add function with the ARN of the function.",
		At:   "alias",
	}
	msgNoAliasName = rollout.Message{
		ID:   "lambda_alias.no_alias_name",
		What: "This is not the name of an alias",
		Why:  `"{name}" cannot be one: letters, digits, "-" and "_" can be in it, and a number alone names a version.`,
		Fix:  "Name the alias as aws_lambda_alias.NAME.name does.",
		At:   "alias",
	}
	msgNoFunction = rollout.Message{
		ID:   "lambda_alias.no_function",
		What: "This is not the ARN of a function",
		Why:  "{why}.",
		Fix:  "Use the ARN of the function's resource (aws_lambda_function.NAME.arn), without a qualifier: it is unknown until the function exists, so that a plan from nothing is not refused.",
		At:   "function",
	}
	msgFunctionBesideARN = rollout.Message{
		ID:   "lambda_alias.function_beside_arn",
		What: "function is given beside the ARN of an alias",
		Why:  "The ARN says already which function it is.",
		Fix:  "Remove function, or give the name of the alias alone.",
		At:   "function",
	}
	msgNothingWanted = rollout.Message{
		ID:   "lambda_alias.nothing_wanted",
		What: "Nothing says what shall be live",
		Why:  "None of version, filename, s3_bucket and image_uri is given.",
		Fix:  "Give version, to name one that was published elsewhere, or one of the others, to have it published here at 0 %.",
	}
	msgEmpty = rollout.Message{
		ID:   "lambda_alias.empty",
		What: "{attribute} is empty",
		Why:  "Nothing says what shall be live.",
		Fix:  "Give it a value. If a variable was to have it, as a pipeline sets it, see why it has none; to leave {attribute} out, set it to null.",
		At:   "{attribute}",
	}
	msgTwoSources = rollout.Message{
		ID:   "lambda_alias.two_sources",
		What: "Both {first} and {second} are given",
		Why:  "Each of them says what shall be live.",
		Fix:  "Give exactly one of version, filename, s3_bucket and image_uri.",
		At:   "{second}",
	}
	msgNoVersion = rollout.Message{
		ID:   "lambda_alias.no_version",
		What: "This is not the number of a version",
		Why:  `It is "{value}". $LATEST is no version: it changes while it is invoked, and AWS gives it no share of an alias.`,
		Fix:  `Give the number of a published version (aws_lambda_function.NAME.version, with publish = true), or "newest" for the one that was published last.`,
		At:   "version",
	}
	msgBesideVersion = rollout.Message{
		ID:   "lambda_alias.beside_version",
		What: "{attribute} has no effect beside version",
		Why:  "The version was published elsewhere, with the code and the settings that it has.",
		Fix:  "Remove {attribute}, or give filename, s3_bucket or image_uri to have a version published here.",
		At:   "{attribute}",
	}
	msgNoKey = rollout.Message{
		ID:   "lambda_alias.no_key",
		What: "s3_bucket is given without s3_key",
		Why:  "The code is one object of the bucket.",
		Fix:  "Add s3_key.",
		At:   "s3_bucket",
	}
	msgNoBucket = rollout.Message{
		ID:   "lambda_alias.no_bucket",
		What: "s3_key or s3_object_version is given without s3_bucket",
		Why:  "Nothing says which bucket the code is in.",
		Fix:  "Add s3_bucket, or remove the other.",
	}
	msgNoSum = rollout.Message{
		ID:   "lambda_alias.no_sum",
		What: "code_sha256 is missing",
		Why:  "The name of a file stays when its content changes: without the hash no plan would show new code, and an apply could publish other code than the one that was reviewed.",
		Fix:  "Add code_sha256 = {example}.",
	}
	msgSumUnreadable = rollout.Message{
		ID:   "lambda_alias.sum_unreadable",
		What: "code_sha256 is not a SHA-256 in base64",
		Why:  `It is "{value}". AWS tells the hash of code in base64: 44 characters, the last of them "=".`,
		Fix:  "Write code_sha256 = {example}.",
		At:   "code_sha256",
	}
	msgSumBesideImage = rollout.Message{
		ID:   "lambda_alias.sum_beside_image",
		What: "code_sha256 has no effect beside image_uri",
		Why:  "The digest of the image says already which code it is.",
		Fix:  "Remove code_sha256.",
		At:   "code_sha256",
	}
	msgNoImage = rollout.Message{
		ID:   "lambda_alias.no_image",
		What: "This is not an image that a function can be made of",
		Why:  `"{image}" is not in a private repository of ECR.`,
		Fix:  "Write ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:DIGEST.",
		At:   "image_uri",
	}
	msgImageByTag = rollout.Message{
		ID:   "lambda_alias.image_by_tag",
		What: "The image is named by a tag",
		Why:  "{image} can stand for another image by the time of the apply, and what was reviewed would not be what goes live.",
		Fix:  `Name it by digest: data "rollout_image" "api" { image = "{image}" } gives it as data.rollout_image.api.by_digest.`,
		At:   "image_uri",
	}
	msgImageElsewhere = rollout.Message{
		ID:   "lambda_alias.image_elsewhere",
		What: "The image is in another region",
		Why:  "It is in {region}, and the function in {own}. Lambda takes images of its own region alone.",
		Fix:  "Copy the image to a repository in {own}, and name it there.",
		At:   "image_uri",
	}
	msgNoValue = rollout.Message{
		ID:   "lambda_alias.no_value",
		What: "{name} has no value in environment",
		Why:  "It is null, which says neither that the variable is there nor that it is not.",
		Fix:  "Give it a value, or leave the name out.",
		At:   "environment",
	}
	msgReservedEnv = rollout.Message{
		ID:   "lambda_alias.reserved_env",
		What: "{name} is set by Lambda itself",
		Why:  "AWS refuses a function that sets it.",
		Fix:  "Remove it from environment.",
		At:   "environment",
	}
	msgNoVariable = rollout.Message{
		ID:   "lambda_alias.no_variable",
		What: "{name} cannot be the name of a variable",
		Why:  "AWS takes names of at least two letters, digits and underscores that begin with a letter.",
		Fix:  "Give it another name.",
		At:   "environment",
	}
	msgEnvironmentTooLarge = rollout.Message{
		ID:   "lambda_alias.environment_too_large",
		What: "The environment is too large",
		Why:  "Its names and values have {size} bytes, and AWS takes 4096 of a function's variables together.",
		Fix:  "Put what is large into a parameter or a secret, and its name into environment.",
		At:   "environment",
	}
	msgProvisioned = rollout.Message{
		ID:   "lambda_alias.provisioned",
		What: "provisioned_concurrency is negative",
		Why:  "It is {value}.",
		Fix:  "Write how many environments shall be ready, 0 to give up those of the version before, or leave it out.",
		At:   "provisioned_concurrency",
	}
	msgUnqualifiedWord = rollout.Message{
		ID:   "lambda_alias.unqualified_word",
		What: `unqualified can only be "allow"`,
		Why:  `It is "{value}".`,
		Fix:  `Write unqualified = "allow", or leave it out.`,
		At:   "unqualified",
	}

	// What follows is found by looking at the function.

	msgGone = rollout.Message{
		ID:  "lambda_alias.gone",
		Why: "it does not exist",
		Fix: "Create it first (aws_lambda_alias, at a published version). If it is created in this same apply, refer to it by its ARN (aws_lambda_alias.NAME.arn), so that it is looked at in apply.",
	}
	msgDenied = rollout.Message{
		ID:  "lambda_alias.denied",
		Why: "{why}",
		Fix: "Grant the action that the message names; the guide on permissions has the policies of plan and apply.",
	}
	msgUnread = rollout.Message{
		ID:  "lambda_alias.unread",
		Why: "{why}",
		Fix: "Look at the message; the check runs again in apply, before anything moves.",
	}
	msgAtLatest = rollout.Message{
		ID:  "lambda_alias.at_latest",
		Why: "the alias points at $LATEST, which changes while users invoke it, and of which AWS gives no share",
		Fix: "Publish what users have, and point the alias at the version whose number this prints (function_version of the alias's resource):\n  aws lambda publish-version --region {region} --function-name {function}",
	}
	msgDescription = rollout.Message{
		ID:  "lambda_alias.description",
		Why: "the description of the alias has {length} characters: our mark of the way home stands behind it, and needs it to have at most {most}",
		Fix: "Shorten the description of the alias.",
	}
	msgOtherRole = rollout.Message{
		ID:  "lambda_alias.other_role",
		Why: "{candidate} runs as {role}, and version {live}, which serves, as {had}: AWS lets two versions share an alias only if they have the same role",
		Fix: "Give both the same role: change what the role may do rather than which one it is, and set the role of the function to {had} again.",
	}
	msgOtherQueue = rollout.Message{
		ID:  "lambda_alias.other_queue",
		Why: "{candidate} has {queue} as its dead-letter queue, and version {live}, which serves, has {had}: AWS lets two versions share an alias only if they have the same",
		Fix: "Give both the same dead-letter queue: set that of the function to {had} again.",
	}
	msgInactive = rollout.Message{
		ID:  "lambda_alias.inactive",
		Why: "version {version}, which serves, has not been invoked for so long that Lambda gave up its resources (Inactive): the next invocation fails while they come back, so it is no way home",
		Fix: "Invoke it once, and wait until it is Active:\n  aws lambda invoke --region {region} --function-name {function}:{version} answer.json",
	}
	msgManaged = rollout.Message{
		ID:  "lambda_alias.managed",
		Why: "the function runs on a capacity provider: its versions take instances of their own, which no rollout here moves",
		Fix: "Roll it out by other means, or run the function without a capacity provider.",
	}
	msgProvisionedAlias = rollout.Message{
		ID:  "lambda_alias.provisioned_alias",
		Why: "the alias has provisioned concurrency ({number}): it cannot be managed while two versions share the alias, and when the alias moves it is taken from one version before the other has any",
		Fix: "Write provisioned_concurrency = {number} into the block: then it is asked for on each version, and waited for before users come. Remove the alias's aws_lambda_provisioned_concurrency_config, and what it made:\n  aws lambda delete-provisioned-concurrency-config --region {region} --function-name {function} --qualifier {alias}",
	}
	msgReservedTooFew = rollout.Message{
		ID:  "lambda_alias.reserved_too_few",
		Why: "the function has {reserved} reserved executions, and during a rollout both versions keep {number} ready: {needed} together",
		Fix: "Reserve at least {needed} for the function (reserved_concurrent_executions), or ask for at most {most}.",
	}
	msgTagsUnread = rollout.Message{
		ID:  "lambda_alias.tags_unread",
		Why: "the function's tags may not be read, so nobody can stop a rollout by the tag rollout-abort",
		Fix: "Grant lambda:ListTags on {arn}.",
	}
	msgOtherPackage = rollout.Message{
		ID:  "lambda_alias.other_package",
		Why: "the function is made of a package of the type {type}, and the block has {given}; AWS never changes the type of a function",
		Fix: "Give {wanted}, or make another function.",
	}
	msgFileUnread = rollout.Message{
		ID:  "lambda_alias.file_unread",
		Why: "the file cannot be read: {why}",
		Fix: "Build it before the plan, and have it in the same place where the apply runs.",
	}
	msgFileTooLarge = rollout.Message{
		ID:  "lambda_alias.file_too_large",
		Why: "the file has {size} MB, and Lambda takes at most 50 MB with a request",
		Fix: "Put it into a bucket of the function's region, and give s3_bucket and s3_key in the place of filename.",
	}
	msgOtherFile = rollout.Message{
		ID:  "lambda_alias.other_file",
		Why: "the file has the hash {has}, and code_sha256 says {wanted}",
		Fix: "Write code_sha256 = {example}, and build the file before the plan.",
	}
	msgHidden = rollout.Message{
		ID:  "lambda_alias.hidden",
		Why: "the environment is encrypted with a key that may not be used here, so nobody can tell whether a version has the same: {why}",
		Fix: "Give environment in the block, where it is known, or let the version be published elsewhere and name it by version.",
	}
	msgUnqualified = rollout.Message{
		ID:  "lambda_alias.unqualified",
		Why: "{who} invokes the function without a qualifier, so it gets $LATEST: code and configuration that change one after the other, before anything is verified, and no share of the alias",
		Fix: `Have it invoke {alias}. If it is meant to follow $LATEST, write unqualified = "allow".`,
	}
	msgUnqualifiedElsewhere = rollout.Message{
		ID:  "lambda_alias.unqualified_elsewhere",
		Why: "{who} invokes the function without a qualifier, so it gets $LATEST, whatever the alias says",
		Fix: "Have it invoke {alias}.",
	}
	msgNoPermission = rollout.Message{
		ID:  "lambda_alias.no_permission",
		Why: "{who} may invoke the function without a qualifier, and may not invoke the alias: each qualifier has permissions of its own",
		Fix: "Let it invoke the alias, too:\n  aws lambda add-permission --region {region} --function-name {function} --qualifier {alias} --statement-id {statement} --action lambda:InvokeFunction --principal {principal}{source}",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgNoAlias, msgNameAlone, msgNoAliasName, msgNoFunction, msgFunctionBesideARN, msgNothingWanted, msgEmpty, msgTwoSources, msgNoVersion,
		msgBesideVersion, msgNoKey, msgNoBucket, msgNoSum, msgSumUnreadable, msgSumBesideImage, msgNoImage, msgImageByTag, msgImageElsewhere,
		msgNoValue, msgReservedEnv, msgNoVariable, msgEnvironmentTooLarge, msgProvisioned, msgUnqualifiedWord,
		msgGone, msgDenied, msgUnread, msgAtLatest, msgDescription, msgOtherRole, msgOtherQueue, msgInactive, msgManaged,
		msgProvisionedAlias, msgReservedTooFew, msgTagsUnread, msgOtherPackage, msgFileUnread, msgFileTooLarge, msgOtherFile, msgHidden,
		msgUnqualified, msgUnqualifiedElsewhere, msgNoPermission,
	}
}
