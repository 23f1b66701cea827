package cloudrun

import (
	"fmt"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// place is the name of a service, taken apart.
type place struct{ project, location, service string }

var servicePath = lazyregexp.New(`^projects/([^/]+)/locations/([^/]+)/services/([^/]+)$`)

// parsePlace reads projects/P/locations/L/services/S.
func parsePlace(name string) (place, error) {
	m := servicePath.FindStringSubmatch(name)
	if m == nil {
		return place{}, fmt.Errorf("%q is not projects/PROJECT/locations/REGION/services/NAME", name)
	}
	return place{m[1], m[2], m[3]}, nil
}

func (p place) String() string {
	return fmt.Sprintf("projects/%s/locations/%s/services/%s", p.project, p.location, p.service)
}

func (p place) revision(r rollout.Revision) string {
	return fmt.Sprintf("%s/revisions/%s", p, r)
}

// short returns the last part of a resource name: the API gives full names in
// some fields of a service and wants short ones in its traffic.
func short(name string) rollout.Revision {
	return rollout.Revision(name[strings.LastIndex(name, "/")+1:])
}

// maxTagged is the most characters that a tag and the service's name may have
// together; they form one DNS label.
const maxTagged = 46

// marks are the traffic tags that are ours on one service.
type marks struct{ home, candidate string }

// marksOf returns our tags for a service: speaking ones where they fit.
func marksOf(service string) (marks, error) {
	for _, m := range []marks{{"ro-home", "ro-cand"}, {"rh", "rc"}} {
		if len(service)+max(len(m.home), len(m.candidate)) <= maxTagged {
			return m, nil
		}
	}
	return marks{}, fmt.Errorf("the service's name has %d characters; beside the tag that marks the way home it may have %d", len(service), maxTagged-2)
}

// ours reports whether a tag is one of ours on this service. The short ones are
// somebody else's where the speaking ones fit: "rc" is a likely name.
func (m marks) ours(tag string) bool { return tag == m.home || tag == m.candidate }

var secretVersion = lazyregexp.New(`^projects/([^/]+)/secrets/([^/]+)/versions/([^/]+)$`)

// secretRef is a version of a secret, taken apart.
type secretRef struct{ project, secret, version string }

func parseSecret(name string) (secretRef, error) {
	m := secretVersion.FindStringSubmatch(name)
	if m == nil {
		return secretRef{}, fmt.Errorf("%q is not projects/PROJECT/secrets/NAME/versions/VERSION", name)
	}
	return secretRef{m[1], m[2], m[3]}, nil
}

func (s secretRef) String() string {
	return fmt.Sprintf("projects/%s/secrets/%s/versions/%s", s.project, s.secret, s.version)
}

// in returns the secret as a service of that project names it.
func (s secretRef) in(project string) string {
	if s.project == project {
		return s.secret
	}
	return fmt.Sprintf("projects/%s/secrets/%s", s.project, s.secret)
}
