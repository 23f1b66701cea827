package aws

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// When says what a Break makes fail.
type When int

// What can be made to fail.
const (
	OnCreate    When = iota + 1 // State of a new function
	OnUpdate                    // LastUpdateStatus after an update of code or configuration
	OnPublish                   // State of a version
	OnProvision                 // allocating provisioned concurrency
)

// A Break is a failure that AWS reports when the time of the change has come, with
// a code such as "InvalidImage" or "InsufficientRolePermissions"
// (https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html).
type Break struct {
	When         When
	Code, Reason string
}

// An Invocation is what a Handler sees: one call, and the version that takes it.
type Invocation struct {
	Function  string
	Qualifier string // as the caller put it, "" for the unqualified function
	Version   string // what runs: a number, or $LATEST
	// CodeSha256 and Environment are the version's: who checks that code and
	// configuration belong together compares them.
	CodeSha256  string
	Environment map[string]string
	Payload     []byte
	// Context is what the caller says of itself, "" for nothing: JSON.
	Context string
	// Print writes a line to the log of the invocation.
	Print func(line string)
}

// A Handler is a function's code. An error is an unhandled one of the code, which
// Lambda reports beside HTTP 200.
type Handler func(Invocation) ([]byte, error)

// Behaviour is how a version answers that has no Handler, and what Load counts.
type Behaviour struct {
	ErrorShare float64       // this share of its invocations ends with an error
	Latency    time.Duration // how long one takes, in the figures alone
}

func (s *Sandbox) invoke(_ context.Context, r *request) (*answer, error) {
	kind, client, err := invocationOf(r)
	if err != nil {
		return nil, err
	}
	s.lambda.mu.Lock()
	f, n, err := s.lambda.find(r)
	var v *version
	if err == nil {
		v, err = s.lambda.pick(f, n.qualifier)
	}
	if err == nil {
		err = f.invocable(v)
	}
	if err != nil {
		s.lambda.mu.Unlock()
		return nil, err
	}
	run, b := f.run, f.behaviours[v.number]
	in := Invocation{
		Function: f.name, Qualifier: n.qualifier, Version: v.number, CodeSha256: v.serving().code.Sha256,
		Environment: environment(v.serving()), Payload: r.body, Context: client,
	}
	printed := []string{"START RequestId: " + requestID + " Version: " + v.number}
	in.Print = func(line string) { printed = append(printed, line) }
	s.lambda.mu.Unlock()
	if kind == "DryRun" {
		return none(), nil
	}
	if run == nil {
		run = func(in Invocation) ([]byte, error) { return s.answers(in, b) }
	}
	out, failed := run(in)
	s.invoked(r.region, in, 1, failed != nil, b.Latency)
	if kind == "Event" {
		return &answer{status: http.StatusAccepted}, nil
	}
	a := &answer{status: http.StatusOK, body: out}
	if failed != nil {
		a = inJSON(http.StatusOK, map[string]string{"errorMessage": failed.Error(), "errorType": "Error"})
		a.set("X-Amz-Function-Error", "Unhandled")
	}
	if r.in.Header.Get("X-Amz-Log-Type") == "Tail" {
		printed = append(printed, "END RequestId: "+requestID, fmt.Sprintf("REPORT RequestId: %s\tDuration: %d ms", requestID, b.Latency.Milliseconds()))
		a.set("X-Amz-Log-Result", tailOf(printed))
	}
	return a.set("X-Amz-Executed-Version", v.number), nil
}

