package cloudrun

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgLatest = rollout.Message{
		ID:   "cloud_run.revision_latest",
		What: `"latest" is not the name of a revision`,
		Why:  "Cloud Run speaks of a latest revision that is ready and of a latest one that was created, and this says neither.",
		Fix:  `Write "newest" for the one that was created last, or name a revision.`,
		At:   "revision",
	}
	msgImageAndRevision = rollout.Message{
		ID:   "cloud_run.image_and_revision",
		What: "Both image and revision are given",
		Why:  "With image the revision is made here; with revision it was made elsewhere.",
		Fix:  "Give exactly one of them.",
		At:   "revision",
	}
	msgNothingWanted = rollout.Message{
		ID:   "cloud_run.nothing_wanted",
		What: "Neither image nor revision is given",
		Why:  "Nothing says what shall be live.",
		Fix:  "Give image, to have the revision made here at 0 %, or revision, to name one that was made elsewhere.",
	}
	msgEmpty = rollout.Message{
		ID:   "cloud_run.empty",
		What: "{attribute} is empty",
		Why:  "Nothing says what shall be live.",
		Fix:  "Give it a value. If a variable was to have it, as a pipeline sets it, see why it has none; to leave {attribute} out, set it to null.",
		At:   "{attribute}",
	}
	msgNoService = rollout.Message{
		ID:   "cloud_run.no_service",
		What: "This is not the id of a Cloud Run service",
		Why:  "{why}.",
		Fix:  "Use the id of the service's resource (google_cloud_run_v2_service.NAME.id).",
		At:   "service",
	}
	msgNameTooLong = rollout.Message{
		ID:   "cloud_run.name_too_long",
		What: "The service's name is too long for a traffic tag",
		Why:  "{why}.",
		Fix:  "Use a service with a shorter name: without the tag nothing would say where home is.",
		At:   "service",
	}
	msgMutableTag = rollout.Message{
		ID:   "cloud_run.mutable_tag",
		What: `mutable_tag can only be "allow"`,
		Why:  `It is "{value}".`,
		Fix:  `Write mutable_tag = "allow", or leave it out.`,
		At:   "mutable_tag",
	}
	msgNoImage = rollout.Message{
		ID:   "cloud_run.no_image",
		What: "This is not the name of an image",
		Why:  `"{image}" cannot be read as one.`,
		Fix:  "Write host/path@sha256:DIGEST.",
		At:   "image",
	}
	msgImageByTag = rollout.Message{
		ID:   "cloud_run.image_by_tag",
		What: "The image is named by a tag",
		Why:  "{image} can stand for another image by the time of the apply, and what was reviewed would not be what goes live.",
		Fix:  `Name it by digest: data "rollout_image" "api" { image = "{image}" } gives it as data.rollout_image.api.by_digest. Or accept it with mutable_tag = "allow".`,
		At:   "image",
	}
	msgEnvAndSecret = rollout.Message{
		ID:   "cloud_run.env_and_secret",
		What: "{name} stands in env and in secrets",
		Why:  "A revision has one value for a name.",
		Fix:  "Leave it in one of them.",
		At:   "secrets",
	}
	msgReservedEnv = rollout.Message{
		ID:   "cloud_run.reserved_env",
		What: "{name} is set by Cloud Run itself",
		Why:  "The platform refuses a revision that sets it.",
		Fix:  "Remove it from env.",
		At:   "env",
	}
	msgLongestRequest = rollout.Message{
		ID:   "cloud_run.longest_request",
		What: "longest_request is not a duration",
		Why:  `It is "{value}".`,
		Fix:  `Write a number with a unit, such as "45s" or "5m".`,
		At:   "longest_request",
	}
	msgNoValue = rollout.Message{
		ID:   "cloud_run.no_value",
		What: "{name} has no value in {attribute}",
		Why:  "It is null, which says neither that the setting is there nor that it is not.",
		Fix:  "Give it a value, or leave the name out.",
		At:   "{attribute}",
	}
	msgNoVersion = rollout.Message{
		ID:   "cloud_run.no_version",
		What: "{name} is not a version of a secret",
		Why:  "secrets maps names to versions in Secret Manager, and this is no version's id.",
		Fix:  "Use the id of the version (google_secret_manager_secret_version.NAME.id), or projects/PROJECT/secrets/NAME/versions/latest.",
		At:   "secrets",
	}
	msgSecretWithoutVersion = rollout.Message{
		ID:   "cloud_run.secret_without_version",
		What: "{name} is not a version of a secret",
		Why:  "secrets maps names to versions in Secret Manager, and this is no version's id.",
		Fix:  "This names the secret. Append /versions/latest, or use the id of a version (google_secret_manager_secret_version.NAME.id).",
		At:   "secrets",
	}
	msgBesideRevision = rollout.Message{
		ID:   "cloud_run.beside_revision",
		What: "{attribute} has no effect beside revision",
		Why:  "The revision was made elsewhere, with the settings that it has.",
		Fix:  "Remove {attribute}, or give image to have the revision made here.",
		At:   "{attribute}",
	}
	msgSessionAffinity = rollout.Message{
		ID:  "cloud_run.session_affinity",
		Why: "session affinity is on, and takes precedence over any split: users keep the revision that they have, so the shares differ from the ones that are asked for",
		Fix: "Switch session_affinity off on the service, or judge the steps by min_samples.",
	}
	msgGone = rollout.Message{
		ID:  "cloud_run.gone",
		Why: "it does not exist",
		Fix: "Create it first. If it is created in this same apply, refer to it by its computed id (google_cloud_run_v2_service.NAME.id), so that it is looked at in apply.",
	}
	msgDenied = rollout.Message{
		ID:  "cloud_run.denied",
		Why: "{why}",
		Fix: "Grant the permission that the message names; roles/run.viewer has what a plan reads.",
	}
	msgUnread = rollout.Message{
		ID:  "cloud_run.unread",
		Why: "{why}",
		Fix: "Remove the cause, and plan again. Apply looks again, before anything moves.",
	}
	msgLongestRequestOfService = rollout.Message{
		ID:  "cloud_run.longest_request_of_service",
		Why: "the longest request takes {longest}, and with 30s to spare that does not fit into {whose}'s request timeout of {timeout}",
		Fix: "Set the service's timeout to at least {needed}.",
	}
	msgLongestRequestOfRevision = rollout.Message{
		ID:  "cloud_run.longest_request_of_revision",
		Why: "the longest request takes {longest}, and with 30s to spare that does not fit into {whose}'s request timeout of {timeout}",
		Fix: "Set the service's timeout to at least {needed}, and name a revision that was made with it.",
	}
	msgTagOfBroken = rollout.Message{
		ID:  "cloud_run.tag_of_broken",
		Why: `the tag "{tag}" names {revision}, which is {state}: while it does, Cloud Run applies no change of traffic`,
		Fix: "Remove that tag:\n  gcloud run services update-traffic {service} --project {project} --region {location} --remove-tags {tag}",
	}
	msgVersionGone = rollout.Message{
		ID:  "cloud_run.version_gone",
		Why: "the secret has no such version; a revision that needs it would not start",
		Fix: "Add the version. If it is created in this same apply, refer to it by its computed id (google_secret_manager_secret_version.NAME.id), so that it is looked at in apply.",
	}
	msgVersionDenied = rollout.Message{
		ID:  "cloud_run.version_denied",
		Why: "{why}",
		Fix: "Grant secretmanager.versions.get, which shows metadata only (roles/secretmanager.viewer).",
	}
	msgVersionUnread = rollout.Message{
		ID:  "cloud_run.version_unread",
		Why: "{why}",
		Fix: "Remove the cause, and plan again. Apply looks again, before anything moves.",
	}
	msgVersionNotEnabled = rollout.Message{
		ID:  "cloud_run.version_not_enabled",
		Why: "version {version} is {state}; a revision that needs it would not start",
		Fix: "Name another version, or add one.",
	}
	msgVersionDisabled = rollout.Message{
		ID:  "cloud_run.version_disabled",
		Why: "version {version} is DISABLED; a revision that needs it would not start",
		Fix: "Name another version, or enable it:\n  gcloud secrets versions enable {version} --secret {secret} --project {project}",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgImageAndRevision, msgNothingWanted, msgEmpty, msgNoService, msgNameTooLong, msgMutableTag, msgNoImage, msgImageByTag,
		msgEnvAndSecret, msgReservedEnv, msgLongestRequest, msgNoValue, msgNoVersion, msgSecretWithoutVersion,
		msgBesideRevision, msgSessionAffinity, msgGone, msgDenied, msgUnread, msgLongestRequestOfService,
		msgLongestRequestOfRevision, msgTagOfBroken, msgVersionGone, msgVersionDenied, msgVersionUnread,
		msgVersionNotEnabled, msgVersionDisabled, msgLatest,
	}
}
