package cloud

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Asked is a Google API as a requirement asks it. It says, in the same words for
// all of them, why something could not be looked at.
type Asked struct {
	interrupted, noClient, denied, disabled, unauthenticated, late, unread, unasked rollout.Message
}

// Ask returns the words of a kind. name is what people call the API, host where
// it is.
func Ask(kind, name, host string) Asked {
	return Asked{
		interrupted: rollout.Message{ID: kind + ".interrupted", Why: "looking at it was interrupted", Fix: "Run Terraform again."},
		noClient:    rollout.Message{ID: kind + ".no_client", Why: name + " could not be asked", Fix: "Correct the provider's google block."},
		denied: rollout.Message{
			ID: kind + ".denied", Why: "{permission} is denied on it, or it does not exist",
			Fix: "Grant it to the account that Terraform runs as: {role} has it.",
		},
		disabled: rollout.Message{
			ID: kind + ".api_disabled", Why: "the API " + host + " is not enabled in the project {project}",
			Fix: "Enable it:\n  gcloud services enable " + host + " --project={project}",
		},
		unauthenticated: rollout.Message{
			ID: kind + ".unauthenticated", Why: name + " does not accept the credentials",
			Fix: "Log in again (gcloud auth application-default login), or correct the credentials in the provider's google block.",
		},
		late:    rollout.Message{ID: kind + ".no_answer", Why: name + " gave no answer in time", Fix: "Run Terraform again."},
		unread:  rollout.Message{ID: kind + ".unreadable", Why: name + " gave no answer that could be read", Fix: "See that this machine reaches it (DNS, proxy, firewall), and run Terraform again."},
		unasked: rollout.Message{ID: kind + ".unasked", Why: name + " could not be asked: it answered {code}", Fix: "Run Terraform again."},
	}
}

// Messages lists them.
func (a Asked) Messages() []rollout.Message {
	return []rollout.Message{a.interrupted, a.noClient, a.denied, a.disabled, a.unauthenticated, a.late, a.unread, a.unasked}
}

// Skipped returns the finding with why nothing could be seen, by the sort of the
// error alone: its text may quote whatever answered in the place of the API.
// permission is what the question takes, and role a role that has it.
func (a Asked) Skipped(ctx context.Context, f rollout.Finding, err error, permission, role string) rollout.Finding {
	f.Status = rollout.Skipped
	if ctx.Err() != nil {
		return f.Because(a.interrupted)
	}
	if errors.As(err, new(unbuilt)) {
		f = f.Because(a.noClient)
		var problem rollout.Problem
		if errors.As(err, &problem) { // what is wrong is known
			f.Why, f.Fix = problem.What, problem.Fix
		}
		return f
	}
	code, answered := answer(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), code == codes.DeadlineExceeded:
		return f.Because(a.late)
	case disabledIn(err) != "":
		return f.Because(a.disabled, "project", disabledIn(err))
	case code == codes.PermissionDenied && !throttled(err):
		return f.Because(a.denied, "permission", permission, "role", role)
	case code == codes.Unauthenticated:
		return f.Because(a.unauthenticated)
	case answered == nil:
		return f.Because(a.unread)
	}
	return f.Because(a.unasked, "code", answered)
}

// answer returns the code of an answer, and as it is called by who gave it; nil
// where nobody did.
func answer(err error) (codes.Code, any) {
	var rest *googleapi.Error
	if errors.As(err, &rest) {
		return restCode(rest.Code), rest.Code
	}
	code, _ := googleCode(err)
	if code == codes.Unknown {
		return code, nil
	}
	return code, code
}

// Gone reports whether an answer says that there is no such thing.
func Gone(err error) bool {
	code, _ := answer(err)
	return err != nil && code == codes.NotFound
}

// reason is why Google refused, in words of its own, and what it says beside.
type reason struct {
	word   string
	beside map[string]string
}

// reasons are in the older form of Google's errors, in the newer, and in that of
// gRPC (https://cloud.google.com/apis/design/errors#error_info).
func reasons(err error) []reason {
	var rest *googleapi.Error
	if !errors.As(err, &rest) {
		return grpcReasons(err)
	}
	if rest.Code != http.StatusForbidden {
		return nil
	}
	var out []reason
	for _, d := range rest.Details {
		info, _ := d.(map[string]any)
		word, _ := info["reason"].(string)
		of := reason{word, map[string]string{}}
		beside, _ := info["metadata"].(map[string]any)
		for name, v := range beside {
			of.beside[name], _ = v.(string)
		}
		out = append(out, of)
	}
	for _, e := range rest.Errors {
		out = append(out, reason{word: e.Reason})
	}
	return out
}

func grpcReasons(err error) []reason {
	s, ok := status.FromError(err)
	if !ok || s.Code() != codes.PermissionDenied {
		return nil
	}
	var out []reason
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			out = append(out, reason{info.GetReason(), info.GetMetadata()})
		}
	}
	return out
}

// anyProject stands in a command for a project that nobody has named.
const anyProject = "<project of the credentials>"

var consumer = lazyregexp.New(`^projects/([a-z0-9:.-]+)$`)

// disabledIn returns the project in which the API is not enabled, as Google
// names it: it is that of the credentials, and may be another one than that of
// what is asked for. It is "" where the API is enabled.
func disabledIn(err error) string {
	for _, r := range reasons(err) {
		if !slices.Contains([]string{"accessNotConfigured", "SERVICE_DISABLED"}, r.word) {
			continue
		}
		if named := consumer.FindStringSubmatch(r.beside["consumer"]); named != nil {
			return named[1]
		}
		return anyProject
	}
	return ""
}

// throttled: older APIs say so with 403
// (https://cloud.google.com/storage/docs/json_api/v1/status-codes#403-forbidden).
func throttled(err error) bool {
	return because(err, "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED")
}

func because(err error, words ...string) bool {
	return slices.ContainsFunc(reasons(err), func(r reason) bool { return slices.Contains(words, r.word) })
}
