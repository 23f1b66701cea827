package cloud_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
)

// What a test asks of an API.

type request func(ctx context.Context, c *cloud.Clients) error

func getRevision(ctx context.Context, c *cloud.Clients) error {
	client, err := c.CloudRunRevisions(ctx)
	if err != nil {
		return err
	}
	_, err = client.GetRevision(ctx, &runpb.GetRevisionRequest{Name: "r"})
	return err
}

func listRevisions(ctx context.Context, c *cloud.Clients) error {
	client, err := c.CloudRunRevisions(ctx)
	if err != nil {
		return err
	}
	if _, err = client.ListRevisions(ctx, &runpb.ListRevisionsRequest{Parent: "s"}).Next(); err == iterator.Done { //nolint:errorlint // it is never wrapped
		return nil
	}
	return err
}

func deleteRevision(ctx context.Context, c *cloud.Clients) error {
	client, err := c.CloudRunRevisions(ctx)
	if err != nil {
		return err
	}
	_, err = client.DeleteRevision(ctx, &runpb.DeleteRevisionRequest{Name: "r"})
	return err
}

func updateService(ctx context.Context, c *cloud.Clients) error {
	client, err := c.CloudRunServices(ctx)
	if err != nil {
		return err
	}
	_, err = client.UpdateService(ctx, &runpb.UpdateServiceRequest{Service: &runpb.Service{Name: "s"}})
	return err
}

func createService(ctx context.Context, c *cloud.Clients) error {
	client, err := c.CloudRunServices(ctx)
	if err != nil {
		return err
	}
	_, err = client.CreateService(ctx, &runpb.CreateServiceRequest{Parent: "p", ServiceId: "s", Service: &runpb.Service{}})
	return err
}

func testPermissions(ctx context.Context, c *cloud.Clients) error {
	client, err := c.CloudRunServices(ctx)
	if err != nil {
		return err
	}
	_, err = client.TestIamPermissions(ctx, &iampb.TestIamPermissionsRequest{Resource: "s"})
	return err
}

func setPolicy(ctx context.Context, c *cloud.Clients) error {
	client, err := c.CloudRunServices(ctx)
	if err != nil {
		return err
	}
	_, err = client.SetIamPolicy(ctx, &iampb.SetIamPolicyRequest{Resource: "s"})
	return err
}

func getSecret(ctx context.Context, c *cloud.Clients) error {
	client, err := c.Secrets(ctx)
	if err != nil {
		return err
	}
	_, err = client.GetSecret(ctx, &secretmanagerpb.GetSecretRequest{Name: "s"})
	return err
}

func listServices(ctx context.Context, c *cloud.Clients) error {
	client, err := c.CloudRunServices(ctx)
	if err != nil {
		return err
	}
	if _, err = client.ListServices(ctx, &runpb.ListServicesRequest{Parent: "p"}).Next(); err == iterator.Done { //nolint:errorlint // it is never wrapped
		return nil
	}
	return err
}

func getVersion(ctx context.Context, c *cloud.Clients) error {
	client, err := c.Secrets(ctx)
	if err != nil {
		return err
	}
	_, err = client.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: "v"})
	return err
}

func getPolicy(ctx context.Context, c *cloud.Clients) error {
	client, err := c.Secrets(ctx)
	if err != nil {
		return err
	}
	_, err = client.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: "s"})
	return err
}

func getDescriptor(ctx context.Context, c *cloud.Clients) error {
	client, err := c.Metrics(ctx)
	if err != nil {
		return err
	}
	_, err = client.GetMetricDescriptor(ctx, &monitoringpb.GetMetricDescriptorRequest{Name: "d"})
	return err
}

func listSeries(ctx context.Context, c *cloud.Clients) error {
	client, err := c.Metrics(ctx)
	if err != nil {
		return err
	}
	if _, err = client.ListTimeSeries(ctx, &monitoringpb.ListTimeSeriesRequest{Name: "projects/p"}).Next(); err == iterator.Done { //nolint:errorlint // it is never wrapped
		return nil
	}
	return err
}

// getAccount is the one request that goes by REST.
func getAccount(ctx context.Context, c *cloud.Clients) error {
	client, err := c.ServiceAccounts(ctx)
	if err != nil {
		return err
	}
	_, err = client.Projects.ServiceAccounts.Get("projects/-/serviceAccounts/api").Context(ctx).Do()
	return err
}

// answers returns what a server says in turn, and then says yes.
func answers(in ...codes.Code) func(int) error {
	return func(n int) error {
		if n > len(in) {
			return nil
		}
		return status.Error(in[n-1], "so it is")
	}
}

