package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// AWSError turns an error of an AWS API into one that says what it means: it
// wraps rollout.ErrConflict, ErrDenied, ErrInvalid or ErrGone where nothing has
// changed, and is any other error where something may have. doing names the call
// and the object: "get alias live of arn:aws:lambda:…". A denial keeps AWS's own
// words: they name the action and the resource.
func AWSError(doing string, err error) error {
	if err == nil {
		return nil
	}
	var problem rollout.Problem
	if errors.As(err, &problem) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	var said smithy.APIError
	if !errors.As(err, &said) {
		return fmt.Errorf("%s: %s", doing, line(err.Error()))
	}
	text := line(said.ErrorCode() + ": " + said.ErrorMessage())
	if means := awsMeans(said.ErrorCode(), awsStatus(err)); means != nil {
		return fmt.Errorf("%s: %w: %s", doing, means, text)
	}
	return fmt.Errorf("%s: %s", doing, text)
}

func awsStatus(err error) int {
	var answered *smithyhttp.ResponseError
	if errors.As(err, &answered) {
		return answered.HTTPStatusCode()
	}
	return 0
}

func awsMeans(code string, status int) error {
	switch {
	case code == "PreconditionFailedException", code == "ResourceConflictException", status == http.StatusConflict:
		return rollout.ErrConflict
	case strings.HasPrefix(code, "AccessDenied"), code == "UnauthorizedOperation", code == "AuthFailure", status == http.StatusForbidden, status == http.StatusUnauthorized:
		return rollout.ErrDenied
	case strings.HasSuffix(code, "NotFound"), strings.HasSuffix(code, "NotFoundException"), strings.HasPrefix(code, "NoSuch"), status == http.StatusNotFound:
		return rollout.ErrGone
	case status == http.StatusBadRequest:
		return rollout.ErrInvalid
	}
	return nil
}
