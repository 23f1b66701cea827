package aws

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// apiError is an error of AWS, in no protocol yet.
type apiError struct {
	status int
	code   string
	text   string
	extra  map[string]any // further fields of a JSON error
}

func (e *apiError) Error() string { return e.code + ": " + e.text }

// unknownRequest is what the sandbox cannot honestly answer. It is a violation.
type unknownRequest struct{ what string }

func (u unknownRequest) Error() string { return u.what }

// errCut makes the sandbox reset the connection.
var errCut = errors.New("connection reset by the sandbox")

func fail(status int, code, format string, args ...any) *apiError {
	return &apiError{status: status, code: code, text: fmt.Sprintf(format, args...)}
}

// render writes an error in the protocol of its request. A request that is not
// known gets 501, which no SDK takes for an answer of AWS.
func render(r *request, err error) *answer {
	e := &apiError{}
	unknown := unknownRequest{}
	switch {
	case errors.As(err, &e):
	case errors.As(err, &unknown):
		e = fail(http.StatusNotImplemented, "NotImplemented", "the sandbox does not know this request: %s", unknown.what)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e = fail(http.StatusServiceUnavailable, "ServiceUnavailable", "the client has gone")
	default:
		e = fail(http.StatusBadGateway, "BadGateway", "%v", err)
	}
	a := e.in(r)
	a.code, a.message = e.code, e.text
	return a.set("X-Amzn-Requestid", requestID)
}

// requestID is the same in every answer; nothing looks requests up by it.
const requestID = "5a3d0000-0000-4000-8000-000000000000"

func (e *apiError) in(r *request) *answer {
	a := &answer{status: e.status}
	switch r.protocol {
	case query:
		a.body = e.xml(r.service)
		return a.set("Content-Type", "text/xml")
	case restXML:
		if r.in.Method != http.MethodHead {
			a.body = e.xml("s3")
		}
		return a.set("Content-Type", "application/xml")
	case cborRPC:
		a.body = cbor.Encode(cbor.Map{"__type": cbor.String(e.code), "message": cbor.String(e.text)})
		a.set("Smithy-Protocol", "rpc-v2-cbor").set("X-Amzn-Query-Error", e.code+";Sender")
		return a.set("Content-Type", "application/cbor")
	case jsonRPC, restJSON:
	}
	doc := map[string]any{"__type": e.code, "message": e.text, "Message": e.text}
	if r.protocol == restJSON {
		doc = map[string]any{"Type": "User", "message": e.text, "Message": e.text}
	}
	for k, v := range e.extra {
		doc[k] = v
	}
	a.body, _ = json.Marshal(doc) // texts and numbers only
	return a.set("Content-Type", "application/json").set("X-Amzn-Errortype", e.code)
}

// xml is the document of an error: EC2 and S3 have their own.
func (e *apiError) xml(service string) []byte {
	var b strings.Builder
	b.WriteString(xml.Header)
	inner := "<Code>" + e.code + "</Code><Message>" + escaped(e.text) + "</Message>"
	switch service {
	case "ec2":
		fmt.Fprintf(&b, "<Response><Errors><Error>%s</Error></Errors><RequestID>%s</RequestID></Response>", inner, requestID)
	case "s3":
		fmt.Fprintf(&b, "<Error>%s<RequestId>%s</RequestId></Error>", inner, requestID)
	default:
		kind := "Sender"
		if e.status >= http.StatusInternalServerError {
			kind = "Receiver"
		}
		fmt.Fprintf(&b, "<ErrorResponse><Error><Type>%s</Type>%s</Error><RequestId>%s</RequestId></ErrorResponse>", kind, inner, requestID)
	}
	return []byte(b.String())
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}

// throttled is how each service says that there are too many requests.
// Lambda: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html#API_UpdateAlias_Errors
// EC2: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
// S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
// query: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html
func throttled(r *request) error {
	switch {
	case r.service == "lambda":
		e := fail(http.StatusTooManyRequests, "TooManyRequestsException", "Rate exceeded")
		e.extra = map[string]any{"Reason": "CallerRateLimitExceeded"}
		return e
	case r.service == "ec2":
		return fail(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
	case r.protocol == restXML:
		return fail(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	case r.protocol == query:
		return fail(http.StatusBadRequest, "Throttling", "Rate exceeded")
	case r.service == "apigateway":
		return fail(http.StatusTooManyRequests, "TooManyRequestsException", "Too Many Requests")
	}
	return fail(http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
}

func unavailable(r *request) error {
	switch {
	case r.service == "lambda":
		return fail(http.StatusServiceUnavailable, "ServiceException", "Service Unavailable")
	case r.protocol == query, r.protocol == restXML:
		return fail(http.StatusServiceUnavailable, "ServiceUnavailable", "Service is unable to handle request.")
	}
	return fail(http.StatusServiceUnavailable, "ServiceUnavailableException", "Service Unavailable")
}

func internal(r *request) error {
	switch {
	case r.service == "lambda":
		return fail(http.StatusInternalServerError, "ServiceException", "An error occurred and the request cannot be processed.")
	case r.protocol == restXML:
		return fail(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
	case r.service == "ec2":
		return fail(http.StatusInternalServerError, "InternalError", "An internal error has occurred")
	}
	return fail(http.StatusInternalServerError, "InternalFailure", "The request processing has failed because of an unknown error, exception or failure.")
}

// expired is what credentials get that have ended.
func expired(r *request) error {
	const text = "The security token included in the request is expired"
	switch {
	case r.protocol == restXML:
		return fail(http.StatusBadRequest, "ExpiredToken", "The provided token has expired.")
	case r.protocol == query:
		return fail(http.StatusForbidden, "ExpiredToken", text)
	case r.service == "ec2":
		return fail(http.StatusBadRequest, "RequestExpired", "Request has expired.")
	}
	return fail(http.StatusForbidden, "ExpiredTokenException", text)
}

// unrecognized is what a key gets that nobody has.
func unrecognized(r *request) error {
	const text = "The security token included in the request is invalid."
	switch {
	case r.service == "ec2":
		return fail(http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials")
	case r.protocol == restXML:
		return fail(http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	case r.protocol == query:
		return fail(http.StatusForbidden, "InvalidClientTokenId", text)
	}
	return fail(http.StatusForbidden, "UnrecognizedClientException", text)
}

// mismatched is what a signature gets that was made with another secret, or of
// another request.
func mismatched(r *request) error {
	const text = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method."
	if r.protocol == query || r.protocol == restXML {
		return fail(http.StatusForbidden, "SignatureDoesNotMatch", text)
	}
	return fail(http.StatusForbidden, "InvalidSignatureException", text)
}