func TestTries(t *testing.T) {
	const (
		ok          = codes.OK
		throttled   = codes.ResourceExhausted
		unavailable = codes.Unavailable
		internal    = codes.Internal
	)
	reads := map[string]request{
		"get": getRevision, "list": listRevisions, "test permissions": testPermissions, "get a service": getService, "list services": listServices,
		"get a secret": getSecret, "get a version": getVersion, "get a policy": getPolicy, "get a descriptor": getDescriptor, "list series": listSeries,
	}
	writes := map[string]request{"update": updateService, "create": createService, "delete": deleteRevision, "set a policy": setPolicy}
	for name, c := range map[string]struct {
		says        []codes.Code
		read, write codes.Code // how it ends
		reads       int        // how often it is asked
		writes      int
	}{
		"yes":                           {nil, ok, ok, 1, 1},
		"throttled once":                {[]codes.Code{throttled}, ok, ok, 2, 2},
		"throttled seven times":         {slices.Repeat([]codes.Code{throttled}, 7), ok, ok, 8, 8},
		"throttled without end":         {slices.Repeat([]codes.Code{throttled}, 20), throttled, throttled, 8, 8},
		"unavailable":                   {[]codes.Code{unavailable}, ok, unavailable, 2, 1},
		"an internal error":             {[]codes.Code{internal}, ok, internal, 2, 1},
		"unavailable without end":       {slices.Repeat([]codes.Code{unavailable}, 20), unavailable, unavailable, 8, 1},
		"throttled, then unavailable":   {[]codes.Code{throttled, unavailable}, ok, unavailable, 3, 2},
		"unavailable, then throttled":   {[]codes.Code{unavailable, throttled}, ok, unavailable, 3, 1},
		"throttled, then a conflict":    {[]codes.Code{throttled, codes.Aborted}, codes.Aborted, codes.Aborted, 2, 2},
		"a conflict":                    {[]codes.Code{codes.Aborted}, codes.Aborted, codes.Aborted, 1, 1},
		"denied":                        {[]codes.Code{codes.PermissionDenied}, codes.PermissionDenied, codes.PermissionDenied, 1, 1},
		"not there":                     {[]codes.Code{codes.NotFound}, codes.NotFound, codes.NotFound, 1, 1},
		"too late":                      {[]codes.Code{codes.DeadlineExceeded}, codes.DeadlineExceeded, codes.DeadlineExceeded, 1, 1},
		"an error that nobody can name": {[]codes.Code{codes.Unknown}, codes.Unknown, codes.Unknown, 1, 1},
	} {
		run := func(t *testing.T, ask request, end codes.Code, times int) {
			t.Helper()
			a := newAPI(t, false)
			a.answer = answers(c.says...)
			if got := status.Code(ask(t.Context(), a.clients())); got != end {
				t.Errorf("it ends with %s, want %s", got, end)
			}
			if got := len(a.seen()); got != times {
				t.Errorf("it was asked %d times, want %d", got, times)
			}
		}
		for word, ask := range reads {
			t.Run(name+"/"+word, func(t *testing.T) { run(t, ask, c.read, c.reads) })
		}
		for word, ask := range writes {
			t.Run(name+"/"+word, func(t *testing.T) { run(t, ask, c.write, c.writes) })
		}
	}
}

// waits returns how long each further try was waited for.
func waits(calls []call) []time.Duration {
	var out []time.Duration
	for i := 1; i < len(calls); i++ {
		out = append(out, calls[i].at.Sub(calls[i-1].at))
	}
	return out
}

func TestTriesWaitLongerAndLonger(t *testing.T) {
	var all [][]time.Duration
	for range 5 {
		a := newAPI(t, false)
		a.answer = answers(slices.Repeat([]codes.Code{codes.ResourceExhausted}, 8)...)
		if err := updateService(t.Context(), a.clients()); status.Code(err) != codes.ResourceExhausted {
			t.Fatal(err)
		}
		got := waits(a.seen())
		about := []time.Duration{
			200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond,
			3200 * time.Millisecond, 5 * time.Second, 5 * time.Second,
		}
		if len(got) != len(about) {
			t.Fatalf("waits %s", got)
		}
		for i, w := range got {
			if w < about[i]/2 || w > about[i]*3/2 {
				t.Errorf("wait %d is %s, want about %s", i+1, w, about[i])
			}
		}
		all = append(all, got)
	}
	for i := range all[1:] {
		if slices.Equal(all[i], all[i+1]) {
			t.Errorf("all who were throttled come back together: %s", all[i])
		}
	}
}

