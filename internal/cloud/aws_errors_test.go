package cloud_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var sentinels = []error{rollout.ErrConflict, rollout.ErrDenied, rollout.ErrInvalid, rollout.ErrGone}

// TestAWSErrors has each protocol say each thing in its own form.
func TestAWSErrors(t *testing.T) {
	const denied = "User: arn:aws:sts::123456789012:assumed-role/ci/run is not authorized to perform: lambda:UpdateAlias on resource: arn:aws:lambda:eu-west-1:123456789012:function:api because no identity-based policy allows the lambda:UpdateAlias action"
	for _, c := range []struct {
		status        int
		code, message string
		means         error
		says          string
	}{
		{403, "AccessDeniedException", denied, rollout.ErrDenied, denied},
		{400, "AccessDeniedException", denied, rollout.ErrDenied, denied},
		{403, "AccessDenied", denied, rollout.ErrDenied, denied},
		{403, "UnauthorizedOperation", "You are not authorized. Encoded authorization failure message: " + secret + secret, rollout.ErrDenied, "You are not authorized. (UnauthorizedOperation)"},
		{400, "UnrecognizedClientException", "The security token included in the request is invalid", rollout.ErrDenied, "security token"},
		{403, "InvalidClientTokenId", "The AWS Access Key Id " + accessKey + " is not known", rollout.ErrDenied, "The AWS Access Key Id AKIA… is not known"},
		{403, "ExpiredToken", "The security token included in the request is expired", rollout.ErrDenied, "expired (ExpiredToken)"},
		{400, "ExpiredTokenException", "The security token included in the request is expired", rollout.ErrDenied, "expired"},
		{403, "SignatureDoesNotMatch", "The signature does not match.\n\nThe Canonical String was\nx-amz-security-token:" + secret, rollout.ErrDenied, "The signature does not match."},
		{412, "PreconditionFailedException", "The Revision Id provided does not match", rollout.ErrConflict, "The Revision Id provided does not match (PreconditionFailedException)"},
		{409, "ResourceConflictException", "An update is in progress", rollout.ErrConflict, "An update is in progress"},
		{409, "OperationAborted", "A conflicting operation is in progress", rollout.ErrConflict, ""},
		{404, "ResourceNotFoundException", "Function not found: api", rollout.ErrGone, "Function not found: api"},
		{400, "RuleNotFound", "One or more rules not found", rollout.ErrGone, ""},
		{400, "InvalidGroup.NotFound", "The security group 'sg-1' does not exist", rollout.ErrGone, ""},
		{404, "DBInstanceNotFound", "DBInstance db not found.", rollout.ErrGone, ""},
		{404, "NoSuchEntity", "The role with name r cannot be found.", rollout.ErrGone, ""},
		{400, "ParameterNotFound", "", rollout.ErrGone, "no reason given (ParameterNotFound)"},
		{400, "ValidationError", "1 validation error detected", rollout.ErrInvalid, "1 validation error detected"},
		{400, "InvalidParameterValueException", "CodeSHA256 (a) is different from current CodeSHA256", rollout.ErrInvalid, ""},
		{400, "LimitExceededException", "too many", rollout.ErrInvalid, ""},
		{500, "ServiceException", "An internal error occurred", nil, "An internal error occurred (ServiceException)"},
		{503, "ServiceUnavailable", "", nil, ""},
		{429, "TooManyRequestsException", "Rate exceeded", nil, "Rate exceeded (TooManyRequestsException)"},
		{400, "ThrottlingException", "Rate exceeded", nil, "Rate exceeded"},
	} {
		for _, p := range protocols {
			t.Run(fmt.Sprintf("%s %d by %s", c.code, c.status, p.name), func(t *testing.T) {
				f := newAWS(t)
				f.answer = func(int, arrived) reply { return p.refuses(c.status, c.code, c.message) }
				err := cloud.AWSError("ask", p.ask(t.Context(), f.clients()))
				silent(t, err)
				for _, s := range sentinels {
					if is := errors.Is(err, s); is != errors.Is(c.means, s) {
						t.Errorf("is it %q: %t, in %v", s, is, err)
					}
				}
				if !strings.HasPrefix(err.Error(), "ask: ") || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
					t.Errorf("it says %q, not %q", err, c.says)
				}
				if code := cloud.AWSCode(p.ask(t.Context(), f.clients())); code != c.code {
					t.Errorf("code %q", code)
				}
			})
		}
	}
}

