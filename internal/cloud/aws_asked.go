package cloud

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// AskedAWS is an AWS API as a requirement asks it. It says, in the same words for
// all of them, why something could not be looked at.
type AskedAWS struct {
	interrupted, denied, unauthenticated, late, unread, busy, unasked rollout.Message
}

// AskAWS returns the words of a kind. name is what people call the API.
func AskAWS(kind, name string) AskedAWS {
	return AskedAWS{
		interrupted: rollout.Message{ID: kind + ".interrupted", Why: "looking at it was interrupted", Fix: "Run Terraform again."},
		denied: rollout.Message{
			ID: kind + ".denied", Why: "{permission} is denied: {why}",
			Fix: "Allow {permission} to whom Terraform runs as: the guide Permissions has the policies.",
		},
		unauthenticated: rollout.Message{
			ID: kind + ".unauthenticated", Why: name + " does not accept the credentials: {why}",
			Fix: msgAWSStranger.Fix,
		},
		late:    rollout.Message{ID: kind + ".no_answer", Why: name + " gave no answer in time", Fix: "Run Terraform again."},
		unread:  rollout.Message{ID: kind + ".unreadable", Why: name + " gave no answer that could be read", Fix: "See that this machine reaches it (DNS, proxy, firewall), and run Terraform again."},
		busy:    rollout.Message{ID: kind + ".throttled", Why: name + " was asked too much, by everybody in the account together", Fix: "Run Terraform again."},
		unasked: rollout.Message{ID: kind + ".unasked", Why: name + " could not be asked: it answered {code}", Fix: "Run Terraform again."},
	}
}

// RoleRefused returns why the role to ask as cannot be assumed, and which it is; ""
// of any other error.
func RoleRefused(err error) string {
	var problem rollout.Problem
	if errors.As(err, &problem) && problem.What == msgNoAWSRole.What {
		return strings.TrimSuffix(problem.Why, ".")
	}
	return ""
}

// Messages lists them.
func (a AskedAWS) Messages() []rollout.Message {
	return []rollout.Message{a.interrupted, a.denied, a.unauthenticated, a.late, a.unread, a.busy, a.unasked}
}

// awsStrangers are the denials of those whom AWS does not know, or no longer.
var awsStrangers = []string{
	"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
	"IncompleteSignature", "IncompleteSignatureException", "SignatureDoesNotMatch", "InvalidSignatureException", "InvalidToken",
	"AuthFailure", "RequestTimeTooSkewed", "RequestExpired", "ExpiredToken", "ExpiredTokenException",
}

// Skipped returns the finding with why nothing could be seen. permission is what
// the question takes: "secretsmanager:DescribeSecret".
func (a AskedAWS) Skipped(ctx context.Context, f rollout.Finding, err error, permission string) rollout.Finding {
	f.Status = rollout.Skipped
	var problem rollout.Problem
	if ctx.Err() != nil {
		return f.Because(a.interrupted)
	}
	if errors.As(err, &problem) { // there is no client, or nothing to sign with
		f.Why, f.Fix = problem.What, problem.Fix
		return f
	}
	code := awsCode(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return f.Because(a.late)
	case awsThrottled(err):
		return f.Because(a.busy)
	case slices.Contains(awsStrangers, code):
		return f.Because(a.unauthenticated, "why", awsText(err))
	case errors.Is(awsMeans(err), rollout.ErrDenied):
		return f.Because(a.denied, "permission", permission, "why", awsText(err))
	case code == "":
		return f.Because(a.unread)
	}
	return f.Because(a.unasked, "code", code)
}