// repeat asks n times and fails the test at the first error.
func repeat(t *testing.T, n int, c *cloud.Clients, ask ...request) {
	t.Helper()
	for i := range n {
		if err := ask[i%len(ask)](t.Context(), c); err != nil {
			t.Fatalf("request %d: %v", i+1, err)
		}
	}
}

func TestOneRateForAllClientsOfAService(t *testing.T) {
	a := newAPI(t, false)
	c := a.clients()
	passed := func(of *clocktest.Clock) time.Duration { return of.Now().Sub(noon).Round(time.Millisecond) }

	repeat(t, 50, c, getRevision, updateService)
	if got := passed(a.clock); got != 0 {
		t.Errorf("the first 50 requests took %s", got)
	}
	repeat(t, 50, c, getRevision, updateService)
	if got := passed(a.clock); got != 2*time.Second {
		t.Errorf("50 more took %s, at 25 in a second", got)
	}
	repeat(t, 50, c, getSecret)
	if got := passed(a.clock); got != 2*time.Second {
		t.Errorf("another service waited, until %s", got)
	}
	repeat(t, 25, c, getSecret)
	if got := passed(a.clock); got != 3*time.Second {
		t.Errorf("25 more of another service took until %s", got)
	}
	repeat(t, 25, c, getRevision, updateService) // that second has earned them
	if got := passed(a.clock); got != 3*time.Second {
		t.Errorf("25 after a second took until %s", got)
	}
	other := a.clients()
	repeat(t, 50, other, getRevision)
	if got := passed(a.clock); got != 3*time.Second {
		t.Errorf("another provider waited, until %s", got)
	}
	a.clock.Advance(time.Hour)
	before := passed(a.clock)
	repeat(t, 75, c, getRevision)
	if got := passed(a.clock) - before; got != time.Second {
		t.Errorf("after an hour of rest 75 requests took %s", got)
	}
}

func TestOneRateForAllTriesAndCallers(t *testing.T) {
	a := newAPI(t, false)
	c := a.clients()
	var all sync.WaitGroup
	errs := make(chan error, 8)
	for range cap(errs) {
		all.Go(func() {
			for range 25 {
				if err := getRevision(t.Context(), c); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	if got := len(a.seen()); got != 200 {
		t.Errorf("%d requests arrived", got)
	}
	// Sleeping moves the clock of all, so that it may run ahead.
	if got := a.clock.Now().Sub(noon); got.Round(time.Millisecond) < 6*time.Second {
		t.Errorf("200 requests took %s, at 50 at once and 25 in a second", got)
	}
}

func TestAnEndedContextIsNotWaitedFor(t *testing.T) {
	t.Run("before the request", func(t *testing.T) {
		a := newAPI(t, false)
		c := a.clients()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		means(t, cloud.GoogleError("update", updateService(ctx, c)), context.Canceled)
		late, stop := context.WithDeadline(t.Context(), noon.AddDate(-20, 0, 0))
		defer stop()
		means(t, cloud.GoogleError("update", updateService(late, c)), context.DeadlineExceeded)
		if got := len(a.seen()); got != 0 {
			t.Errorf("%d requests arrived", got)
		}
	})
	t.Run("while it waits for its turn", func(t *testing.T) {
		a := newAPI(t, false)
		c := a.clients()
		repeat(t, 50, c, getRevision)
		ctx, cancel := context.WithCancel(t.Context())
		a.clock.Every(time.Millisecond, func(time.Time) { cancel() })
		means(t, cloud.GoogleError("update", updateService(ctx, c)), context.Canceled)
		if got := len(a.seen()); got != 50 {
			t.Errorf("%d requests arrived", got)
		}
		if got := a.clock.Now().Sub(noon); got != time.Millisecond {
			t.Errorf("it took %s", got)
		}
	})
	t.Run("while it waits to try again", func(t *testing.T) {
		a := newAPI(t, false)
		a.answer = answers(slices.Repeat([]codes.Code{codes.ResourceExhausted}, 20)...)
		ctx, cancel := context.WithCancel(t.Context())
		a.clock.Every(time.Millisecond, func(time.Time) { cancel() })
		if err := updateService(ctx, a.clients()); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("it does not say that it was throttled: %v", err)
		}
		if got := len(a.seen()); got != 1 {
			t.Errorf("%d requests arrived", got)
		}
		if got := a.clock.Now().Sub(noon); got != time.Millisecond {
			t.Errorf("it took %s", got)
		}
	})
	t.Run("while it is answered", func(t *testing.T) {
		a := newAPI(t, false)
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan struct{})
		a.answer = func(int) error {
			cancel()
			<-gone
			return nil
		}
		err := updateService(ctx, a.clients())
		close(gone)
		means(t, cloud.GoogleError("update", err), context.Canceled)
		if got := len(a.seen()); got != 1 {
			t.Errorf("%d requests arrived", got)
		}
	})
}

// A call that nothing answers ends by itself, and says what was answered before.
func TestACallHasALimit(t *testing.T) {
	const nothing = "context deadline exceeded: no answer within 30s"
	for name, c := range map[string]struct {
		says  []codes.Code
		until time.Duration // the caller's own limit
		text  string
	}{
		"never an answer":             {nil, time.Hour, nothing},
		"an answer, and never more":   {[]codes.Code{codes.Unavailable}, time.Hour, nothing + "; the try before was answered Unavailable: so it is"},
		"the caller's limit is later": {nil, 31 * time.Second, nothing},
		"the caller's comes first":    {nil, 29 * time.Second, "context deadline exceeded: no answer came"},
		"and keeps what was answered": {
			[]codes.Code{codes.Internal, codes.ResourceExhausted},
			time.Second,
			"context deadline exceeded: no answer came; the try before was answered ResourceExhausted: so it is",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				of, _ := clients(t, cloud.Google{})
				says := answers(c.says...)
				try := 0
				silent := func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
					if try++; try <= len(c.says) {
						return says(try)
					}
					<-ctx.Done()
					return status.FromContextError(ctx.Err()).Err()
				}
				ctx, cancel := context.WithTimeout(t.Context(), c.until)
				defer cancel()
				err := cloud.GoogleError("get", of.Paced("run.googleapis.com")(ctx, "/a.Service/Get", nil, nil, nil, silent))
				means(t, err, context.DeadlineExceeded)
				if err == nil || err.Error() != "get: "+c.text {
					t.Errorf("%v\nwant %s", err, c.text)
				}
				if ours := ctx.Err() == nil; ours != strings.Contains(c.text, "within 30s") {
					t.Errorf("the caller's own limit has ended it: %t", !ours)
				}
			})
		})
	}
}