// TestNoErrorOfAWS has something in the way of the API answer in its place: that
// says nothing about what is there.
func TestNoErrorOfAWS(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusForbidden, http.StatusBadRequest, http.StatusMovedPermanently} {
		for i, p := range append(protocols, protocols...) {
			body := "<html><p>" + secret
			if i >= len(protocols) {
				body = `{}`
			}
			t.Run(fmt.Sprintf("%d %.2s by %s", status, body, p.name), func(t *testing.T) {
				f := newAWS(t)
				f.answer = func(int, arrived) reply {
					return reply{status: status, header: map[string]string{"Content-Type": "text/html", "Location": "/login"}, body: body}
				}
				err := cloud.AWSError("ask", p.ask(t.Context(), f.clients()))
				silent(t, err)
				for _, s := range sentinels {
					if errors.Is(err, s) {
						t.Errorf("%v is %v", err, s)
					}
				}
				if want := fmt.Sprintf("with status %d", status); !strings.Contains(err.Error(), want) {
					t.Errorf("it says %q, not %q", err, want)
				}
				if calls := len(f.seen()); calls != 1 {
					t.Errorf("%d calls", calls)
				}
			})
		}
	}
}

// TestUnreadableAnswers has a success say what nobody can read.
func TestUnreadableAnswers(t *testing.T) {
	f := newAWS(t)
	f.answer = func(int, arrived) reply {
		return reply{status: 200, header: map[string]string{"Content-Type": "text/html"}, body: "<html><p>" + secret}
	}
	var out struct{ Name string }
	for name, ask := range map[string]func(*cloud.Clients) error{
		"rest-json": func(c *cloud.Clients) error { return getAlias(t.Context(), c) },
		"query":     func(c *cloud.Clients) error { return describeRules(t.Context(), c) },
		"json":      func(c *cloud.Clients) error { return getMetricData(t.Context(), c) },
		"signed json": func(c *cloud.Clients) error {
			return c.AWSJSON(t.Context(), "", "ssm", "AmazonSSM.GetParameter", nil, &out)
		},
		"signed query": func(c *cloud.Clients) error {
			return c.AWSQuery(t.Context(), "", "iam", "2010-05-08", "GetRole", nil, &out)
		},
		"signed rest": func(c *cloud.Clients) error {
			return c.AWSRest(t.Context(), "", "apigateway", http.MethodGet, "/restapis", nil, nil, &out)
		},
	} {
		err := cloud.AWSError("ask", ask(f.clients()))
		silent(t, err)
		if want := "ask: an answer that cannot be read, with status 200"; err != nil && err.Error() != want {
			t.Errorf("%s says %q, not %q", name, err, want)
		}
	}
}

func TestAWSErrorsOfContexts(t *testing.T) {
	f := newAWS(t)
	ended, cancel := context.WithCancel(t.Context())
	f.answer = func(int, arrived) reply {
		cancel()
		<-ended.Done()
		return reply{cut: true}
	}
	for _, p := range protocols {
		ctx, stop := context.WithCancel(ended)
		err := cloud.AWSError("ask", p.ask(ctx, f.clients()))
		stop()
		if !errors.Is(err, context.Canceled) || strings.Count(err.Error(), "context canceled") != 1 {
			t.Errorf("%s: %v", p.name, err)
		}
	}
	if err := cloud.AWSError("ask", nil); err != nil {
		t.Error(err)
	}
}

func TestAWSOutOfReach(t *testing.T) {
	f := newAWS(t)
	f.server.Close()
	err := cloud.AWSError("ask", getAlias(t.Context(), f.clients()))
	if err == nil || !strings.Contains(err.Error(), "ask: no answer: ") || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}
