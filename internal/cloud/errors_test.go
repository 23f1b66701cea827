package cloud_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// meanings are all the errors that mean something to a caller.
var meanings = []error{rollout.ErrConflict, rollout.ErrDenied, rollout.ErrInvalid, rollout.ErrGone, context.Canceled, context.DeadlineExceeded}

// means fails the test unless err means want and nothing else; nil for what may
// have changed something.
func means(t *testing.T, err, want error) {
	t.Helper()
	for _, m := range meanings {
		if got := errors.Is(err, m); got != errors.Is(want, m) {
			t.Errorf("%q means %q: %v", err, m, got)
		}
	}
}

const reading = "read service projects/p/locations/l/services/api"

func TestGoogleErrorOfGRPC(t *testing.T) {
	for code, c := range map[codes.Code]struct {
		want error
		text string
	}{
		codes.Canceled:           {context.Canceled, "context canceled: so it is"},
		codes.Unknown:            {nil, "Unknown: so it is"},
		codes.InvalidArgument:    {rollout.ErrInvalid, "the platform refused the request: so it is"},
		codes.DeadlineExceeded:   {context.DeadlineExceeded, "context deadline exceeded: so it is"},
		codes.NotFound:           {rollout.ErrGone, "does not exist: so it is"},
		codes.AlreadyExists:      {rollout.ErrInvalid, "the platform refused the request: so it is"},
		codes.PermissionDenied:   {rollout.ErrDenied, "permission denied: so it is"},
		codes.ResourceExhausted:  {nil, "ResourceExhausted: so it is"},
		codes.FailedPrecondition: {rollout.ErrInvalid, "the platform refused the request: so it is"},
		codes.Aborted:            {rollout.ErrConflict, "somebody else changed it in the meantime: so it is"},
		codes.OutOfRange:         {rollout.ErrInvalid, "the platform refused the request: so it is"},
		codes.Unimplemented:      {rollout.ErrInvalid, "the platform refused the request: so it is"},
		codes.Internal:           {nil, "Internal: so it is"},
		codes.Unavailable:        {nil, "Unavailable: so it is"},
		codes.DataLoss:           {nil, "DataLoss: so it is"},
		codes.Unauthenticated:    {rollout.ErrDenied, "permission denied: so it is"},
		codes.Code(99):           {nil, "Code(99): so it is"},
	} {
		t.Run(code.String(), func(t *testing.T) {
			a := newAPI(t, false)
			a.answer = func(int) error { return detailed(code) }
			client, err := a.clients().CloudRunRevisions(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.GetRevision(t.Context(), &runpb.GetRevisionRequest{Name: "r"})
			for how, err := range map[string]error{"bare": status.Error(code, "so it is"), "of a client": err} {
				got := cloud.GoogleError(reading, err)
				means(t, got, c.want)
				if want := reading + ": " + c.text; got.Error() != want {
					t.Errorf("%s: %q, want %q", how, got, want)
				}
			}
		})
	}
}

// detailed has what Google sends beside a message, and what is not shown.
func detailed(code codes.Code) error {
	s, err := status.New(code, "so it is").WithDetails(&errdetails.ErrorInfo{
		Reason: "BECAUSE", Domain: "googleapis.com", Metadata: map[string]string{"key": secret},
	})
	if err != nil {
		return err
	}
	return s.Err()
}

func TestGoogleErrorOfREST(t *testing.T) {
	for code, c := range map[int]struct {
		want error
		text string
	}{
		http.StatusBadRequest:          {rollout.ErrInvalid, "the platform refused the request: so it is"},
		http.StatusUnauthorized:        {rollout.ErrDenied, "permission denied: so it is"},
		http.StatusForbidden:           {rollout.ErrDenied, "permission denied: so it is"},
		http.StatusNotFound:            {rollout.ErrGone, "does not exist: so it is"},
		http.StatusConflict:            {rollout.ErrConflict, "somebody else changed it in the meantime: so it is"},
		http.StatusPreconditionFailed:  {nil, "Unavailable: so it is"},
		http.StatusTooManyRequests:     {nil, "Unavailable: so it is"},
		http.StatusInternalServerError: {nil, "Unavailable: so it is"},
		http.StatusBadGateway:          {nil, "Unavailable: so it is"},
		http.StatusServiceUnavailable:  {nil, "Unavailable: so it is"},
		http.StatusGatewayTimeout:      {nil, "Unavailable: so it is"},
	} {
		t.Run(http.StatusText(code), func(t *testing.T) {
			got := cloud.GoogleError(reading, fmt.Errorf("get: %w", &googleapi.Error{Code: code, Message: "so it is", Body: secret}))
			means(t, got, c.want)
			if want := reading + ": " + c.text; got.Error() != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestGoogleErrorKeepsWhatEndedIt(t *testing.T) {
	for name, c := range map[string]struct {
		err, want error
		text      string
	}{
		"cancelled":                         {context.Canceled, context.Canceled, "context canceled"},
		"too late":                          {context.DeadlineExceeded, context.DeadlineExceeded, "context deadline exceeded"},
		"wrapped":                           {fmt.Errorf("dial: %w", context.Canceled), context.Canceled, "dial: context canceled"},
		"cancelled, as gRPC says it":        {status.FromContextError(context.Canceled).Err(), context.Canceled, "context canceled"},
		"too late, as gRPC says it":         {status.FromContextError(context.DeadlineExceeded).Err(), context.DeadlineExceeded, "context deadline exceeded"},
		"too late, as a server says it":     {status.Error(codes.DeadlineExceeded, "the backend took too long"), context.DeadlineExceeded, "context deadline exceeded: the backend took too long"},
		"something that nobody gave a code": {errors.New("the wire is cut"), nil, "Unknown: the wire is cut"},
	} {
		t.Run(name, func(t *testing.T) {
			got := cloud.GoogleError(reading, c.err)
			means(t, got, c.want)
			if want := reading + ": " + c.text; got.Error() != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	if err := cloud.GoogleError(reading, nil); err != nil {
		t.Errorf("nothing went wrong: %v", err)
	}
}

func TestGoogleErrorKeepsOneLine(t *testing.T) {
	long := strings.Repeat("a", 500)
	for name, c := range map[string]struct{ message, want string }{
		"a line":                           {"it is late", "it is late"},
		"a second line":                    {"it is late\n<html>" + secret, "it is late"},
		"a second line, as Windows has it": {"it is late\r\n" + secret, "it is late"},
		"an empty line before":             {"\n it is late \n" + secret, "it is late"},
		"the body of a proxy's answer":     {"unexpected content-type; data: " + secret, "unexpected content-type"},
		"a body on two lines":              {"unexpected content-type; data: <a>\n" + secret, "unexpected content-type"},
		"no message":                       {"", "Unavailable"},
		"as long as it may":                {long, long},
		"too long":                         {long + secret, long + "…"},
		"two bytes at the end":             {long[1:] + "é", long[1:] + "…"},
		"two bytes that fit":               {long[2:] + "é", long[2:] + "é"},
		"three bytes, and one of them":     {long[1:] + "€", long[1:] + "…"},
		"four bytes, and three of them":    {long[3:] + "🚀", long[3:] + "…"},
		"what is no text":                  {"it is\xff late", "it is late"},
	} {
		t.Run(name, func(t *testing.T) {
			got := cloud.GoogleError(reading, status.Error(codes.Unavailable, c.message)).Error()
			if want := reading + ": Unavailable: " + c.want; got != want {
				t.Errorf("%q\nwant %q", got, want)
			}
			if !utf8.ValidString(got) {
				t.Error("it is no text")
			}
		})
	}
	for name, c := range map[string]struct{ message, want string }{
		"a message":    {"it is late\n" + secret, "it is late"},
		"no message":   {"", "Forbidden"},
		"a long one":   {long + secret, long + "…"},
		"data in REST": {"it is late; data: " + secret, "it is late"},
	} {
		t.Run("REST/"+name, func(t *testing.T) {
			got := cloud.GoogleError(reading, &googleapi.Error{Code: http.StatusForbidden, Message: c.message, Body: secret})
			if want := reading + ": permission denied: " + c.want; got.Error() != want {
				t.Errorf("%q\nwant %q", got, want)
			}
		})
	}
}