// A throttled write was not done; one that was then sent again may have been.
func TestALateWriteMayHaveBeenDone(t *testing.T) {
	a := newAPI(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	a.answer = func(n int) error {
		if n == 1 {
			return status.Error(codes.ResourceExhausted, "so it is")
		}
		cancel()
		<-gone
		return nil
	}
	err := cloud.GoogleError("update", updateService(ctx, a.clients()))
	close(gone)
	means(t, err, context.Canceled)
	if !strings.HasSuffix(err.Error(), "; the try before was answered ResourceExhausted: so it is") {
		t.Errorf("%v", err)
	}
}

func TestTheTurnOfATryMayNotCome(t *testing.T) {
	a := newAPI(t, false)
	a.answer = answers(slices.Repeat([]codes.Code{codes.Unavailable}, 20)...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := a.clients()
	a.clock.Every(time.Millisecond, func(now time.Time) {
		if now.Sub(noon) == time.Millisecond {
			for range 200 { // others take the turns meanwhile
				c.Turn("run.googleapis.com")
			}
		}
		if now.Sub(noon) > time.Second {
			cancel()
		}
	})
	if err := getService(ctx, c); status.Code(err) != codes.Unavailable || len(a.seen()) != 1 {
		t.Errorf("%v, after %d tries", err, len(a.seen()))
	}
}

// rest is IAM, answering what a test says in turn, and then with an account.
func rest(t *testing.T, says ...int) (*cloud.Clients, *clocktest.Clock, *journal) {
	t.Helper()
	nowhere(t)
	asked := &journal{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.add(r.Method)
		code := http.StatusOK
		if len(says) > 0 {
			code, says = says[0], says[1:]
		}
		if code == cut {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"email": "api"}`)
	}))
	t.Cleanup(s.Close)
	c, clock := clients(t, cloud.Google{Endpoint: s.URL})
	return c, clock, asked
}

// cut stands for the end of a connection in the place of an answer.
const cut = 0

func TestTriesByREST(t *testing.T) {
	for name, c := range map[string]struct {
		says  []int
		end   string
		tries int
	}{
		"yes":                     {nil, "", 1},
		"throttled":               {[]int{429}, "", 2},
		"unavailable seven times": {slices.Repeat([]int{503}, 7), "", 8},
		"unavailable without end": {slices.Repeat([]int{503}, 20), "get: Unavailable: Service Unavailable", 8},
		"an internal error":       {[]int{500, 502}, "", 3},
		"cut off":                 {[]int{cut, cut}, "", 3},
		"denied":                  {[]int{403}, "get: permission denied: Forbidden", 1},
		"not there":               {[]int{404}, "get: does not exist: Not Found", 1},
	} {
		t.Run(name, func(t *testing.T) {
			of, clock, asked := rest(t, c.says...)
			err := cloud.GoogleError("get", getAccount(t.Context(), of))
			if (err == nil) != (c.end == "") || err != nil && err.Error() != c.end {
				t.Errorf("%v, want %s", err, c.end)
			}
			if got := len(asked.read()); got != c.tries {
				t.Errorf("it was asked %d times, want %d", got, c.tries)
			}
			if waited := clock.Now().Sub(noon); (waited > 0) != (c.tries > 1) {
				t.Errorf("it waited %s", waited)
			}
		})
	}
}

func TestOneRateByREST(t *testing.T) {
	of, clock, _ := rest(t)
	repeat(t, 75, of, getAccount)
	if got := clock.Now().Sub(noon).Round(time.Millisecond); got != time.Second {
		t.Errorf("75 requests took %s, at 50 at once and 25 in a second", got)
	}
}

// post asks a Reader something that is asked by POST, and returns what arrived.
func post(with func(*cloud.Clients, context.Context) (cloud.Reader, error)) request {
	return func(ctx context.Context, c *cloud.Clients) error {
		r, err := with(c, ctx)
		if err != nil {
			return err
		}
		q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Endpoint+"/v2/entries:list", strings.NewReader("what"))
		if err != nil {
			return err
		}
		resp, err := r.Do(q)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
}

// What a Reader asks changes nothing: it is asked again, the whole of it.
func TestAReaderAsksAgainByPOST(t *testing.T) {
	nowhere(t)
	var asked journal
	says := []int{503, cut, 429, 200}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked.add(r.Method + " " + r.URL.Path + " " + string(body))
		code := says[0]
		if says = says[1:]; code == cut {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(s.Close)
	of, _ := clients(t, cloud.Google{Endpoint: s.URL})
	repeat(t, 1, of, post((*cloud.Clients).PromQL))
	if got, want := asked.read(), slices.Repeat([]string{"POST /v2/entries:list what"}, 4); !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

// Cloud Logging takes 60 reads a minute of a whole project.
func TestLogsAreAskedLessThanOthers(t *testing.T) {
	of, clock, asked := rest(t)
	logs := post((*cloud.Clients).Logs)
	for {
		repeat(t, 1, of, logs)
		if clock.Now().Sub(noon) > time.Minute {
			break
		}
	}
	if got := len(asked.read()); got < 58 || got > 61 { // the last is the first of the next minute
		t.Errorf("%d reads in a minute", got)
	}
	before := clock.Now()
	repeat(t, 50, of, post((*cloud.Clients).PromQL))
	if waited := clock.Now().Sub(before); waited > 0 {
		t.Errorf("another service waited %s", waited)
	}
}

func TestRESTThatIsNotWaitedFor(t *testing.T) {
	t.Run("a context that has ended", func(t *testing.T) {
		of, _, asked := rest(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		means(t, getAccount(ctx, of), context.Canceled)
		if got := asked.read(); len(got) > 0 {
			t.Errorf("asked %q", got)
		}
	})
	t.Run("while it waits to try again", func(t *testing.T) {
		of, clock, asked := rest(t, 503, 503)
		ctx, cancel := context.WithCancel(t.Context())
		clock.Every(time.Millisecond, func(time.Time) { cancel() })
		if err := cloud.GoogleError("get", getAccount(ctx, of)); err == nil || err.Error() != "get: Unavailable: Service Unavailable" {
			t.Errorf("%v", err)
		}
		if got := asked.read(); len(got) != 1 {
			t.Errorf("asked %q", got)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		nowhere(t)
		synctest.Test(t, func(t *testing.T) {
			before := http.DefaultTransport
			http.DefaultTransport = mute(t)
			defer func() { http.DefaultTransport = before }()
			of, _ := clients(t, cloud.Google{Endpoint: "http://127.0.0.1:1"})
			ctx, cancel := context.WithTimeout(t.Context(), 31*time.Second)
			defer cancel()
			means(t, getAccount(ctx, of), context.DeadlineExceeded)
			if ctx.Err() != nil {
				t.Error("it was waited for longer than 30s")
			}
		})
	})
}