// invocationOf is how a function is invoked, and what the caller says of itself: at
// most 3,583 bytes (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). The
// log is for who waits.
func invocationOf(r *request) (kind, client string, err error) {
	kind = r.in.Header.Get("X-Amz-Invocation-Type")
	if said := r.in.Header.Get("X-Amz-Client-Context"); said != "" {
		text, err := base64.StdEncoding.DecodeString(said)
		if err != nil || len(said) > 3583 || !json.Valid(text) {
			return "", "", fail(http.StatusBadRequest, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.")
		}
		client = string(text)
	}
	if len(r.body) > 0 && !json.Valid(r.body) {
		return "", "", fail(http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json")
	}
	return kind, client, nil
}

// tailOf is the end of a log as an answer has it: the last 4 KB
// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
func tailOf(lines []string) string {
	text := strings.Join(lines, "\n") + "\n"
	return base64.StdEncoding.EncodeToString([]byte(text[max(0, len(text)-4096):]))
}

// answers is what a version does that nobody wrote code for: it says who it is.
func (s *Sandbox) answers(in Invocation, b Behaviour) ([]byte, error) {
	if s.chance(b.ErrorShare) {
		return nil, fmt.Errorf("version %s failed, as it was told to", in.Version)
	}
	out, err := json.Marshal(map[string]any{"version": in.Version, "codeSha256": in.CodeSha256})
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	return out, nil
}

// chance throws the dice.
func (s *Sandbox) chance(share float64) bool {
	s.dice.Lock()
	defer s.dice.Unlock()
	return s.dice.Float64() < share
}

// pick finds the version that takes one invocation: of an alias, by its weights,
// every time anew (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html).
func (l *lambdas) pick(f *lambdaFunction, qualifier string) (*version, error) {
	if a := f.aliases[qualifier]; a != nil {
		for number, w := range a.weights {
			if l.s.chance(w) {
				return f.version(number)
			}
		}
	}
	return f.version(qualifier)
}

// invocable refuses what cannot be invoked yet, or at all.
func (f *lambdaFunction) invocable(v *version) error {
	switch {
	case f.reserved != nil && *f.reserved == 0:
		e := fail(http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.")
		e.extra = map[string]any{"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}
		return e
	case v.made.pending():
		return conflict("The operation cannot be performed at this time. The function is currently in the following state: Pending")
	case v.idle:
		v.idle = false // the first invocation fails, and brings it back
		return conflict("The operation cannot be performed at this time. The function is currently in the following state: Inactive")
	case v.made.failed():
		return conflict("The operation cannot be performed at this time. The function is currently in the following state: Failed")
	}
	return nil
}

func environment(v *version) map[string]string {
	env, _ := v.settings["Environment"].(map[string]any)
	return texts(env["Variables"])
}

// invoked counts invocations in the figures that Lambda sends to CloudWatch
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html): by
// function, by the alias or version that was called, and by the version that ran.
func (s *Sandbox) invoked(region string, in Invocation, n int, failed bool, latency time.Duration) {
	dimensions := []map[string]string{{"FunctionName": in.Function}}
	if in.Qualifier != "" {
		resource := in.Function + ":" + in.Qualifier
		dimensions = append(dimensions,
			map[string]string{"FunctionName": in.Function, "Resource": resource},
			map[string]string{"FunctionName": in.Function, "Resource": resource, "ExecutedVersion": in.Version})
	} else {
		dimensions = append(dimensions, map[string]string{"FunctionName": in.Function, "Resource": in.Function})
	}
	errors := 0.0
	if failed {
		errors = 1
	}
	for _, d := range dimensions {
		s.figures.add(region, figureOf("AWS/Lambda", "Invocations", d), s.now(), 1, n)
		s.figures.add(region, figureOf("AWS/Lambda", "Errors", d), s.now(), errors, n)
		s.figures.add(region, figureOf("AWS/Lambda", "Throttles", d), s.now(), 0, n)
		s.figures.add(region, figureOf("AWS/Lambda", "Duration", d), s.now(), float64(latency)/float64(time.Millisecond), n)
	}
}

// Load is n invocations of a function or an alias, all at the present moment,
// divided by chance as the alias's weights say and answered as each version's
// Behaviour says. It stands in the figures; nothing goes over a network. It
// returns how many each version took.
func (s *Sandbox) Load(functionName, qualifier string, n int) (map[string]int, error) {
	took, failures := map[string]int{}, map[string]int{}
	s.lambda.mu.Lock()
	f := s.lambda.region(s.o.Region).functions[functionName]
	if f == nil {
		s.lambda.mu.Unlock()
		return nil, fmt.Errorf("no function %s", functionName)
	}
	s.lambda.settle(f)
	for range n {
		v, err := s.lambda.pick(f, qualifier)
		if err == nil {
			err = f.invocable(v)
		}
		if err != nil {
			s.lambda.mu.Unlock()
			return nil, err
		}
		took[v.number]++
		if s.chance(f.behaviours[v.number].ErrorShare) {
			failures[v.number]++
		}
	}
	behaviours := map[string]Behaviour{}
	for number := range took {
		behaviours[number] = f.behaviours[number]
	}
	s.lambda.mu.Unlock()
	for number, count := range took {
		in := Invocation{Function: functionName, Qualifier: qualifier, Version: number}
		s.invoked(s.o.Region, in, count-failures[number], false, behaviours[number].Latency)
		s.invoked(s.o.Region, in, failures[number], true, behaviours[number].Latency)
	}
	return took, nil
}
