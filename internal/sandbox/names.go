package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// place is the one project and location that a sandbox has.
type place struct {
	project, number, location string
}

// parent is "projects/P/locations/L".
func (p place) parent() string {
	return "projects/" + p.project + "/locations/" + p.location
}

func (p place) service(id string) string { return p.parent() + "/services/" + id }

func (p place) revision(service, id string) string {
	return p.service(service) + "/revisions/" + id
}

func (p place) operation(id string) string { return p.parent() + "/operations/" + id }

// owns reports whether id names this project; v2 accepts id or number
// (run.v2 service.proto: "{project} can be project id or number").
func (p place) owns(id string) bool { return id == p.project || id == p.number }

// parse matches name against a pattern such as
// "projects/*/locations/*/services/*" and returns what follows project and
// location. Another project is answered as Google answers it: the caller cannot
// tell a foreign project from a missing one.
func (p place) parse(name, pattern, permission string) ([]string, error) {
	if regional := strings.Contains(name, "/locations/") && !strings.Contains(pattern, "/locations/"); regional || strings.Contains(name, "/workerPools/") {
		return nil, status.Errorf(codes.Unimplemented, "not emulated: %s", name)
	}
	got, want := strings.Split(name, "/"), strings.Split(pattern, "/")
	if len(got) != len(want) {
		return nil, status.Errorf(codes.InvalidArgument, "Invalid resource name %q: expected the form %s", name, pattern)
	}
	var vars []string
	for i := range want {
		switch {
		case want[i] == "*" && got[i] != "":
			vars = append(vars, got[i])
		case want[i] != got[i]:
			return nil, status.Errorf(codes.InvalidArgument, "Invalid resource name %q: expected the form %s", name, pattern)
		}
	}
	if !p.owns(vars[0]) {
		return nil, denied(permission, name)
	}
	if len(want) > 2 && want[2] == "locations" {
		if vars[1] != p.location {
			return nil, status.Errorf(codes.NotFound, "The requested location %q was not found.", vars[1])
		}
		return vars[2:], nil
	}
	return vars[1:], nil
}

// denied is Google's own refusal; each service has its own wording (public
// threads: deploy-cloudrun#182 for run, exposure-notifications-server#214 for
// secretmanager; gcloud transcripts for iam).
func denied(permission, resource string) error {
	form := "Permission '%s' denied on resource '%s' (or resource may not exist)."
	switch {
	case strings.HasPrefix(permission, "secretmanager."):
		form = "Permission '%s' denied for resource '%s' (or it may not exist)."
	case strings.HasPrefix(permission, "cloudsql."):
		form = "boss::NOT_AUTHORIZED: Not authorized to access resource. Possibly missing permission %s on resource %s."
	case strings.HasPrefix(permission, "pubsub."):
		return status.Error(codes.PermissionDenied, "User not authorized to perform this action.")
	case strings.HasPrefix(permission, "storage."):
		return status.Errorf(codes.PermissionDenied, "Permission '%s' denied on resource (or it may not exist).", permission)
	case strings.HasPrefix(permission, "iam."):
		return status.Errorf(codes.PermissionDenied, "Permission '%s' denied on resource (or it may not exist).", permission)
	}
	return status.Errorf(codes.PermissionDenied, form, permission, resource)
}

// lastPart is the short name at the end of a resource name.
func lastPart(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// A version counts the states of a service in microseconds since 1970. Cloud
// Run shows the same number in three ways, and so do these functions: as text
// in a conflict ("version '1786872223639166' was specified but current version
// is …"), as the v1 resourceVersion (base64 of eight bytes) and inside the v2
// etag (base64 of a Timestamp, a slash, base64 of the name, within quotes).
// Source: values found in public Terraform states and logs; see README.md.
type version int64

func versionAt(t time.Time, after version) version {
	return max(version(t.UnixMicro()), after+1)
}

func (v version) time() time.Time { return time.UnixMicro(int64(v)).UTC() }

func (v version) etag(name string) string {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(timestamppb.New(v.time()))
	if err != nil {
		panic("sandbox: a Timestamp does not marshal: " + err.Error())
	}
	enc := base64.RawURLEncoding
	return `"` + enc.EncodeToString(raw) + "/" + enc.EncodeToString([]byte(name)) + `"`
}

func (v version) resourceVersion() string {
	return base64.RawStdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(v)))
}

// versionOf reads the number back from an etag or a resourceVersion, for the
// text of a conflict. Anything else is shown as it came.
func versionOf(tag string) string {
	if raw, err := base64.RawStdEncoding.DecodeString(tag); err == nil && len(raw) == 8 {
		return strconv.FormatUint(binary.BigEndian.Uint64(raw), 10)
	}
	head, _, _ := strings.Cut(strings.Trim(tag, `"`), "/")
	if raw, err := base64.RawURLEncoding.DecodeString(head); err == nil {
		var ts timestamppb.Timestamp
		if proto.Unmarshal(raw, &ts) == nil && ts.IsValid() {
			return strconv.FormatInt(ts.AsTime().UnixMicro(), 10)
		}
	}
	return tag
}

// conflict is the text of Cloud Run for a stale etag or resourceVersion (seen
// for v1 services and for v2 worker pools in public logs; AIP-154 for the code).
func conflict(id, sent string, current version) error {
	return status.Errorf(codes.Aborted, "Conflict for resource '%s': version '%s' was specified but current version is '%d'.", id, versionOf(sent), current)
}

// uid derives a stable UUID from its parts, so that two runs of one test see
// the same identities.
func uid(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// suffix is the three letters and digits at the end of a generated revision name.
func suffix(parts ...string) string {
	const letters = "23456789bcdfghjklmnpqrstvwxz"
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	var b strings.Builder
	for i := range 3 {
		b.WriteByte(letters[int(sum[i])%len(letters)])
	}
	return b.String()
}

// revisionName is the form that Cloud Run generates: shop-00002-7xk.
func revisionName(service, uid string, serial int) string {
	return fmt.Sprintf("%s-%05d-%s", service, serial, suffix(uid, strconv.Itoa(serial)))
}

// label is RFC 1035, which services, revisions and traffic tags must follow.
var label = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)
