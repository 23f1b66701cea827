package aws_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

func (w *world) describe(text, revision string) error {
	in := &lambda.UpdateAliasInput{FunctionName: sdk.String("shop"), Name: sdk.String("live"), Description: &text}
	if revision != "" {
		in.RevisionId = &revision
	}
	_, err := w.lambda().UpdateAlias(w.t.Context(), in)
	return err
}

func (w *world) live() aws.AliasView {
	a, there := w.Alias("shop", "live")
	if !there {
		w.t.Fatal("the alias is gone")
	}
	return a
}

func TestFaultsSpeakTheProtocol(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind            aws.FaultKind
		lambda, q, json string
	}{
		{aws.Throttle, "TooManyRequestsException", "Throttling", "ThrottlingException"},
		{aws.Unavailable, "ServiceException", "ServiceUnavailable", "ServiceUnavailableException"},
		{aws.Internal, "ServiceException", "InternalFailure", "InternalFailure"},
		{aws.Denied, "AccessDeniedException", "AccessDenied", "AccessDeniedException"},
		{aws.Unauthenticated, "ExpiredTokenException", "ExpiredToken", "ExpiredTokenException"},
	} {
		w := newWorld(t, aws.Options{})
		w.shop()
		w.Fault(aws.Fault{Kind: c.kind})
		refused(t, w.describe("x", ""), c.lambda)
		_, err := w.query(w.Admin(), "elasticloadbalancing", "2015-12-01", url.Values{"Action": {"DescribeLoadBalancers"}})
		refused(t, err, c.q)
		_, err = w.json(w.Admin(), "secretsmanager", "secretsmanager.ListSecrets", "{}")
		refused(t, err, c.json)
		if w.live().Description != "" || w.Writes() != 0 {
			t.Errorf("kind %d had an effect", c.kind)
		}
	}
}

func TestLostAnswerTookEffectAndADroppedRequestDidNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	w.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "lambda:UpdateAlias", Times: 1})
	if err := w.describe("took", ""); err == nil || code(err) != "" {
		t.Fatalf("a lost answer: %v", err)
	}
	if w.live().Description != "took" || w.Writes() != 1 {
		t.Fatalf("the write is lost too: %+v", w.live())
	}
	w.Fault(aws.Fault{Kind: aws.DropBefore, Writes: true, Times: 1})
	if err := w.describe("not", ""); err == nil || code(err) != "" {
		t.Fatalf("a dropped request: %v", err)
	}
	if w.live().Description != "took" {
		t.Fatalf("it took effect: %+v", w.live())
	}
}

func TestConflictIsAnotherWriter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	w.Fault(aws.Fault{Kind: aws.Conflict, Action: "lambda:UpdateAlias", Times: 1})
	refused(t, w.describe("mine", w.live().RevisionID), "PreconditionFailedException")
	if err := w.describe("mine", w.live().RevisionID); err != nil {
		t.Fatal(err)
	}
	w.Fault(aws.Fault{Kind: aws.Before, Action: "lambda:UpdateAlias", Do: func() {
		if err := w.SetAlias("shop", "live", "2", nil); err != nil {
			t.Error(err)
		}
	}})
	refused(t, w.describe("late", w.live().RevisionID), "PreconditionFailedException")
	if a := w.live(); a.Version != "2" || a.Description != "mine" {
		t.Errorf("after the foreign write: %+v", a)
	}
}

func TestStaleReadShowsWhatWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	w.Fault(aws.Fault{Kind: aws.StaleRead, D: 5 * time.Second})
	if err := w.describe("new", ""); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		got := ok[*lambda.GetAliasOutput](t)(w.lambda().GetAlias(t.Context(), &lambda.GetAliasInput{FunctionName: sdk.String("shop"), Name: sdk.String("live")}))
		return *got.Description + " " + *got.RevisionId
	}
	if got := read(); !strings.HasPrefix(got, " ") || strings.HasSuffix(got, w.live().RevisionID) {
		t.Errorf("at once: %q", got)
	}
	w.clock.elapse(5 * time.Second)
	if got := read(); got != "new "+w.live().RevisionID {
		t.Errorf("later: %q", got)
	}
}

func TestChangesLastAsLongAsFaultsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	status := func() types.LastUpdateStatus {
		return ok[*lambda.GetFunctionConfigurationOutput](t)(w.lambda().GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: sdk.String("shop")})).LastUpdateStatus
	}
	update := func() {
		ok[*lambda.UpdateFunctionCodeOutput](t)(w.lambda().UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: sdk.String("shop"), ZipFile: []byte("n")}))
	}
	remove := w.Fault(aws.Fault{Kind: aws.SettleAfter, D: time.Minute})
	update()
	remove()
	w.clock.elapse(59 * time.Second)
	if got := status(); got != types.LastUpdateStatusInProgress {
		t.Errorf("after 59 s: %s", got)
	}
	w.clock.elapse(time.Second)
	if got := status(); got != types.LastUpdateStatusSuccessful {
		t.Errorf("after a minute: %s", got)
	}
	remove = w.Fault(aws.Fault{Kind: aws.NeverSettle, Action: "lambda:"})
	update()
	w.clock.elapse(time.Hour)
	if got := status(); got != types.LastUpdateStatusInProgress {
		t.Errorf("after an hour: %s", got)
	}
	remove()
	if got := status(); got != types.LastUpdateStatusSuccessful {
		t.Errorf("released: %s", got)
	}
}

func TestHangEndsWithTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	arrived := make(chan struct{})
	w.Fault(aws.Fault{Kind: aws.Before, Do: func() { close(arrived) }})
	w.Fault(aws.Fault{Kind: aws.Hang})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := w.lambda().ListFunctions(ctx, &lambda.ListFunctionsInput{})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestRateIsByTheClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{PerSecond: 3})
	w.shop()
	list := func() string {
		_, err := w.lambda().ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
		return code(err)
	}
	for range 3 {
		if got := list(); got != "" {
			t.Fatalf("within the rate: %s", got)
		}
	}
	if got := list(); got != "TooManyRequestsException" {
		t.Fatalf("above it: %q", got)
	}
	w.clock.elapse(time.Second)
	if got := list(); got != "" {
		t.Fatalf("a second later: %s", got)
	}
}
