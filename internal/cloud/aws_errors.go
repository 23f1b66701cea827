package cloud

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// AWSError turns an error of an AWS API into one that says what it means: it
// wraps rollout.ErrConflict, ErrDenied, ErrInvalid or ErrGone where nothing has
// changed, and is any other error where something may have. doing names the call
// and the object: "get alias live of arn:aws:lambda:…". A denial keeps AWS's own
// words, which name the action and the resource. Of credentials that AWS does not
// accept it wraps a rollout.Problem as well, as where there are none.
func AWSError(doing string, err error) error {
	var problem rollout.Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &problem): // there is no client, or nothing to sign with
		return fmt.Errorf("%s: %w", doing, problem)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", doing, ofContext(err))
	}
	text := awsText(err)
	means := awsMeans(err)
	if errors.Is(means, rollout.ErrDenied) && slices.Contains(awsStrangers, awsCode(err)) {
		return fmt.Errorf("%s: %w: %w", doing, means, msgAWSStranger.With("why", text))
	}
	if means != nil {
		return fmt.Errorf("%s: %w: %s", doing, means, text)
	}
	return fmt.Errorf("%s: %s", doing, text)
}

// ofContext leaves out what the SDK says around an error of a context: it knows
// neither whose it was nor how long that took.
func ofContext(err error) error {
	var op *smithy.OperationError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// awsMeans returns which of our errors an answer is, nil where something may have
// changed. A code decides, never a bare status: what stands in the way of an API
// answers 404 to everything.
func awsMeans(err error) error {
	code, status := awsCode(err), awsStatus(err)
	switch {
	case code == "", awsThrottled(err), status >= http.StatusInternalServerError, status == http.StatusRequestTimeout:
		return nil
	case slices.Contains(awsDenials, code), status == http.StatusForbidden, status == http.StatusUnauthorized:
		return rollout.ErrDenied
	case slices.Contains(awsConflicts, code), status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return rollout.ErrConflict
	case awsNoSuch(code):
		return rollout.ErrGone
	case status >= http.StatusBadRequest:
		return rollout.ErrInvalid
	}
	return nil
}

// awsDenials are answered where the caller may not, or is not known, by services
// some of which answer 400
// (https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html,
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html).
var awsDenials = []string{
	"AccessDenied", "AccessDeniedException", "AccessDeniedFault", "UnauthorizedOperation", "UnauthorizedException", "AuthorizationError",
	"NotAuthorized", "OptInRequired", "AuthFailure", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId",
	"MissingAuthenticationToken", "MissingAuthenticationTokenException", "IncompleteSignature", "IncompleteSignatureException",
	"SignatureDoesNotMatch", "InvalidSignatureException", "InvalidToken", "RequestTimeTooSkewed", "RequestExpired",
	"ExpiredToken", "ExpiredTokenException",
}

// awsConflicts are answered where a precondition does not hold, or where another
// change is under way: nothing was done.
var awsConflicts = []string{
	"PreconditionFailedException", "PreconditionFailed", "ResourceConflictException", "ConflictException", "OperationAborted",
	"OperationAbortedException", "ConcurrentModificationException", "ConcurrentModification",
}

// awsNoSuch: EC2 says InvalidGroup.NotFound, Elastic Load Balancing RuleNotFound,
// RDS DBInstanceNotFoundFault, IAM NoSuchEntity, SSM ParameterNotFound.
func awsNoSuch(code string) bool {
	for _, end := range []string{"NotFound", "NotFoundException", "NotFoundFault"} {
		if strings.HasSuffix(code, end) {
			return true
		}
	}
	return strings.HasPrefix(code, "NoSuch")
}

// AWSGone reports whether an answer of AWS says that there is no such thing.
func AWSGone(err error) bool { return errors.Is(awsMeans(err), rollout.ErrGone) }

// AWSCode returns what AWS calls an error: "ResourceConflictException"; "" for
// one that is not of AWS.
func AWSCode(err error) string { return awsCode(err) }

func awsCode(err error) string {
	var said smithy.APIError
	if errors.As(err, &said) && said.ErrorCode() != unknown {
		return said.ErrorCode()
	}
	return ""
}

// unknown is what the SDK says for a code or a text that was not given.
const unknown = "UnknownError"

// awsStatus returns with which status something was answered, 0 if nothing was.
func awsStatus(err error) int {
	var answered interface{ HTTPStatusCode() int }
	if errors.As(err, &answered) {
		return answered.HTTPStatusCode()
	}
	return 0
}

// awsText says what was answered, or why nothing was. An answer that cannot be
// read is not quoted: nobody knows what stands there.
func awsText(err error) string {
	var said smithy.APIError
	var name *net.DNSError
	var unsent *smithyhttp.RequestSendError
	switch {
	case awsCode(err) != "" && errors.As(err, &said):
		why := said.ErrorMessage()
		if why == "" || why == unknown {
			why = "no reason given"
		}
		return line(redact(why)) + " (" + said.ErrorCode() + ")"
	case errors.As(err, &name) && name.IsNotFound:
		return "there is no " + name.Name + " (is the region right?)"
	case awsStatus(err) != 0:
		return fmt.Sprintf("an answer that cannot be read, with status %d", awsStatus(err))
	case errors.As(err, &unsent):
		return line("no answer: " + unsent.Err.Error())
	}
	return line(redact(err.Error()))
}

// redact takes from AWS's own words what tells more than a person needs: EC2 and
// others append to a denial what was asked, encoded
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html),
// and some name the key.
func redact(text string) string {
	text = encoded.ReplaceAllString(text, "")
	return accessKey.ReplaceAllString(text, "${1}…")
}

var (
	encoded   = lazyregexp.New(`(?i)\s*encoded authorization failure message:\s*\S+`)
	accessKey = lazyregexp.New(`\b(AKIA|ASIA)[A-Z0-9]{12,}\b`)
)
