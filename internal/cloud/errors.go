package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// GoogleError turns an error of a Google API into one that says what it means:
// it wraps rollout.ErrConflict, ErrDenied, ErrInvalid or ErrGone where nothing
// has changed, and is any other error where something may have. doing names
// the call and the object: "get service projects/p/…".
func GoogleError(doing string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	code, text := googleCode(err)
	switch code {
	case codes.Canceled: // gRPC says in a code of its own that the context ended
		return ended(doing, context.Canceled, text)
	case codes.DeadlineExceeded:
		return ended(doing, context.DeadlineExceeded, text)
	case codes.Aborted:
		return fmt.Errorf("%s: %w: %s", doing, rollout.ErrConflict, text)
	case codes.PermissionDenied, codes.Unauthenticated:
		return fmt.Errorf("%s: %w: %s", doing, rollout.ErrDenied, text)
	case codes.InvalidArgument, codes.FailedPrecondition, codes.AlreadyExists, codes.OutOfRange, codes.Unimplemented:
		return fmt.Errorf("%s: %w: %s", doing, rollout.ErrInvalid, text)
	case codes.NotFound:
		return fmt.Errorf("%s: %w: %s", doing, rollout.ErrGone, text)
	default:
		return fmt.Errorf("%s: %s: %s", doing, code, text)
	}
}

func ended(doing string, why error, text string) error {
	if text == why.Error() {
		return fmt.Errorf("%s: %w", doing, why)
	}
	return fmt.Errorf("%s: %w: %s", doing, why, text)
}

// googleCode reads the code of a gRPC or a REST error.
func googleCode(err error) (codes.Code, string) {
	var rest *googleapi.Error
	if errors.As(err, &rest) {
		return restCode(rest.Code), line(first(rest.Message, http.StatusText(rest.Code)))
	}
	if s, ok := status.FromError(err); ok {
		return s.Code(), line(first(s.Message(), s.Code().String()))
	}
	return codes.Unknown, line(err.Error())
}

// line keeps what a message says first. Clients append what they cannot read,
// such as the body of a proxy's answer, and nobody knows what stands there.
func line(message string) string {
	const most = 500
	message, _, _ = strings.Cut(strings.TrimSpace(message), "\n")
	message, _, _ = strings.Cut(message, "; data: ")
	message = strings.TrimSpace(message)
	if len(message) > most {
		message = message[:most]
		return strings.ToValidUTF8(message, "") + "…" // without the rune that was cut
	}
	return strings.ToValidUTF8(message, "")
}

func restCode(http4xx int) codes.Code {
	switch http4xx {
	case http.StatusBadRequest:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusConflict:
		return codes.Aborted
	default:
		return codes.Unavailable
	}
}
