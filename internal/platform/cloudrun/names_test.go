package cloudrun

import (
	"strings"
	"testing"
)

func TestMarksFitIntoOneLabel(t *testing.T) {
	for length, want := range map[int]marks{1: speaking, 39: speaking, 40: terse, 44: terse} {
		m, err := marksOf(strings.Repeat("a", length))
		if err != nil || m != want {
			t.Errorf("a name of %d characters has %v (%v), want %v", length, m, err, want)
		}
		for _, tag := range []string{m.home, m.candidate} {
			if length+len(tag) > maxTagged {
				t.Errorf("%d characters and %q are more than %d", length, tag, maxTagged)
			}
		}
	}
	_, err := marksOf(strings.Repeat("a", 45))
	if want := "the service's name has 45 characters; beside the tag that marks the way home it may have 44"; err == nil || err.Error() != want {
		t.Errorf("45 characters: %v, want %s", err, want)
	}
}

func TestParsePlace(t *testing.T) {
	for name, good := range map[string]bool{
		"projects/p/locations/us-central1/services/api": true,
		"projects/p:q/locations/l/services/a-b":         true,
		"":                                              false,
		"api":                                           false,
		"projects/p/locations/l/services/":              false,
		"projects/p/locations/l/services/api/revisions/r":            false,
		"/projects/p/locations/l/services/api":                       false,
		"cloud_run/projects/p/locations/l/services/api":              false,
		"projects//locations/l/services/api":                         false,
		"projects/p/locations/l/jobs/api":                            false,
		"//run.googleapis.com/projects/p/locations/l/services/api":   false,
		"locations/l/namespaces/p/services/api":                      false,
		"projects/p/locations/l/services/api\nprojects/p/locations/": false,
	} {
		p, err := parsePlace(name)
		switch {
		case (err == nil) != good:
			t.Errorf("%q: %v", name, err)
		case good && p.String() != name:
			t.Errorf("%q reads as %q", name, p)
		case !good && !strings.HasSuffix(err.Error(), "is not projects/PROJECT/locations/REGION/services/NAME"):
			t.Errorf("%q: it does not say what it should be: %v", name, err)
		}
	}
}

func TestParseSecret(t *testing.T) {
	for name, good := range map[string]bool{
		"projects/p/secrets/s/versions/3":      true,
		"projects/p/secrets/s/versions/latest": true,
		"projects/p/secrets/s":                 false,
		"s":                                    false,
		"":                                     false,
		"projects/p/secrets/s/versions/":       false,
		"projects/p/secrets/s/versions/3/x":    false,
	} {
		ref, err := parseSecret(name)
		if (err == nil) != good || good && ref.String() != name {
			t.Errorf("%q reads as %q: %v", name, ref, err)
		}
	}
	ref := secretRef{project: "p", secret: "s", version: "3"}
	if ref.in("p") != "s" || ref.in("q") != "projects/p/secrets/s" {
		t.Errorf("in its own project it is %q, in another %q", ref.in("p"), ref.in("q"))
	}
}

func TestShort(t *testing.T) {
	for name, want := range map[string]string{"projects/p/locations/l/services/api/revisions/api-1": "api-1", "api-1": "api-1", "": ""} {
		if got := short(name); string(got) != want {
			t.Errorf("%q is short for %q, want %q", got, name, want)
		}
	}
}
