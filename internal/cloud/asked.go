package cloud

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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
		interrupted: rollout.Message{ID: kind + ".interrupted", Why: "the look at it was interrupted", Fix: "Run it again."},
		noClient:    rollout.Message{ID: kind + ".no_client", Why: name + " could not be asked", Fix: "Correct the provider's google block."},
		denied: rollout.Message{
			ID: kind + ".denied", Why: "{permission} is denied on it, or it does not exist",
			Fix: "Grant it to whom Terraform runs as: {role} has it.",
		},
		disabled: rollout.Message{
			ID: kind + ".api_disabled", Why: "the API " + host + " is not enabled in the project",
			Fix: "Enable it: gcloud services enable " + host,
		},
		unauthenticated: rollout.Message{
			ID: kind + ".unauthenticated", Why: name + " does not accept the credentials",
			Fix: "Log in again, or correct the credentials of the provider.",
		},
		late:    rollout.Message{ID: kind + ".no_answer", Why: name + " gave no answer in time", Fix: "Run it again."},
		unread:  rollout.Message{ID: kind + ".unreadable", Why: name + " gave no answer that could be read", Fix: "Run it again."},
		unasked: rollout.Message{ID: kind + ".unasked", Why: name + " could not be asked: it answered {code}", Fix: "Run it again."},
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
	case apiDisabled(err):
		return f.Because(a.disabled)
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

// reasons are Google's own words for why it refused, in the older form of its
// errors and in the newer, which gRPC has too
// (https://cloud.google.com/apis/design/errors#error_info).
func reasons(err error) []string {
	var out []string
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			out = append(out, info.GetReason())
		}
	}
	var rest *googleapi.Error
	if !errors.As(err, &rest) || rest.Code != http.StatusForbidden {
		return out
	}
	for _, e := range rest.Errors {
		out = append(out, e.Reason)
	}
	for _, d := range rest.Details {
		if info, ok := d.(map[string]any); ok {
			if reason, ok := info["reason"].(string); ok {
				out = append(out, reason)
			}
		}
	}
	return out
}

func apiDisabled(err error) bool { return because(err, "accessNotConfigured", "SERVICE_DISABLED") }

// throttled: older APIs say so with 403
// (https://cloud.google.com/storage/docs/json_api/v1/status-codes#403-forbidden).
func throttled(err error) bool {
	return because(err, "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED")
}

func because(err error, words ...string) bool {
	for _, r := range reasons(err) {
		for _, w := range words {
			if r == w {
				return true
			}
		}
	}
	return false
}
