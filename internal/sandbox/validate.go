package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// invalid is a 400 with the field it is about, as Google details it.
func invalid(field, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	st := status.New(codes.InvalidArgument, fmt.Sprintf("Violation in %s: %s", field, text))
	detailed, err := st.WithDetails(&errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: field, Description: text}},
	})
	if err != nil {
		return st.Err()
	}
	return detailed.Err()
}

// validate checks what can be checked before anything is reconciled.
func validate(id string, s *runpb.Service) error {
	if s.GetMultiRegionSettings() != nil || s.GetBuildConfig() != nil || s.GetIapEnabled() {
		return status.Error(codes.Unimplemented, "multi-region services, builds and IAP are not emulated")
	}
	if err := validateMeta("service", s.GetLabels(), s.GetAnnotations()); err != nil {
		return err
	}
	if s.GetTemplate() == nil {
		return invalid("service.template", "required field not present")
	}
	if err := validateTemplate(id, s.GetTemplate()); err != nil {
		return err
	}
	return validateTraffic(id, s.GetTraffic())
}

// validateMeta refuses the namespaces that v2 keeps for itself (service.proto,
// labels and annotations).
func validateMeta(field string, sets ...map[string]string) error {
	reserved := []string{"run.googleapis.com", "cloud.googleapis.com", "serving.knative.dev", "autoscaling.knative.dev"}
	for _, set := range sets {
		for key := range set {
			space, _, found := strings.Cut(key, "/")
			if found && slices.Contains(reserved, space) {
				return invalid(field, "the label or annotation %q is in a namespace that is reserved", key)
			}
		}
	}
	return nil
}

func validateTemplate(id string, t *runpb.RevisionTemplate) error {
	const field = "service.template"
	if err := validateMeta(field, t.GetLabels(), t.GetAnnotations()); err != nil {
		return err
	}
	if r := t.GetRevision(); r != "" && (!strings.HasPrefix(r, id+"-") || !label.MatchString(r) || len(r) > 63) {
		return invalid(field+".revision", "a revision name must be at most 63 characters of RFC 1035 and begin with the service's name and a hyphen: %q does not", r)
	}
	if d := t.GetTimeout().AsDuration(); d <= 0 || d > time.Hour {
		return invalid(field+".timeout", "must be between 1s and 3600s, not %s", d)
	}
	if len(t.GetContainers()) == 0 {
		return invalid(field+".containers", "required field not present")
	}
	ports := 0
	for i, c := range t.GetContainers() {
		at := fmt.Sprintf("%s.containers[%d]", field, i)
		if c.GetSourceCode() != nil {
			return status.Error(codes.Unimplemented, "source deployments are not emulated")
		}
		if c.GetImage() == "" {
			return invalid(at+".image", "required field not present")
		}
		ports += len(c.GetPorts())
		if err := validateEnv(at, c.GetEnv()); err != nil {
			return err
		}
	}
	if ports != 1 {
		return invalid(field+".containers", "exactly one container must have one port, found %d", ports)
	}
	return nil
}

// validateEnv refuses the variables that Cloud Run sets itself (container
// contract) and, as every API server does, names that are missing or double.
func validateEnv(at string, env []*runpb.EnvVar) error {
	seen := map[string]bool{}
	for i, e := range env {
		field := fmt.Sprintf("%s.env[%d]", at, i)
		switch name := e.GetName(); {
		case name == "":
			return invalid(field+".name", "required field not present")
		case slices.Contains([]string{"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"}, name):
			return invalid(field+".name", "The following reserved env names were provided: %s. These values are automatically set by the system.", name)
		case seen[name]:
			return invalid(field+".name", "the name %q is given twice", name)
		}
		seen[e.GetName()] = true
		if src := e.GetValueSource(); src != nil && src.GetSecretKeyRef().GetSecret() == "" {
			return invalid(field+".value_source.secret_key_ref.secret", "required field not present")
		}
	}
	return nil
}

// validateTraffic checks a split. Names of revisions are looked up only while
// reconciling; see revisionGone.
func validateTraffic(id string, traffic []*runpb.TrafficTarget) error {
	sum, tags := int32(0), map[string]bool{}
	for i, t := range traffic {
		field := fmt.Sprintf("service.traffic[%d]", i)
		if err := validateTarget(id, field, t); err != nil {
			return err
		}
		if t.GetTag() != "" && tags[t.GetTag()] {
			return invalid(field+".tag", "the tag %q is given twice", t.GetTag())
		}
		tags[t.GetTag()] = true
		sum += t.GetPercent()
	}
	if sum != 100 {
		return invalid("service.traffic", "Traffic targets sum to %d, want 100", sum)
	}
	return nil
}

func validateTarget(id, field string, t *runpb.TrafficTarget) error {
	switch t.GetType() {
	case runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST:
		if t.GetRevision() != "" {
			return invalid(field+".revision", "must be empty for the latest revision")
		}
	case runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION:
		if !label.MatchString(t.GetRevision()) {
			return invalid(field+".revision", "%q is not the short name of a revision", t.GetRevision())
		}
	default:
		return invalid(field+".type", "must be LATEST or REVISION")
	}
	switch tag := t.GetTag(); {
	case t.GetPercent() < 0 || t.GetPercent() > 100:
		return invalid(field+".percent", "must be between 0 and 100, not %d", t.GetPercent())
	case t.GetPercent() == 0 && tag == "":
		return invalid(field+".percent", "a target without a tag must have a percentage")
	case tag == "":
	case !label.MatchString(tag):
		return invalid(field+".tag", "%q is not a lower-case DNS label", tag)
	case len(tag)+len(id) > 46: // the text is Cloud Run's (policyengine-api#3729)
		return invalid("spec.traffic.tag", "traffic tag '%s' and service name '%s' together are too long. Combined traffic tag and service name cannot exceed 46 characters.", tag, id)
	}
	return nil
}

// validateID checks the name of a new service (CreateServiceRequest.service_id).
func validateID(id string) error {
	if len(id) >= 50 || !label.MatchString(id) {
		return invalid("service_id", "%q must begin with a letter, not end with a hyphen and have fewer than 50 characters", id)
	}
	return nil
}
